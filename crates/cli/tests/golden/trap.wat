;; RUN: run %
;; RUN: run % -i divide 1 0
;; RUN: run % -i divide 7 2
;; RUN: run % -i deep
(module
  (func $inner (param i32) (result i32)
    (i32.load (local.get 0)))
  (func $outer (export "_start")
    (drop (call $inner (i32.const 65533))))
  (func $divide (export "divide") (param i64 i64) (result i64)
    (i64.div_u (local.get 0) (local.get 1)))
  (func (export "deep") (result i32)
    (call $none (i32.const 0)) (i32.const 1))
  (type $t (func))
  (table 4 funcref)
  (func $none (param i32)
    (call_indirect (type $t) (local.get 0)))
  (memory 1))
