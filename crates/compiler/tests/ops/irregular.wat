;; Operators that are no rows of the table: memories, tables, references, calls, globals, constants.
(module
  (type $binary (func (param i32 i64) (result f32)))
  (import "m" "f" (func $imported (param i32)))
  (import "m" "g" (global $base i32))
  (memory 1 2)
  (data $data "abc")
  (table $functions 2 10 funcref)
  (table $externs 2 externref)
  (elem $elem func $imported)
  (global $counter (mut i64) (i64.const 0))
  (func $memory
    (drop (memory.grow (memory.size)))
    (memory.copy (i32.const 1) (i32.const 2) (i32.const 3))
    (memory.fill (i32.const 4) (i32.const 5) (i32.const 6))
    (memory.init $data (i32.const 7) (i32.const 8) (i32.const 9))
    data.drop $data
    (i64.store16 offset=65536 align=1 (i32.const 10) (i64.load8_s offset=3 (i32.const 11))))
  (func $tables (param externref)
    (table.set $externs (i32.const 1) (local.get 0))
    (drop (ref.is_null (table.get $functions (i32.const 2))))
    (drop (ref.is_null (local.get 0)))
    (drop (ref.is_null (ref.func $imported)))
    (drop (ref.is_null (ref.null func)))
    (drop (table.grow $externs (ref.null extern) (table.size $externs)))
    (table.fill $functions (i32.const 3) (ref.func $imported) (i32.const 4))
    (table.copy $functions $functions (i32.const 5) (i32.const 6) (i32.const 7))
    (table.init $functions $elem (i32.const 8) (i32.const 9) (i32.const 10))
    elem.drop $elem)
  (func $calls (result f32)
    (call $imported (global.get $base))
    (global.set $counter (i64.add (global.get $counter) (i64.const 1)))
    (call_indirect $functions (type $binary) (i32.const 1) (i64.const 2) (i32.const 3)))
  (func $select (param externref i32)
    (drop (select (f64.const 1) (f64.const 2) (local.get 1)))
    (drop (select (result externref) (local.get 0) (ref.null extern) (local.get 1))))
  (func $vector (param v128) (result v128)
    (v128.bitselect
      (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 (local.get 0) (v128.const i32x4 1 2 3 4))
      (i16x8.replace_lane 3 (local.get 0) (i8x16.extract_lane_s 15 (local.get 0)))
      (i32x4.shl (f32x4.splat (f32.const 1)) (v128.any_true (local.get 0)))))
  (func $lanes (param i32 v128) (result v128)
    (v128.store16_lane offset=1 7 (local.get 0) (local.get 1))
    (v128.load32_zero (local.get 0))
    (v128.load64_splat (local.get 0))
    (v128.load16x4_u (local.get 0))
    (v128.load8_lane 2 (local.get 0) (local.get 1))
    i8x16.swizzle
    i32x4.extmul_high_i16x8_u
    i8x16.narrow_i16x8_s
    f64x2.promote_low_f32x4)
)

;;! function 1 "memory" [] -> []
;;!   v0 = memory.size 0
;;!   v1 = memory.grow 0 v0
;;!   drop v1
;;!   v2 = constant I32(1)
;;!   v3 = constant I32(2)
;;!   v4 = constant I32(3)
;;!   memory.copy 0[v2] from 0[v3] length v4
;;!   v5 = constant I32(4)
;;!   v6 = constant I32(5)
;;!   v7 = constant I32(6)
;;!   memory.fill 0[v5] with v6 length v7
;;!   v8 = constant I32(7)
;;!   v9 = constant I32(8)
;;!   v10 = constant I32(9)
;;!   memory.init 0[v8] from 0[v9] length v10
;;!   data.drop 0
;;!   v11 = constant I32(10)
;;!   v12 = constant I32(11)
;;!   v13 = load S8 I64 memory 0 offset 3 align 1 v12
;;!   store Low16 I64 memory 0 offset 65536 align 1 v11 v13
;;! end @0 fallthrough()
;;! function 2 "tables" [ExternRef] -> []
;;!   v0 = constant I32(1)
;;!   v1 = local.get 0
;;!   table.set 1[v0] v1
;;!   v2 = constant I32(2)
;;!   v3 = table.get 0[v2]
;;!   v4 = ref.is_null FuncRef v3
;;!   drop v4
;;!   v5 = local.get 0
;;!   v6 = ref.is_null ExternRef v5
;;!   drop v6
;;!   v7 = ref.func 0
;;!   v8 = ref.is_null FuncRef v7
;;!   drop v8
;;!   v9 = ref.null FuncRef
;;!   v10 = ref.is_null FuncRef v9
;;!   drop v10
;;!   v11 = ref.null ExternRef
;;!   v12 = table.size 1
;;!   v13 = table.grow 1 v12 with v11
;;!   drop v13
;;!   v14 = constant I32(3)
;;!   v15 = ref.func 0
;;!   v16 = constant I32(4)
;;!   table.fill 0[v14] with v15 length v16
;;!   v17 = constant I32(5)
;;!   v18 = constant I32(6)
;;!   v19 = constant I32(7)
;;!   table.copy 0[v17] from 0[v18] length v19
;;!   v20 = constant I32(8)
;;!   v21 = constant I32(9)
;;!   v22 = constant I32(10)
;;!   table.init 0[v20] from 0[v21] length v22
;;!   elem.drop 0
;;! end @0 fallthrough()
;;! function 3 "calls" [] -> [F32]
;;!   v0 = global.get 0
;;!   call 0 v0
;;!   v1 = global.get 1
;;!   v2 = constant I64(1)
;;!   v3 = binary IAdd I64 v1 v2
;;!   global.set 1 v3
;;!   v4 = constant I32(1)
;;!   v5 = constant I64(2)
;;!   v6 = constant I32(3)
;;!   v7 = call_indirect 0[v6] type 0 v4 v5
;;! end @0 fallthrough(v7)
;;! function 4 "select" [ExternRef, I32] -> []
;;!   v0 = constant F64(4607182418800017408)
;;!   v1 = constant F64(4611686018427387904)
;;!   v2 = local.get 1
;;!   v3 = select F64 v2 ? v0 : v1
;;!   drop v3
;;!   v4 = local.get 0
;;!   v5 = ref.null ExternRef
;;!   v6 = local.get 1
;;!   v7 = select ExternRef v6 ? v4 : v5
;;!   drop v7
;;! end @0 fallthrough()
;;! function 5 "vector" [V128] -> [V128]
;;!   v0 = local.get 0
;;!   v1 = constant V128(316912650112397582603894390785)
;;!   v2 = shuffle [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31] v0 v1
;;!   v3 = local.get 0
;;!   v4 = local.get 0
;;!   v5 = extract_lane I8x16 Signed 15 v4
;;!   v6 = replace_lane I16x8 3 v3 v5
;;!   v7 = constant F32(1065353216)
;;!   v8 = splat F32x4 v7
;;!   v9 = local.get 0
;;!   v10 = test AnyTrue V128 v9
;;!   v11 = shift Shl I32x4 v8 by v10
;;!   v12 = bitselect v11 ? v2 : v6
;;! end @0 fallthrough(v12)
;;! function 6 "lanes" [I32, V128] -> [V128]
;;!   v0 = local.get 0
;;!   v1 = local.get 1
;;!   store_lane I16x8 7 memory 0 offset 1 align 2 v0 v1
;;!   v2 = local.get 0
;;!   v3 = load Zero I32x4 memory 0 offset 0 align 4 v2
;;!   v4 = local.get 0
;;!   v5 = load Splat I64x2 memory 0 offset 0 align 8 v4
;;!   v6 = local.get 0
;;!   v7 = load ExtendU I32x4 memory 0 offset 0 align 8 v6
;;!   v8 = local.get 0
;;!   v9 = local.get 1
;;!   v10 = load_lane I8x16 2 memory 0 offset 0 align 1 v8 v9
;;!   v11 = binary Swizzle I8x16 v7 v10
;;!   v12 = binary ExtMulHighU I16x8 v5 v11
;;!   v13 = binary NarrowS I16x8 v3 v12
;;!   v14 = convert Promote F32x4 F64x2 v13
;;! end @0 fallthrough(v14)
