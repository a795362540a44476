;; RUN: run % -i add
(module (global (export "add") i32 (i32.const 1)))
