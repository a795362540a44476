;;! emit = clif
;; Blocks exist only where something branches to; early returns return in place.
(module
  (func (param i32) (result i32)
    (block $b (result i32)
      (block $unused (result i32) (i32.const 1))
      (br_if $b (local.get 0))
      (drop)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
      (i32.const 2)))
  (func (param i32) (result i32)
    (block $a (block $b (block $c (block $d
      (br_table $a $b $c $d (local.get 0)))
      (return (i32.const 3))) (return (i32.const 2))) (return (i32.const 1)))
    (i32.const 0))
  (func (param i32) (result i32)
    (block $a (result i32)
      (br_table $a $a 1 $a (i32.const 5) (local.get 0))))
  (func (param i32) (result i32)
    (drop (block $a (result i32) (br_table $a 1 (i32.const 5) (local.get 0))))
    (i32.const 6))
  (func (param i32) (result i64) (local i64)
    (local.get 0)
    (loop (param i32) (result i32)
      (i32.const 1) (i32.sub) (local.tee 0) (br_if 0 (local.get 0)))
    (i64.extend_i32_u)
    (local.get 1) (i64.add))
  (start 5) (func unreachable))
;; ---
;; function 0
;;   function u0:0(i64 vmctx, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32):
;;   @002d                               v2 = iconst.i32 1
;;   @0032                               brif v1, block1(v2), block2  ; v2 = 1
;;
;;                                   block2:
;;   @0037                               v4 = iconst.i32 0
;;   @0037                               v5 = icmp.i32 eq v1, v4  ; v4 = 0
;;   @0038                               brif v5, block3, block4
;;
;;                                   block3:
;;   @003a                               v6 = iconst.i32 7
;;   @003c                               return v6  ; v6 = 7
;;
;;                                   block4:
;;   @003d                               jump block5
;;
;;                                   block5:
;;   @003e                               v7 = iconst.i32 2
;;   @0040                               jump block1(v7)  ; v7 = 2
;;
;;                                   block1(v3: i32):
;;   @0041                               return v3
;;   }
;; function 1
;;   function u0:1(i64 vmctx, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32):
;;   @004e                               br_table v1, block4, [block1, block2, block3]
;;
;;                                   block4:
;;   @0055                               v2 = iconst.i32 3
;;   @0057                               return v2  ; v2 = 3
;;
;;                                   block3:
;;   @0059                               v3 = iconst.i32 2
;;   @005b                               return v3  ; v3 = 2
;;
;;                                   block2:
;;   @005d                               v4 = iconst.i32 1
;;   @005f                               return v4  ; v4 = 1
;;
;;                                   block1:
;;   @0061                               v5 = iconst.i32 0
;;   @0063                               return v5  ; v5 = 0
;;   }
;; function 2
;;   function u0:2(i64 vmctx, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32):
;;   @0068                               v2 = iconst.i32 5
;;   @006c                               br_table v1, block2, [block2, block2, block4]
;;
;;                                   block2:
;;   @006c                               jump block1(v2)  ; v2 = 5
;;
;;                                   block4:
;;   @006c                               jump block3(v2)  ; v2 = 5
;;
;;                                   block1(v3: i32):
;;   @0073                               jump block3(v3)
;;
;;                                   block3(v4: i32):
;;   @0073                               return v4
;;   }
;; function 3
;;   function u0:3(i64 vmctx, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32):
;;   @0078                               v2 = iconst.i32 5
;;   @007c                               v5 = iconst.i32 0
;;   @007c                               v6 = icmp eq v1, v5  ; v5 = 0
;;   @007c                               brif v6, block2, block5
;;
;;                                   block5:
;;   @007c                               jump block4
;;
;;                                   block2:
;;   @007c                               jump block1(v2)  ; v2 = 5
;;
;;                                   block4:
;;   @007c                               jump block3(v2)  ; v2 = 5
;;
;;                                   block1(v3: i32):
;;   @0082                               v7 = iconst.i32 6
;;   @0084                               jump block3(v7)  ; v7 = 6
;;
;;                                   block3(v4: i32):
;;   @0084                               return v4
;;   }
;; function 4
;;   function u0:4(i64 vmctx, i32) -> i64 system_v {
;;                                   block0(v0: i64, v1: i32):
;;                                       v2 = iconst.i64 0
;;                                       v7 -> v2
;;   @008b                               jump block1(v1)
;;
;;                                   block1(v3: i32):
;;   @008d                               v4 = iconst.i32 1
;;   @008f                               v5 = isub v3, v4  ; v4 = 1
;;   @0094                               brif v5, block1(v5), block2
;;
;;                                   block2:
;;   @0097                               v6 = uextend.i64 v5
;;   @009a                               v8 = iadd v6, v2  ; v2 = 0
;;   @009b                               return v8
;;   }
;; function 5
;;   function u0:5(i64 vmctx) system_v {
;;                                   block0(v0: i64):
;;   @009e                               trap user11
;;   }
