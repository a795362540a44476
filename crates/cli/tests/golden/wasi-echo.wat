;; RUN: run % one two -- --three
;; RUN: run --command-name tool %
;; RUN: run % --env A=1 --env B=x=y -i environment
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; Count and size of the strings come to 0 and 4, pointers to 64, strings to 1024; each NUL becomes a line end.
  (func (export "_start")
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 64) (i32.const 1024)))
    (call $print))
  (func (export "environment")
    (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
    (drop (call $environ (i32.const 64) (i32.const 1024)))
    (call $print))
  (func $print (local $at i32)
    (loop $next
      (if (i32.eqz (i32.load8_u offset=1024 (local.get $at)))
        (then (i32.store8 offset=1024 (local.get $at) (i32.const 10))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.load (i32.const 4)))))
    (i32.store (i32.const 16) (i32.const 1024))
    (i32.store (i32.const 20) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))

;;! $ wasmill run wasi-echo.wat one two -- --three
;;! wasi-echo.wat
;;! one
;;! two
;;! --three
;;! $ wasmill run --command-name tool wasi-echo.wat
;;! tool
;;! $ wasmill run wasi-echo.wat --env A=1 --env B=x=y -i environment
;;! A=1
;;! B=x=y
