;; RUN: run %
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (import "env" "missing" (memory 1))
  (import "env" "f" (func))
  (func (export "_start")))

;;! $ wasmill run unlinkable-wasi.wat
;;! 2> error: failed to run `unlinkable-wasi.wat`
;;! 2> │   1: module instantiation failed (engine: universal, compiler: cranelift)
;;! 2> ╰─> 2: Error while importing "env"."missing": unknown import. Expected Memory(MemoryType { minimum: 1 pages, maximum: None, shared: false })
;;! exit 1
