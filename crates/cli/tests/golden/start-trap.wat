;; RUN: run %
(module
  (func $fails unreachable)
  (start $fails)
  (func (export "_start")))

;;! $ wasmill run start-trap.wat
;;! 2> error: failed to run `start-trap.wat`
;;! 2> │   1: module instantiation failed (engine: universal, compiler: cranelift)
;;! 2> ╰─> 2: RuntimeError: unreachable
;;! 2>            at fails (start-trap.wat[0]:0x27)
;;! exit 1
