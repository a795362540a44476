;; The cost of one `call_indirect`: n calls through the table with two targets in turn.
(module
  (type $binary (func (param i64 i64) (result i64)))
  (table 2 2 funcref)
  (elem (i32.const 0) func $add $xor)
  (func $add (type $binary) (i64.add (local.get 0) (local.get 1)))
  (func $xor (type $binary) (i64.xor (local.get 0) (local.get 1)))
  (func (export "run") (param $n i32) (result i64)
    (local $sum i64)
    (loop $again
      (local.set $sum
        (call_indirect (type $binary)
          (local.get $sum)
          (i64.extend_i32_u (local.get $n))
          (i32.and (local.get $n) (i32.const 1))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (local.get $sum)))
