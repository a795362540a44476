;; RUN: run % -i add
(module (global (export "add") i32 (i32.const 1)))

;;! $ wasmill run no-functions.wat -i add
;;! 2> error: failed to run `no-functions.wat`
;;! 2> ╰─> 1: Export `add` found, but is not a function.
;;! 2>        The module has no exported functions to call.
;;! exit 1
