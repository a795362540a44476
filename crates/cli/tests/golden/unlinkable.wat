;; RUN: run %
;; RUN: validate %
(module
  (import "env" "missing" (func (param i32) (result i64)))
  (func (export "_start")))

;;! $ wasmill run unlinkable.wat
;;! 2> error: failed to run `unlinkable.wat`
;;! 2> │   1: module instantiation failed (engine: universal, compiler: cranelift)
;;! 2> ╰─> 2: Error while importing "env"."missing": unknown import. Expected Function(FunctionType { params: [I32], results: [I64] })
;;! exit 1
;;! $ wasmill validate unlinkable.wat
;;! Validation passed for `unlinkable.wat`.
