;; RUN: wast %
;; RUN: wast % --fail-fast
(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (func (export "print") (call $print (i32.const 7)))
  (func (export "one") (result i32) (i32.const 1)))
(invoke "print")
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one") (i32.const 1))
(assert_trap (invoke "one") "unreachable")
