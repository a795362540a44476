;; RUN: run %
;; RUN: run % -i divide 1 0
;; RUN: run % -i divide 7 2
;; RUN: run % -i deep
(module
  (func $inner (param i32) (result i32)
    (i32.load (local.get 0)))
  (func $outer (export "_start")
    (drop (call $inner (i32.const 65533))))
  (func $divide (export "divide") (param i64 i64) (result i64)
    (i64.div_u (local.get 0) (local.get 1)))
  (func (export "deep") (result i32)
    (call $none (i32.const 0)) (i32.const 1))
  (type $t (func))
  (table 4 funcref)
  (func $none (param i32)
    (call_indirect (type $t) (local.get 0)))
  (memory 1))

;;! $ wasmill run trap.wat
;;! 2> error: failed to run `trap.wat`
;;! 2> ╰─> 1: RuntimeError: out of bounds memory access
;;! 2>            at inner (trap.wat[0]:0x57)
;;! 2>            at outer (trap.wat[1]:0x61)
;;! exit 1
;;! $ wasmill run trap.wat -i divide 1 0
;;! 2> error: failed to run `trap.wat`
;;! 2> ╰─> 1: RuntimeError: integer divide by zero
;;! 2>            at divide (trap.wat[2]:0x6b)
;;! exit 1
;;! $ wasmill run trap.wat -i divide 7 2
;;! 3
;;! $ wasmill run trap.wat -i deep
;;! 2> error: failed to run `trap.wat`
;;! 2> ╰─> 1: RuntimeError: uninitialized element
;;! 2>            at none (trap.wat[4]:0x7a)
;;! 2>            at <unnamed> (trap.wat[3]:0x71)
;;! exit 1
