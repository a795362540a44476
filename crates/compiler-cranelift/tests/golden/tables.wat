;;! emit = optimized
(module
  (table $functions 10 10 funcref)
  (table $hosts 2 externref)
  (func (param i32) (result funcref) (table.get $functions (local.get 0)))
  (func (param i32 funcref) (table.set $functions (local.get 0) (local.get 1)))
  (func (param i32) (result externref) (table.get $hosts (local.get 0)))
  (func (param i32 externref) (table.set $hosts (local.get 0) (local.get 1)))
  (func (result i32) (i32.add (table.size $functions) (table.size $hosts)))
  (func (param funcref) (result i32) (ref.is_null (local.get 0))))
;; ---
;; function 0
;;   function u0:0(i64 vmctx, i32) -> i64 system_v {
;;       region0 = 12 "table"
;;       sig0 = (i64 vmctx, i32, i64) -> i64 system_v
;;
;;                                   block0(v0: i64, v1: i32):
;;   @0042                               v3 = iconst.i32 10
;;   @0042                               v8 = icmp uge v1, v3  ; v3 = 10
;;   @0042                               v9 = iconst.i64 0
;;   @0042                               v2 = load.i64 notrap aligned readonly can_move v0+32
;;   @0042                               v4 = uextend.i64 v1
;;   @0042                               v5 = iconst.i64 3
;;   @0042                               v6 = ishl v4, v5  ; v5 = 3
;;   @0042                               v7 = iadd v2, v6
;;   @0042                               v10 = select_spectre_guard v8, v9, v7  ; v9 = 0
;;   @0042                               v11 = load.i64 user4 aligned little region0 v10
;;   @0042                               v12 = iconst.i64 1
;;   @0042                               v13 = icmp ule v11, v12  ; v12 = 1
;;   @0042                               brif v13, block1, block2(v11)
;;
;;                                   block1 cold:
;;   @0042                               v17 = load.i64 notrap aligned readonly v0+16
;;   @0042                               v18 = load.i64 notrap aligned readonly v17+48
;;   @0042                               v15 = iconst.i32 0
;;   @0042                               v19 = call_indirect sig0, v18(v0, v15, v4)  ; v15 = 0
;;   @0042                               jump block2(v19)
;;
;;                                   block2(v14: i64):
;;   @0044                               return v14
;;   }
;; function 1
;;   function u0:1(i64 vmctx, i32, i64) system_v {
;;       region0 = 12 "table"
;;
;;                                   block0(v0: i64, v1: i32, v2: i64):
;;   @004b                               v12 = iconst.i64 1
;;   @004b                               v13 = umax v2, v12  ; v12 = 1
;;   @004b                               v4 = iconst.i32 10
;;   @004b                               v9 = icmp uge v1, v4  ; v4 = 10
;;   @004b                               v10 = iconst.i64 0
;;   @004b                               v3 = load.i64 notrap aligned readonly can_move v0+32
;;   @004b                               v5 = uextend.i64 v1
;;   @004b                               v6 = iconst.i64 3
;;   @004b                               v7 = ishl v5, v6  ; v6 = 3
;;   @004b                               v8 = iadd v3, v7
;;   @004b                               v11 = select_spectre_guard v9, v10, v8  ; v10 = 0
;;   @004b                               store user4 aligned little region0 v13, v11
;;   @004d                               return
;;   }
;; function 2
;;   function u0:2(i64 vmctx, i32) -> i32 system_v {
;;       region0 = 13 "table"
;;       region1 = 0 "definitions"
;;
;;                                   block0(v0: i64, v1: i32):
;;   @0052                               v2 = load.i64 notrap aligned readonly can_move v0+56
;;   @0052                               v3 = load.i64 notrap aligned region1 v2
;;   @0052                               v4 = load.i32 notrap aligned region1 v2+8
;;   @0052                               v9 = icmp uge v1, v4
;;   @0052                               v10 = iconst.i64 0
;;   @0052                               v5 = uextend.i64 v1
;;   @0052                               v6 = iconst.i64 2
;;   @0052                               v7 = ishl v5, v6  ; v6 = 2
;;   @0052                               v8 = iadd v3, v7
;;   @0052                               v11 = select_spectre_guard v9, v10, v8  ; v10 = 0
;;   @0052                               v12 = load.i32 user4 aligned little region0 v11
;;   @0054                               return v12
;;   }
;; function 3
;;   function u0:3(i64 vmctx, i32, i32) system_v {
;;       region0 = 13 "table"
;;       region1 = 0 "definitions"
;;
;;                                   block0(v0: i64, v1: i32, v2: i32):
;;   @005b                               v3 = load.i64 notrap aligned readonly can_move v0+56
;;   @005b                               v4 = load.i64 notrap aligned region1 v3
;;   @005b                               v5 = load.i32 notrap aligned region1 v3+8
;;   @005b                               v10 = icmp uge v1, v5
;;   @005b                               v11 = iconst.i64 0
;;   @005b                               v6 = uextend.i64 v1
;;   @005b                               v7 = iconst.i64 2
;;   @005b                               v8 = ishl v6, v7  ; v7 = 2
;;   @005b                               v9 = iadd v4, v8
;;   @005b                               v12 = select_spectre_guard v10, v11, v9  ; v11 = 0
;;   @005b                               store user4 aligned little region0 v2, v12
;;   @005d                               return
;;   }
;; function 4
;;   function u0:4(i64 vmctx) -> i32 system_v {
;;       region0 = 0 "definitions"
;;
;;                                   block0(v0: i64):
;;   @0063                               v2 = load.i64 notrap aligned readonly can_move v0+56
;;   @0063                               v3 = load.i32 notrap aligned region0 v2+8
;;   @0060                               v1 = iconst.i32 10
;;                                       v5 = iadd v3, v1  ; v1 = 10
;;   @0067                               return v5
;;   }
;; function 5
;;   function u0:5(i64 vmctx, i64) -> i32 system_v {
;;                                   block0(v0: i64, v1: i64):
;;   @006c                               v2 = iconst.i64 0
;;   @006c                               v3 = icmp eq v1, v2  ; v2 = 0
;;   @006d                               v4 = uextend.i32 v3
;;   @006d                               return v4
;;   }
