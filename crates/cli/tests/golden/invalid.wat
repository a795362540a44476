;; RUN: validate %
;; RUN: run %
;; RUN: inspect %
;; RUN: explore %
(module (func (result i32) (i64.const 1)))

;;! $ wasmill validate invalid.wat
;;! 2> error: failed to validate `invalid.wat`
;;! 2> ╰─> 1: Validation error: type mismatch: expected i32, found i64 (at offset 26)
;;! exit 1
;;! $ wasmill run invalid.wat
;;! 2> error: failed to run `invalid.wat`
;;! 2> ╰─> 1: Validation error: type mismatch: expected i32, found i64 (at offset 26)
;;! exit 1
;;! $ wasmill inspect invalid.wat
;;! 2> error: failed to inspect `invalid.wat`
;;! 2> ╰─> 1: Validation error: type mismatch: expected i32, found i64 (at offset 26)
;;! exit 1
;;! $ wasmill explore invalid.wat
;;! 2> error: failed to explore `invalid.wat`
;;! 2> ╰─> 1: Validation error: type mismatch: expected i32, found i64 (at offset 26)
;;! exit 1
