;;! emit = optimized
;; A few bytes are copied in place: all loads first, then the stores from the last.
(module
  (memory 1)
  (func (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 24)))
  (func (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 7)))
  (func (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 32)))
  (func (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 0)))
  (func (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx, i32, i32) system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64, v1: i32, v2: i32):
;;   @0032                               v4 = load.i64 notrap aligned readonly can_move v0+32
;;   @0032                               v5 = uextend.i64 v2
;;   @0032                               v6 = iadd v4, v5
;;   @0032                               v10 = load.i64 little region0 v6+16
;;   @0032                               v11 = load.i8x16 little region0 v6
;;   @0032                               v8 = uextend.i64 v1
;;   @0032                               v9 = iadd v4, v8
;;   @0032                               store little region0 v10, v9+16
;;   @0032                               store little region0 v11, v9
;;   @0036                               return
;;   }
;; function 1
;;   function u0:1(i64 vmctx, i32, i32) system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64, v1: i32, v2: i32):
;;   @003f                               v7 = ireduce.i8 v2
;;   @003f                               v8 = uextend.i32 v7
;;   @003f                               v9 = iconst.i32 0x0101_0101
;;   @003f                               v10 = imul v8, v9  ; v9 = 0x0101_0101
;;   @003f                               v4 = load.i64 notrap aligned readonly can_move v0+32
;;   @003f                               v5 = uextend.i64 v1
;;   @003f                               v6 = iadd v4, v5
;;   @003f                               store little region0 v10, v6+3
;;   @003f                               store little region0 v10, v6
;;   @0042                               return
;;   }
;; function 2
;;   function u0:2(i64 vmctx, i32) system_v {
;;       region0 = 8 "memory"
;;       const0 = 0x00000000000000000000000000000000
;;
;;                                   block0(v0: i64, v1: i32):
;;                                       v11 = vconst.i8x16 const0
;;   @004b                               v4 = load.i64 notrap aligned readonly can_move v0+32
;;   @004b                               v5 = uextend.i64 v1
;;   @004b                               v6 = iadd v4, v5
;;   @004b                               store little region0 v11, v6+16  ; v11 = const0
;;   @004b                               store little region0 v11, v6  ; v11 = const0
;;   @004e                               return
;;   }
;; function 3
;;   function u0:3(i64 vmctx, i32, i32) system_v {
;;       sig0 = (i64 vmctx, i32, i64, i32, i64, i64) system_v
;;
;;                                   block0(v0: i64, v1: i32, v2: i32):
;;   @0057                               v9 = load.i64 notrap aligned readonly v0+16
;;   @0057                               v10 = load.i64 notrap aligned readonly v9+8
;;   @0055                               v3 = iconst.i32 0
;;   @0057                               v6 = uextend.i64 v1
;;   @0057                               v7 = uextend.i64 v2
;;                                       v11 = iconst.i64 0
;;   @0057                               call_indirect sig0, v10(v0, v3, v6, v3, v7, v11)  ; v3 = 0, v3 = 0, v11 = 0
;;   @005b                               return
;;   }
;; function 4
;;   function u0:4(i64 vmctx, i32, i32, i32) system_v {
;;       sig0 = (i64 vmctx, i32, i64, i32, i64) system_v
;;
;;                                   block0(v0: i64, v1: i32, v2: i32, v3: i32):
;;   @0064                               v7 = load.i64 notrap aligned readonly v0+16
;;   @0064                               v8 = load.i64 notrap aligned readonly v7+16
;;   @0064                               v4 = iconst.i32 0
;;   @0064                               v5 = uextend.i64 v1
;;   @0064                               v6 = uextend.i64 v3
;;   @0064                               call_indirect sig0, v8(v0, v4, v5, v2, v6)  ; v4 = 0
;;   @0067                               return
;;   }
