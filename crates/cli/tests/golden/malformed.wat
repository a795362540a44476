;; RUN: validate %
;; RUN: run %
(module
  (func (nonsense)))
