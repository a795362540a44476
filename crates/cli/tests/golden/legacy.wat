;; RUN: validate %
;; RUN: run % -i add_one 41
;; RUN: inspect %
(module
  (type $add_one_t (func (param i32) (result i32)))
  (func $add_one_f (type $add_one_t) (param $value i32) (result i32)
    get_local $value
    i32.const 1
    i32.add)
  (export "add_one" (func $add_one_f)))

;;! $ wasmill validate legacy.wat
;;! Validation passed for `legacy.wat`.
;;! $ wasmill run legacy.wat -i add_one 41
;;! 42
;;! $ wasmill inspect legacy.wat
;;! Type: wat
;;! Size: 284 B
;;! Imports:
;;!   Functions:
;;!   Memories:
;;!   Tables:
;;!   Globals:
;;! Exports:
;;!   Functions:
;;!     "add_one": [I32] -> [I32]
;;!   Memories:
;;!   Tables:
;;!   Globals:
