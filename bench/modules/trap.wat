;; A trap at once, and one below 32 frames.
(module
  (func (export "trap") unreachable)
  (func $down (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then unreachable))
    (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
  (func (export "trap_deep")
    (drop (call $down (i32.const 32)))))
