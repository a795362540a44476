;;! emit = optimized
(module
  (memory 1)
  (func (result i32) (drop (memory.grow (i32.const 1))) (memory.size)))
;; ---
;; function 0
;;   function u0:0(i64 vmctx) -> i32 system_v {
;;       region0 = 0 "definitions"
;;       sig0 = (i64 vmctx, i32, i64) -> i64 system_v
;;
;;                                   block0(v0: i64):
;;   @001f                               v4 = load.i64 notrap aligned readonly v0+16
;;   @001f                               v5 = load.i64 notrap aligned readonly v4
;;   @001f                               v2 = iconst.i32 0
;;                                       v13 = iconst.i64 1
;;   @001f                               v6 = call_indirect sig0, v5(v0, v2, v13)  ; v2 = 0, v13 = 1
;;   @0022                               v8 = load.i64 notrap aligned readonly can_move v0+40
;;   @0022                               v9 = load.i64 notrap aligned region0 v8+8
;;   @0022                               v10 = iconst.i64 16
;;   @0022                               v11 = ushr v9, v10  ; v10 = 16
;;   @0022                               v12 = ireduce.i32 v11
;;   @0024                               return v12
;;   }
