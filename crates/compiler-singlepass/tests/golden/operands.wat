;; Many operands: more than registers, deeper than the window, over a call.
(module
  (func $f (param i32) (result i32) (local.get 0))
  (func $more_than_registers (param i64 i64) (result i64)
    (i64.add (i64.mul (local.get 0) (local.get 1))
    (i64.add (i64.mul (local.get 0) (local.get 1))
    (i64.add (i64.mul (local.get 0) (local.get 1))
    (i64.add (i64.mul (local.get 0) (local.get 1))
    (i64.add (i64.mul (local.get 0) (local.get 1))
    (i64.add (i64.mul (local.get 0) (local.get 1))
    (i64.add (i64.mul (local.get 0) (local.get 1))
             (i64.mul (local.get 0) (local.get 1)))))))))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x60
;;     mov r8, rdx
;;     mov rax, rsi
;;     imul rax, r8
;;     mov rcx, rsi
;;     imul rcx, r8
;;     mov rdx, rsi
;;     imul rdx, r8
;;     mov rdi, rsi
;;     imul rdi, r8
;;     mov r9, rsi
;;     imul r9, r8
;;     mov r10, rsi
;;     imul r10, r8
;;     mov [rbp-0x18], rax
;;     mov rax, rsi
;;     imul rax, r8
;;     mov [rbp-0x20], rcx
;;     mov rcx, rsi
;;     imul rcx, r8
;;     add rax, rcx
;;     add r10, rax
;;     add r9, r10
;;     add rdi, r9
;;     add rdx, rdi
;;     add rdx, [rbp-0x20]
;;     add rdx, [rbp-0x18]
;;     mov rax, rdx
;;     leave
;;     ret
