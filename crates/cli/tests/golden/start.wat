;; RUN: run %
;; RUN: run % -i twice
(module
  (global $count (mut i32) (i32.const 0))
  (func (export "_initialize")
    (global.set $count (i32.const 21)))
  (func (export "_start")
    (if (i32.ne (global.get $count) (i32.const 21)) (then unreachable)))
  (func (export "twice") (result i32)
    (i32.mul (global.get $count) (i32.const 2))))

;;! $ wasmill run start.wat
;;! $ wasmill run start.wat -i twice
;;! 42
