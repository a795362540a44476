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

;;! $ wasmill wast script.wast
;;! 7: i32
;;! 2> error: failed to test the wast `script.wast`
;;! 2> ╰─> 1: script.wast:8:2: result 0: expected I32(2), got I32(1)
;;! 2>        script.wast:10:2: expected the trap "unreachable", got [I32(1)]
;;! exit 1
;;! $ wasmill wast script.wast --fail-fast
;;! 7: i32
;;! 2> error: failed to test the wast `script.wast`
;;! 2> ╰─> 1: script.wast:8:2: result 0: expected I32(2), got I32(1)
;;! exit 1
