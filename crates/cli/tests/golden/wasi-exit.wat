;; RUN: run %
;; RUN: run % -i zero
;; RUN: run % -i large
;; RUN: run % -i trap
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 42)) unreachable)
  (func (export "zero") (call $exit (i32.const 0)) unreachable)
  (func (export "large") (call $exit (i32.const 256)) unreachable)
  (func $trap (export "trap") unreachable))

;;! $ wasmill run wasi-exit.wat
;;! exit 42
;;! $ wasmill run wasi-exit.wat -i zero
;;! $ wasmill run wasi-exit.wat -i large
;;! exit 1
;;! $ wasmill run wasi-exit.wat -i trap
;;! 2> error: failed to run `wasi-exit.wat`
;;! 2> │   1: WASI execution failed
;;! 2> ╰─> 2: RuntimeError: unreachable
;;! 2>            at trap (wasi-exit.wat[4]:0x8d)
;;! exit 1
