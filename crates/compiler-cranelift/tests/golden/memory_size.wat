;;! emit = optimized
;; The size of a memory that cannot grow is a constant.
(module
  (memory 3 3)
  (func (result i32) (memory.size)))
;; ---
;; function 0
;;   function u0:0(i64 vmctx) -> i32 system_v {
;;                                   block0(v0: i64):
;;   @001e                               v1 = iconst.i32 3
;;   @0020                               return v1  ; v1 = 3
;;   }
