;; Fuel metering as instrumented modules do it: every turn of a loop takes points from a mutable global and tests it.
(module
  (global $points (mut i64) (i64.const 0))
  (global $exhausted (mut i32) (i32.const 0))
  (func $charge (param $cost i64)
    (if (i64.lt_u (global.get $points) (local.get $cost))
      (then
        (global.set $exhausted (i32.add (global.get $exhausted) (i32.const 1)))
        (global.set $points (i64.const 100000))))
    (global.set $points (i64.sub (global.get $points) (local.get $cost))))
  (func (export "run") (param $n i32) (result i64)
    (local $sum i64) (local $i i32)
    (global.set $points (i64.const 0))
    (global.set $exhausted (i32.const 0))
    (loop $again
      (call $charge (i64.const 7))
      (local.set $sum
        (i64.add
          (i64.mul (local.get $sum) (i64.const 31))
          (i64.extend_i32_u (i32.xor (local.get $i) (global.get $exhausted)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (i64.xor (local.get $sum) (global.get $points))))
