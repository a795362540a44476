;; RUN: run --enable-threads %
;; RUN: run %
(module (memory 1 1 shared) (func (export "_start")))

;;! $ wasmill run --enable-threads threads.wat
;;! 2> error: failed to run `threads.wat`
;;! 2> ╰─> 1: Feature threads is not yet supported
;;! exit 1
;;! $ wasmill run threads.wat
;;! 2> error: failed to run `threads.wat`
;;! 2> ╰─> 1: Validation error: threads must be enabled for shared memories (at offset 21)
;;! exit 1
