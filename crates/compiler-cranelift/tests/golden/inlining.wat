;;! emit = clif
;; Small functions disappear in their callers; a recursive one does not go on for ever.
(module
  (memory 1)
  (func $get (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func $both (param i32) (result i32 i32)
    (call $get (local.get 0)) (call $get (i32.const 16)))
  (func $absolute (param i32) (result i32)
    (if (i32.ge_s (local.get 0) (i32.const 0)) (then (return (local.get 0))))
    (i32.sub (i32.const 0) (local.get 0)))
  (func $never (result i32) unreachable)
  (func $again (param i32) (result i32)
    (call $again (i32.add (local.get 0) (i32.const 1))))
  (func (param i32) (result i32)
    (i32.add (call $both (local.get 0))))
  (func (param i32) (result i32)
    (i32.mul (call $absolute (local.get 0)) (call $never))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx, i32) -> i32 system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64, v1: i32):
;;   @0030                               v2 = load.i64 notrap aligned readonly can_move v0+32
;;   @0030                               v3 = uextend.i64 v1
;;   @0030                               v4 = iadd v2, v3
;;   @0030                               v5 = load.i32 little region0 v4+4
;;   @0033                               return v5
;;   }
;; function 1
;;   function u0:1(i64 vmctx, i64, i32) system_v {
;;       region0 = 8 "memory"
;;       region1 = 1 "stack"
;;
;;                                   block0(v0: i64, v1: i64, v2: i32):
;;   @80000001                           v3 = load.i64 notrap aligned readonly can_move v0+32
;;   @80000001                           v4 = uextend.i64 v2
;;   @80000001                           v5 = iadd v3, v4
;;   @80000001                           v6 = load.i32 little region0 v5+4
;;   @003a                               v7 = iconst.i32 16
;;   @80000004                           v8 = load.i64 notrap aligned readonly can_move v0+32
;;   @80000004                           v9 = load.i32 notrap little region0 v8+20
;;   @003e                               store notrap aligned region1 v6, v1
;;   @003e                               store notrap aligned region1 v9, v1+16
;;   @003e                               return
;;   }
;; function 2
;;   function u0:2(i64 vmctx, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32):
;;   @0043                               v2 = iconst.i32 0
;;   @0045                               v3 = icmp sge v1, v2  ; v2 = 0
;;   @0046                               brif v3, block1, block2
;;
;;                                   block1:
;;   @004a                               return v1
;;
;;                                   block2:
;;   @004b                               jump block3
;;
;;                                   block3:
;;   @004c                               v4 = iconst.i32 0
;;   @0050                               v5 = isub v4, v1  ; v4 = 0
;;   @0051                               return v5
;;   }
;; function 3
;;   function u0:3(i64 vmctx) -> i32 system_v {
;;                                   block0(v0: i64):
;;   @0054                               trap user11
;;   }
;; function 4
;;   function u0:4(i64 vmctx, i32) -> i32 system_v {
;;       sig0 = (i64 vmctx, i32) -> i32 system_v
;;       fn0 = colocated u0:4 sig0
;;
;;                                   block0(v0: i64, v1: i32):
;;   @005a                               v2 = iconst.i32 1
;;   @005c                               v3 = iadd v1, v2  ; v2 = 1
;;   @80000001                           v4 = iconst.i32 1
;;   @80000002                           v5 = iadd v3, v4  ; v4 = 1
;;   @80000005                           v6 = iconst.i32 1
;;   @80000006                           v7 = iadd v5, v6  ; v6 = 1
;;   @80000007                           v8 = call fn0(v0, v7)
;;   @005f                               return v8
;;   }
;; function 5
;;   function u0:5(i64 vmctx, i32) -> i32 system_v {
;;       region0 = 8 "memory"
;;
;;                                   block0(v0: i64, v1: i32):
;;   @80000003                           v2 = load.i64 notrap aligned readonly can_move v0+32
;;   @80000003                           v3 = uextend.i64 v1
;;   @80000003                           v4 = iadd v2, v3
;;   @80000003                           v5 = load.i32 little region0 v4+4
;;   @80000005                           v6 = iconst.i32 16
;;   @80000008                           v7 = load.i64 notrap aligned readonly can_move v0+32
;;   @80000008                           v8 = load.i32 notrap little region0 v7+20
;;   @0066                               v9 = iadd v5, v8
;;   @0067                               return v9
;;   }
;; function 6
;;   function u0:6(i64 vmctx, i32) -> i32 system_v {
;;                                   block0(v0: i64, v1: i32):
;;   @80000001                           v2 = iconst.i32 0
;;   @80000002                           v3 = icmp sge v1, v2  ; v2 = 0
;;   @80000003                           brif v3, block1, block2
;;
;;                                   block1:
;;   @80000005                           jump block3(v1)
;;
;;                                   block2:
;;   @80000006                           jump block4
;;
;;                                   block4:
;;   @80000007                           v5 = iconst.i32 0
;;   @80000009                           v6 = isub v5, v1  ; v5 = 0
;;   @8000000a                           jump block3(v6)
;;
;;                                   block3(v4: i32) cold:
;;   @8000000b                           trap user11
;;
;;                                   block5:
;;   @006e                               v7 = iconst.i32 0
;;   @0070                               v8 = imul.i32 v4, v7  ; v7 = 0
;;   @0071                               return v8
;;   }
