;; RUN: wast %
(module (func (export "one") (result i32) (i32.const 1)))
(assert_return (invoke "one") (i32.const 1))

;;! $ wasmill wast script-passes.wast
;;! Wast tests succeeded for `script-passes.wast`.
