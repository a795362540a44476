;; RUN: inspect %
(module
  (import "env" "print" (func (param i32 f64)))
  (import "env" "limit" (global (mut i64)))
  (import "env" "table" (table 1 10 funcref))
  (memory (export "memory") 1 2)
  (global (export "version") i32 (i32.const 3))
  (table (export "refs") 0 externref)
  (func (export "main") (result i32 i64) (i32.const 0) (i64.const 0))
  (func (export "two\nlines")))
