;;! cpu = sse41
;; Counting bits without the instructions for it.
(module
  (func $clz (param i32) (result i32) (i32.clz (local.get 0)))
  (func $ctz (param i64) (result i64) (i64.ctz (local.get 0)))
  (func $popcnt (param i64) (result i64) (i64.popcnt (local.get 0))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     bsr r11d, [rbp-8]
;;     mov eax, 0x3f
;;     cmovne eax, r11d
;;     xor eax, 0x1f
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], rsi
;;     bsf r11, [rbp-8]
;;     mov eax, 0x40
;;     cmovne rax, r11
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], rsi
;;     mov rax, [rbp-8]
;;     mov rcx, rax
;;     shr rcx, 1
;;     mov r11, 0x5555555555555555
;;     and rcx, r11
;;     sub rax, rcx
;;     mov r11, 0x3333333333333333
;;     mov rcx, rax
;;     shr rcx, 2
;;     and rax, r11
;;     and rcx, r11
;;     add rax, rcx
;;     mov rcx, rax
;;     shr rcx, 4
;;     add rax, rcx
;;     mov r11, 0xf0f0f0f0f0f0f0f
;;     and rax, r11
;;     mov r11, 0x101010101010101
;;     imul rax, r11
;;     shr rax, 0x38
;;     leave
;;     ret
