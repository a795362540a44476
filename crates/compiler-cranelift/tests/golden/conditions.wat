;;! emit = clif
;; A comparison is not made an `i32` where a branch, a selection or another test takes it.
(module
  (func (param i32 i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (local.get 1))
      (then (i32.const 1))
      (else (select (i32.const 2) (i32.const 3) (i32.eqz (i32.eqz (local.get 0)))))))
  (func (param i32 i32) (result i32)
    (block (br_if 0 (i32.and (i32.lt_s (local.get 0) (i32.const 4)) (local.get 1))))
    (i32.eq (local.get 0) (i32.const 9))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx, i32, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32, v2: i32):
;;   @001f                               v3 = icmp slt v1, v2
;;   @0020                               brif v3, block1, block2
;;
;;                                   block1:
;;   @0022                               v4 = iconst.i32 1
;;   @0024                               jump block3(v4)  ; v4 = 1
;;
;;                                   block2:
;;   @0025                               v6 = iconst.i32 2
;;   @0027                               v7 = iconst.i32 3
;;   @002b                               v8 = iconst.i32 0
;;   @002b                               v9 = icmp.i32 eq v1, v8  ; v8 = 0
;;   @002c                               v10 = iconst.i8 0
;;   @002c                               v11 = icmp eq v9, v10  ; v10 = 0
;;   @002d                               v12 = select v11, v6, v7  ; v6 = 2, v7 = 3
;;   @002e                               jump block3(v12)
;;
;;                                   block3(v5: i32):
;;   @002f                               return v5
;;   }
;; function 1
;;   function u0:1(i64 vmctx, i32, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32, v2: i32):
;;                                       v7 -> v1
;;   @0036                               v3 = iconst.i32 4
;;   @0038                               v4 = icmp slt v1, v3  ; v3 = 4
;;   @003b                               v5 = uextend.i32 v4
;;   @003b                               v6 = band v5, v2
;;   @003c                               brif v6, block1, block2
;;
;;                                   block2:
;;   @003e                               jump block1
;;
;;                                   block1:
;;   @0041                               v8 = iconst.i32 9
;;   @0043                               v9 = icmp.i32 eq v1, v8  ; v8 = 9
;;   @0044                               v10 = uextend.i32 v9
;;   @0044                               return v10
;;   }
