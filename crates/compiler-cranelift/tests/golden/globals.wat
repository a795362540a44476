;;! emit = optimized
(module
  (import "" "fixed" (global $imported i32))
  (import "" "counter" (global $counter (mut i64)))
  (global $constant i32 (i32.const 42))
  (global $copied i32 (global.get $imported))
  (global $vector (mut v128) (v128.const i64x2 0 0))
  (func (result i32) (i32.add (global.get $constant) (i32.const 1)))
  (func (result i32) (i32.add (global.get $copied) (global.get $imported)))
  (func (global.set $counter (i64.add (global.get $counter) (i64.const 1))))
  (func (param v128) (global.set $vector (f32x4.add (global.get $vector) (local.get 0)))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx) -> i32 system_v {
;;                                   block0(v0: i64):
;;                                       v4 = iconst.i32 43
;;   @0062                               return v4  ; v4 = 43
;;   }
;; function 1
;;   function u0:1(i64 vmctx) -> i32 system_v {
;;                                   block0(v0: i64):
;;   @0065                               v1 = load.i32 notrap aligned readonly can_move v0+48
;;   @0067                               v2 = load.i64 notrap aligned readonly can_move v0+80
;;   @0067                               v3 = load.i32 notrap aligned readonly can_move v2
;;   @0069                               v4 = iadd v1, v3
;;   @006a                               return v4
;;   }
;; function 2
;;   function u0:2(i64 vmctx) system_v {
;;       region0 = 4 "imported globals"
;;
;;                                   block0(v0: i64):
;;   @006d                               v1 = load.i64 notrap aligned readonly can_move v0+88
;;   @006d                               v2 = load.i64 notrap aligned region0 v1
;;   @006f                               v3 = iconst.i64 1
;;   @0071                               v4 = iadd v2, v3  ; v3 = 1
;;   @0072                               store notrap aligned region0 v4, v1
;;   @0074                               return
;;   }
;; function 3
;;   function u0:3(i64 vmctx, i8x16) system_v {
;;       region0 = 20 "global"
;;
;;                                   block0(v0: i64, v1: i8x16):
;;   @0077                               v2 = load.i8x16 notrap aligned region0 v0+64
;;   @007b                               v3 = bitcast.f32x4 little v2
;;   @007b                               v4 = bitcast.f32x4 little v1
;;   @007b                               v5 = fadd v3, v4
;;   @007e                               v6 = bitcast.i8x16 little v5
;;   @007e                               store notrap aligned region0 v6, v0+64
;;   @0080                               return
;;   }
