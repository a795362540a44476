;; RUN: explore % --emit ops
;; RUN: explore % --emit=ops --function 1 --offsets
;; RUN: explore % --emit=ops -f 7
;; RUN: explore % --emit=clif -f 0
;; RUN: explore % --emit=bytes
;; RUN: explore % --singlepass
;; RUN: explore % --singlepass --emit=clif
(module
  (import "env" "f" (func))
  (func $twice (export "twice") (param i32) (result i32)
    (i32.add (local.get 0) (local.get 0)))
  (func (export "none")))

;;! $ wasmill explore explore.wat --emit ops
;;! function 1 "twice" [I32] -> [I32]
;;!   v0 = local.get 0
;;!   v1 = local.get 0
;;!   v2 = binary IAdd I32 v0 v1
;;! end @0 fallthrough(v2)
;;! function 2 [] -> []
;;! end @0 fallthrough()
;;! $ wasmill explore explore.wat --emit=ops --function 1 --offsets
;;! function 1 "twice" [I32] -> [I32]
;;! 0x00003a   v0 = local.get 0
;;! 0x00003c   v1 = local.get 0
;;! 0x00003e   v2 = binary IAdd I32 v0 v1
;;! 0x00003f end @0 fallthrough(v2)
;;! $ wasmill explore explore.wat --emit=ops -f 7
;;! 2> error: failed to explore `explore.wat`
;;! 2> ╰─> 1: the module defines no function 7
;;! exit 1
;;! $ wasmill explore explore.wat --emit=clif -f 0
;;! 2> error: failed to explore `explore.wat`
;;! 2> ╰─> 1: the module defines no function 0
;;! exit 1
;;! $ wasmill explore explore.wat --emit=bytes
;;! 2> error: invalid value 'bytes' for '--emit <FORM>'
;;! 2>   [possible values: ops, clif, optimized-clif, llvm-ir, optimized-llvm-ir, asm]
;;! 2>
;;! 2> For more information, try '--help'.
;;! exit 1
;;! $ wasmill explore explore.wat --singlepass
;;! ;; function 1 "twice"
;;!   push rbp
;;!   mov rbp, rsp
;;!   push r14
;;!   push r15
;;!   mov r14, rdi
;;!   mov esi, esi
;;!   call .+11
;;!   pop r15
;;!   pop r14
;;!   pop rbp
;;!   ret
;;!   push rbp
;;!   mov rbp, rsp
;;!   sub rsp, 0x20
;;!   lea eax, [rsi+rsi]
;;!   leave
;;!   ret
;;!
;;! ;; function 2
;;!   push rbp
;;!   mov rbp, rsp
;;!   push r14
;;!   push r15
;;!   mov r14, rdi
;;!   call .+11
;;!   pop r15
;;!   pop r14
;;!   pop rbp
;;!   ret
;;!   push rbp
;;!   mov rbp, rsp
;;!   sub rsp, 0
;;!   leave
;;!   ret
;;!
;;! $ wasmill explore explore.wat --singlepass --emit=clif
;;! 2> error: failed to explore `explore.wat`
;;! 2> ╰─> 1: Singlepass has no IR: it can show `ops` and `asm`
;;! exit 1
