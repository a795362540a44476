;; RUN: inspect %
(module
  (import "env" "print" (func (param i32 f64)))
  (import "env" "limit" (global (mut i64)))
  (import "env" "table" (table 1 10 funcref))
  (memory (export "memory") 1 2)
  (global (export "version") i32 (i32.const 3))
  (table (export "refs") 0 externref)
  (func (export "main") (result i32 i64) (i32.const 0) (i64.const 0))
  (func (export "two\nlines")))

;;! $ wasmill inspect inspect.wat
;;! Type: wat
;;! Size: 385 B
;;! Imports:
;;!   Functions:
;;!     "env"."print": [I32, F64] -> []
;;!   Memories:
;;!   Tables:
;;!     "env"."table": FuncRef (1..10)
;;!   Globals:
;;!     "env"."limit": I64 (mutable)
;;! Exports:
;;!   Functions:
;;!     "main": [] -> [I32, I64]
;;!     "two\nlines": [] -> []
;;!   Memories:
;;!     "memory": not shared (1 pages..2 pages)
;;!   Tables:
;;!     "refs": ExternRef (0..)
;;!   Globals:
;;!     "version": I32 (constant)
