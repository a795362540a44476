;; RUN: run % -i ad 1 2
;; RUN: run % -i memory
;; RUN: run % -i add 1
;; RUN: run % -i add 1 2 3
;; RUN: run % -i add one 2
;; RUN: run % -i add 4294967296 2
;; RUN: run %
;; RUN: run % -i
(module
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "addition"))
  (func (export "other\nline"))
  (func (export "sub")))

;;! $ wasmill run invoke-wrong.wat -i ad 1 2
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: No export `ad` found in the module.
;;! 2>        Similar functions found: `add`, `sub`, `addition`.
;;! 2>        Try with: wasmill invoke-wrong.wat -i add 1 2
;;! exit 1
;;! $ wasmill run invoke-wrong.wat -i memory
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: Export `memory` found, but is not a function.
;;! 2>        Similar functions found: `add`, `sub`, `addition`.
;;! 2>        Try with: wasmill invoke-wrong.wat -i add
;;! exit 1
;;! $ wasmill run invoke-wrong.wat -i add 1
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: Function expected 2 arguments, but received 1: "1"
;;! exit 1
;;! $ wasmill run invoke-wrong.wat -i add 1 2 3
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: Function expected 2 arguments, but received 3: "1 2 3"
;;! exit 1
;;! $ wasmill run invoke-wrong.wat -i add one 2
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: Can't convert `one` into a i32
;;! exit 1
;;! $ wasmill run invoke-wrong.wat -i add 4294967296 2
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: Can't convert `4294967296` into a i32
;;! exit 1
;;! $ wasmill run invoke-wrong.wat
;;! 2> error: failed to run `invoke-wrong.wat`
;;! 2> ╰─> 1: No export `_start` found in the module.
;;! 2>        Similar functions found: `add`, `sub`, `addition`.
;;! 2>        Try with: wasmill invoke-wrong.wat -i add
;;! exit 1
;;! $ wasmill run invoke-wrong.wat -i
;;! 2> error: a value is required for '--invoke <NAME>' but none was supplied
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
