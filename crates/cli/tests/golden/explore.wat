;; RUN: explore % --emit ops
;; RUN: explore % --emit=ops --function 1 --offsets
;; RUN: explore % --emit=ops -f 7
;; RUN: explore % --emit=clif -f 0
;; RUN: explore % --emit=llvm
(module
  (import "env" "f" (func))
  (func $twice (export "twice") (param i32) (result i32)
    (i32.add (local.get 0) (local.get 0)))
  (func (export "none")))
