;; RUN: run % -i ad 1 2
;; RUN: run % -i memory
;; RUN: run % -i add 1
;; RUN: run % -i add 1 2 3
;; RUN: run % -i add one 2
;; RUN: run % -i add 4294967296 2
;; RUN: run %
;; RUN: run % -i
(module
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "addition"))
  (func (export "other\nline"))
  (func (export "sub")))
