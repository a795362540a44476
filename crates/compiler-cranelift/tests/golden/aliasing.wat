;;! emit = optimized
;; A store to memory does not make what is known of a global or a table void, nor the other way round; a call does.
(module
  (import "" "f" (func $f))
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (func (param i32) (result i32)
    (global.set $g (local.get 0))
    (i32.store (local.get 0) (i32.const 1))
    (i32.add (global.get $g) (i32.load (local.get 0))))
  (func (result i32)
    (global.set $g (i32.const 5))
    (call $f)
    (global.get $g)))
;; ---
;; function 1
;;   function u0:1(i64 vmctx, i32) -> i32 system_v {
;;       region0 = 16 "global"
;;       region1 = 8 "memory"
;;
;;                                   block0(v0: i64, v1: i32):
;;   @0038                               store notrap aligned region0 v1, v0+48
;;   @003c                               v2 = iconst.i32 1
;;   @003e                               v3 = load.i64 notrap aligned readonly can_move v0+32
;;   @003e                               v4 = uextend.i64 v1
;;   @003e                               v5 = iadd v3, v4
;;   @003e                               store little region1 v2, v5  ; v2 = 1
;;   @0048                               v11 = iadd v1, v2  ; v2 = 1
;;   @0049                               return v11
;;   }
;; function 2
;;   function u0:2(i64 vmctx) -> i32 system_v {
;;       region0 = 16 "global"
;;       sig0 = (i64 vmctx) system_v
;;
;;                                   block0(v0: i64):
;;   @004c                               v1 = iconst.i32 5
;;   @004e                               store notrap aligned region0 v1, v0+48  ; v1 = 5
;;   @0050                               v2 = load.i64 notrap aligned readonly v0+64
;;   @0050                               v3 = load.i64 notrap aligned readonly v0+72
;;   @0050                               call_indirect sig0, v2(v3)
;;   @0052                               v4 = load.i32 notrap aligned region0 v0+48
;;   @0054                               return v4
;;   }
