;;! emit = asm
;;! memory = reserved
;; A reservation smaller than 4 GiB: one comparison with a constant, and a conditional move to null.
(module
  (memory 1 16)
  (func (param i32) (result i64) (i64.load offset=4096 (local.get 0)))
  (func (param i32) (i32.store8 offset=0xffff0000 (local.get 0) (i32.const 1))))
;; ---
;; function 0
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl %esi, %r10d
;;     uninit  %r9
;;     xorq %r9, %r9
;;     movq 0x20(%rdi), %r11
;;     leaq 0x1000(%r11, %r10), %r8
;;     cmpq $0x10eff8, %r10
;;     cmovaq %r9, %r8
;;     movq (%r8), %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq 0x28(%rdi), %rax
;;     movq 8(%rax), %rcx
;;     movl $0x1, %eax
;;     movl %esi, %r9d
;;     movl $0xffff0001, %edx
;;     leaq (%r9, %rdx), %rsi
;;     uninit  %rdx
;;     xorq %rdx, %rdx
;;     addq 0x20(%rdi), %r9
;;     movl $0xffff0000, %edi
;;     leaq (%r9, %rdi), %rdi
;;     cmpq %rcx, %rsi
;;     cmovaq %rdx, %rdi
;;     movb %al, (%rdi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
