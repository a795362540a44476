;;! emit = clif
;; Vectors are reinterpreted only between operations on different lanes, and where paths meet.
(module
  (memory 1)
  (func (param v128 v128) (result v128)
    (i32x4.add (f32x4.mul (f32x4.add (local.get 0) (local.get 1)) (local.get 1)) (local.get 0)))
  (func (param i32) (result v128)
    (v128.store offset=32 (local.get 0) (i16x8.splat (local.get 0)))
    (v128.load offset=32 (local.get 0)))
  (func (param v128 i32) (result v128)
    (if (result v128) (local.get 1)
      (then (f64x2.pmin (local.get 0) (local.get 0)))
      (else (i8x16.replace_lane 3 (local.get 0) (local.get 1)))))
  (func (param v128) (result i32)
    (i32.or (v128.any_true (local.get 0)) (i16x8.extract_lane_s 7 (local.get 0)))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx, i8x16, i8x16) -> i8x16 system_v {
;;                                   block0(v0: i64, v1: i8x16, v2: i8x16):
;;   @0036                               v3 = bitcast.f32x4 little v1
;;   @0036                               v4 = bitcast.f32x4 little v2
;;   @0036                               v5 = fadd v3, v4
;;   @003b                               v6 = bitcast.f32x4 little v2
;;   @003b                               v7 = fmul v5, v6
;;   @0040                               v8 = bitcast.i32x4 little v7
;;   @0040                               v9 = bitcast.i32x4 little v1
;;   @0040                               v10 = iadd v8, v9
;;   @0043                               v11 = bitcast.i8x16 little v10
;;   @0043                               return v11
;;   }
;; function 1
;;   function u0:1(i64 vmctx, i32) -> i8x16 system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64, v1: i32):
;;   @004a                               v2 = ireduce.i16 v1
;;   @004a                               v3 = splat.i16x8 v2
;;   @004c                               v4 = load.i64 notrap aligned readonly can_move v0+32
;;   @004c                               v5 = uextend.i64 v1
;;   @004c                               v6 = iadd v4, v5
;;   @004c                               v7 = bitcast.i8x16 little v3
;;   @004c                               store little region0 v7, v6+32
;;   @0052                               v8 = load.i64 notrap aligned readonly can_move v0+32
;;   @0052                               v9 = uextend.i64 v1
;;   @0052                               v10 = iadd v8, v9
;;   @0052                               v11 = load.i8x16 little region0 v10+32
;;   @0056                               return v11
;;   }
;; function 2
;;   function u0:2(i64 vmctx, i8x16, i32) -> i8x16 system_v {
;;                                   block0(v0: i64, v1: i8x16, v2: i32):
;;   @005b                               brif v2, block1, block2
;;
;;                                   block1:
;;   @0061                               v3 = bitcast.f64x2 little v1
;;   @0061                               v4 = bitcast.f64x2 little v1
;;   @0061                               v5 = fcmp lt v4, v3
;;   @0061                               v6 = bitcast.f64x2 little v5
;;   @0061                               v7 = bitselect v6, v4, v3
;;   @0064                               v9 = bitcast.i8x16 little v7
;;   @0064                               jump block3(v9)
;;
;;                                   block2:
;;   @0069                               v10 = ireduce.i8 v2
;;   @0069                               v11 = insertlane.i8x16 v1, v10, 3
;;   @006c                               jump block3(v11)
;;
;;                                   block3(v8: i8x16):
;;   @006d                               return v8
;;   }
;; function 3
;;   function u0:3(i64 vmctx, i8x16) -> i32 system_v {
;;                                   block0(v0: i64, v1: i8x16):
;;   @0072                               v2 = vany_true v1
;;   @0076                               v3 = bitcast.i16x8 little v1
;;   @0076                               v4 = extractlane v3, 7
;;   @0076                               v5 = sextend.i32 v4
;;   @0079                               v6 = uextend.i32 v2
;;   @0079                               v7 = bor v6, v5
;;   @007a                               return v7
;;   }
