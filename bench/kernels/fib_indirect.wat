;; The same Fibonacci recursion through a table: `call_indirect` with one target and a signature that always matches.
(module
  (type $fib (func (param i32) (result i64)))
  (table $functions 4 funcref)
  (elem (i32.const 1) func $fib)
  (func $fib (type $fib) (param $n i32) (result i64)
    (if (result i64) (i32.lt_s (local.get $n) (i32.const 2))
      (then (i64.extend_i32_s (local.get $n)))
      (else
        (i64.add
          (call_indirect $functions (type $fib) (i32.sub (local.get $n) (i32.const 1)) (i32.const 1))
          (call_indirect $functions (type $fib) (i32.sub (local.get $n) (i32.const 2)) (i32.const 1))))))
  (func (export "run") (param $n i32) (result i64)
    (call_indirect $functions (type $fib) (local.get $n) (i32.const 1))))
