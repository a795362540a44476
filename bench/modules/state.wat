;; State that the host looks into and changes: a global, a table of functions, a memory.
(module
  (global (export "global") (mut i64) (i64.const 42))
  (table (export "table") 16 funcref)
  (memory (export "memory") 1)
  (func $a (result i32) (i32.const 1))
  (func $b (result i32) (i32.const 2))
  (elem (i32.const 0) func $a $b $a $b $a $b $a $b $a $b $a $b $a $b $a $b))
