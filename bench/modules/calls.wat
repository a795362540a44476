;; Both sides of the boundary: functions for the host to call, and loops that call the host's.
(module
  (import "host" "nop" (func $host_nop))
  (import "host" "add" (func $host_add (param i32 i32) (result i32)))
  (func (export "nop"))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "call_nop") (param $n i32)
    (loop $again
      (call $host_nop)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))))
  (func (export "call_add") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (call $host_add (local.get $sum) (i32.const 3)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (local.get $sum)))
