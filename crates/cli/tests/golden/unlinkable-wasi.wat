;; RUN: run %
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (import "env" "missing" (memory 1))
  (import "env" "f" (func))
  (func (export "_start")))
