;;! emit = optimized
;; Constant addresses: inside of the smallest size the access cannot fault; behind it it can.
(module
  (memory 1)
  (func (result i32) (i32.load offset=4 (i32.const 65528)))
  (func (result i32) (i32.load offset=4 (i32.const 65529)))
  (func (result i32) (i32.load offset=0xfffffffc (i32.const -1))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx) -> i32 system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64):
;;   @0023                               v2 = load.i64 notrap aligned readonly can_move v0+32
;;   @0023                               v3 = load.i32 notrap little region0 v2+0xfffc
;;   @0026                               return v3
;;   }
;; function 1
;;   function u0:1(i64 vmctx) -> i32 system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64):
;;   @002d                               v2 = load.i64 notrap aligned readonly can_move v0+32
;;                                       v6 = iconst.i64 0xfff9
;;   @002d                               v4 = iadd v2, v6  ; v6 = 0xfff9
;;   @002d                               v5 = load.i32 little region0 v4+4
;;   @0030                               return v5
;;   }
;; function 2
;;   function u0:2(i64 vmctx) -> i32 system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64):
;;   @0035                               v2 = load.i64 notrap aligned readonly can_move v0+32
;;                                       v10 = iconst.i64 0x0001_ffff_fffb
;;                                       v15 = iadd v2, v10  ; v10 = 0x0001_ffff_fffb
;;   @0035                               v7 = load.i32 little region0 v15
;;   @003c                               return v7
;;   }
