;; RUN: run %
;; RUN: run --native %
;; RUN: run --dylib --singlepass %
;; RUN: run --native --universal %
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
;;! $ wasmill run --native start-trap.wat
;;! 2> error: failed to run `start-trap.wat`
;;! 2> │   1: module instantiation failed (engine: native, compiler: cranelift)
;;! 2> ╰─> 2: RuntimeError: unreachable
;;! 2>            at fails (start-trap.wat[0]:0x27)
;;! exit 1
;;! $ wasmill run --dylib --singlepass start-trap.wat
;;! 2> error: failed to run `start-trap.wat`
;;! 2> │   1: module instantiation failed (engine: native, compiler: singlepass)
;;! 2> ╰─> 2: RuntimeError: unreachable
;;! 2>            at fails (start-trap.wat[0]:0x27)
;;! exit 1
;;! $ wasmill run --native --universal start-trap.wat
;;! 2> error: the argument '--native' cannot be used with '--universal'
;;! 2>
;;! 2> Usage: wasmill run --native <FILE> [ARGS]...
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
