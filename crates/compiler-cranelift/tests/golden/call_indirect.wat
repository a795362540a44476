;;! emit = asm
;; A table of fixed size: constant length, invariant base. Then one that can grow.
(module
  (type $t (func (param i32) (result i32)))
  (table $fixed 10 10 funcref)
  (table $growing 10 funcref)
  (func (param i32) (result i32)
    (call_indirect $fixed (type $t) (i32.const 3) (local.get 0)))
  (func (param i32) (result i32)
    (call_indirect $growing (type $t) (i32.const 3) (local.get 0)))
  (func (result i32)
    (call_indirect $fixed (type $t) (i32.const 3) (i32.const 5))))
;; ---
;; function 0
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;   block0:
;;     uninit  %rax
;;     xorq %rax, %rax
;;     movq 0x20(%rdi), %rcx
;;     movl %esi, %edx
;;     leaq (%rcx, %rdx, 8), %rcx
;;     cmpl $0xa, %esi
;;     cmovaeq %rax, %rcx
;;     movq (%rcx), %rax
;;     cmpq $0x1, %rax
;;     jbe     label2; j label1
;;   block1:
;;     movq %rdi, %rbx
;;     jmp     label3
;;   block3:
;;     movl 0x10(%rax), %edx
;;     movq (%rax), %rcx
;;     movq 8(%rax), %rdi
;;     cmpl 0x40(%rbx), %edx
;;     jnz #trap=user7
;;     movl $0x3, %esi
;;     call    *%rcx
;;     movq (%rsp), %rbx
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movq 0x10(%rdi), %rax
;;     movq %rdi, %rbx
;;     movq 0x30(%rax), %rax
;;     uninit  %rsi
;;     xorl %esi, %esi
;;     call    *%rax
;;     testq %rax, %rax
;;     jz #trap=user6
;;     jmp     label3
;; function 1
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;   block0:
;;     movq 0x38(%rdi), %rax
;;     movq (%rax), %rcx
;;     movl 8(%rax), %r8d
;;     uninit  %rax
;;     xorq %rax, %rax
;;     movl %esi, %edx
;;     leaq (%rcx, %rdx, 8), %rcx
;;     cmpl %r8d, %esi
;;     cmovaeq %rax, %rcx
;;     movq (%rcx), %rax
;;     cmpq $0x1, %rax
;;     jbe     label2; j label1
;;   block1:
;;     movq %rdi, %rbx
;;     jmp     label3
;;   block3:
;;     movl 0x10(%rax), %edx
;;     movq (%rax), %rcx
;;     movq 8(%rax), %rdi
;;     cmpl 0x40(%rbx), %edx
;;     jnz #trap=user7
;;     movl $0x3, %esi
;;     call    *%rcx
;;     movq (%rsp), %rbx
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movq 0x10(%rdi), %rax
;;     movq %rdi, %rbx
;;     movq 0x30(%rax), %rax
;;     movl $0x1, %esi
;;     call    *%rax
;;     testq %rax, %rax
;;     jz #trap=user6
;;     jmp     label3
;; function 2
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;   block0:
;;     movq 0x20(%rdi), %rax
;;     movq 0x28(%rax), %rax
;;     cmpq $0x1, %rax
;;     jbe     label2; j label1
;;   block1:
;;     movq %rdi, %rbx
;;     jmp     label3
;;   block3:
;;     movl 0x10(%rax), %edx
;;     movq (%rax), %rcx
;;     movq 8(%rax), %rdi
;;     cmpl 0x40(%rbx), %edx
;;     jnz #trap=user7
;;     movl $0x3, %esi
;;     call    *%rcx
;;     movq (%rsp), %rbx
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movq 0x10(%rdi), %rax
;;     movq 0x30(%rax), %rax
;;     uninit  %rsi
;;     xorl %esi, %esi
;;     movl $0x5, %edx
;;     movq %rdi, %rbx
;;     call    *%rax
;;     testq %rax, %rax
;;     jz #trap=user6
;;     jmp     label3
