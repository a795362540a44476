;; RUN: run % --env A
;; RUN: run % --mapdir /data
;; RUN: run % --mapdir /data:no/such/folder
;; RUN: run % --unknown
;; RUN: run % --dir no/such/folder
;; RUN: run % --singlepass --cranelift
;; RUN: run % --singlepass
;; RUN: run
;; RUN: --version
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 0))))

;;! $ wasmill run usage.wat --env A
;;! 2> error: invalid value 'A' for '--env <NAME=VALUE>': Environment variable must be of the form `<name>=<value>`; found `A`
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
;;! $ wasmill run usage.wat --mapdir /data
;;! 2> error: invalid value '/data' for '--mapdir <GUEST:HOST>': Directory mappings must be of the form `<guest>:<host>` or `<guest>::<host>`; found `/data`
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
;;! $ wasmill run usage.wat --mapdir /data:no/such/folder
;;! 2> error: failed to run `usage.wat`
;;! 2> │   1: cannot open the folder `no/such/folder` as `/data`
;;! 2> ╰─> 2: preopened directory not found: `no/such/folder`
;;! exit 1
;;! $ wasmill run usage.wat --unknown
;;! 2> error: unexpected argument '--unknown' found
;;! 2>
;;! 2>   tip: to pass '--unknown' as a value, use '-- --unknown'
;;! 2>
;;! 2> Usage: wasmill run <FILE> [ARGS]...
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
;;! $ wasmill run usage.wat --dir no/such/folder
;;! 2> error: failed to run `usage.wat`
;;! 2> │   1: cannot open the folder `no/such/folder`
;;! 2> ╰─> 2: preopened directory not found: `no/such/folder`
;;! exit 1
;;! $ wasmill run usage.wat --singlepass --cranelift
;;! 2> error: the argument '--singlepass' cannot be used with '--cranelift'
;;! 2>
;;! 2> Usage: wasmill run --singlepass <FILE> [ARGS]...
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
;;! $ wasmill run usage.wat --singlepass
;;! $ wasmill run
;;! 2> error: the following required arguments were not provided:
;;! 2>   <FILE>
;;! 2>
;;! 2> Usage: wasmill run <FILE> [ARGS]...
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
;;! $ wasmill --version
;;! wasmill 0.1.0
