;; RUN: validate %
;; RUN: run %
(module
  (func (nonsense)))

;;! $ wasmill validate malformed.wat
;;! 2> error: failed to validate `malformed.wat`
;;! 2> │   1: Error when converting wat
;;! 2> ╰─> 2: unknown operator or unexpected token
;;! 2>             --> <anon>:4:10
;;! 2>              |
;;! 2>            4 |   (func (nonsense)))
;;! 2>              |          ^
;;! exit 1
;;! $ wasmill run malformed.wat
;;! 2> error: failed to run `malformed.wat`
;;! 2> ╰─> 1: WebAssembly translation error: Error when converting wat: unknown operator or unexpected token
;;! 2>             --> <anon>:4:10
;;! 2>              |
;;! 2>            4 |   (func (nonsense)))
;;! 2>              |          ^
;;! exit 1
