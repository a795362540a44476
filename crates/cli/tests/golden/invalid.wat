;; RUN: validate %
;; RUN: run %
;; RUN: inspect %
;; RUN: explore %
(module (func (result i32) (i64.const 1)))
