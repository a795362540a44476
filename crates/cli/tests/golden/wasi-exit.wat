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
