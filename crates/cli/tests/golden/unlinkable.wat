;; RUN: run %
;; RUN: validate %
(module
  (import "env" "missing" (func (param i32) (result i64)))
  (func (export "_start")))
