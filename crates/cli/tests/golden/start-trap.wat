;; RUN: run %
(module
  (func $fails unreachable)
  (start $fails)
  (func (export "_start")))
