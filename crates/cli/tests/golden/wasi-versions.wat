;; RUN: run %
;; RUN: run % --allow-multiple-wasi-versions
;; RUN: run % --deny-multiple-wasi-versions
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 0))))

;;! $ wasmill run wasi-versions.wat
;;! 2> warning: `wasi-versions.wat` imports several versions of WASI
;;! $ wasmill run wasi-versions.wat --allow-multiple-wasi-versions
;;! $ wasmill run wasi-versions.wat --deny-multiple-wasi-versions
;;! 2> error: failed to run `wasi-versions.wat`
;;! 2> ╰─> 1: the module imports several versions of WASI
;;! exit 1
