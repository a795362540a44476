;; Operands are popped right to left, results pushed; locals keep their order.
(module
  (func $add (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.sub)
  (func (param i32) (local i64 i64 f32)
    local.get 0
    i32.eqz
    i64.extend_i32_u
    local.tee 1
    i64.const -1
    i64.lt_s
    drop
    f32.const 1.5
    local.set 3
    nop)
  (func (param f64) (result f32)
    local.get 0
    f64.const 0x1p-1074
    f64.copysign
    f32.demote_f64))

;;! function 0 "add" [I32, I32] -> [I32]
;;!   v0 = local.get 0
;;!   v1 = local.get 1
;;!   v2 = binary ISub I32 v0 v1
;;! end @0 fallthrough(v2)
;;! function 1 [I32] -> [], 2 x I64, 1 x F32
;;!   v0 = local.get 0
;;!   v1 = test Eqz I32 v0
;;!   v2 = convert ExtendU I32 I64 v1
;;!   v3 = local.tee 1 v2
;;!   v4 = constant I64(-1)
;;!   v5 = compare ILtS I64 v3 v4
;;!   drop v5
;;!   v6 = constant F32(1069547520)
;;!   local.set 3 v6
;;! end @0 fallthrough()
;;! function 2 [F64] -> [F32]
;;!   v0 = local.get 0
;;!   v1 = constant F64(1)
;;!   v2 = binary FCopysign F64 v0 v1
;;!   v3 = convert Demote F64 F32 v2
;;! end @0 fallthrough(v3)
