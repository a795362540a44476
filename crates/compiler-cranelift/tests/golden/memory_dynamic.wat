;;! emit = asm
;;! memory = dynamic
;; Checked against the current size; the guard behind the memory takes care of small offsets.
(module
  (memory 1)
  (func (param i32) (result i64) (i64.load offset=4096 (local.get 0)))
  (func (param i32) (result i64) (i64.load offset=0x10000 (local.get 0)))
  (func (param i32 f64) (f64.store (local.get 0) (local.get 1)) (f64.store offset=8 (local.get 0) (local.get 1))))
;; ---
;; function 0
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq 0x28(%rdi), %r11
;;     movq 8(%r11), %r11
;;     movl %esi, %ecx
;;     uninit  %rax
;;     xorq %rax, %rax
;;     movq 0x20(%rdi), %rdx
;;     leaq 0x1000(%rdx, %rcx), %r10
;;     cmpq %r11, %rcx
;;     cmovaq %rax, %r10
;;     movq (%r10), %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq 0x28(%rdi), %rax
;;     movq 8(%rax), %rax
;;     movl %esi, %edx
;;     leaq 0x10008(%rdx), %rsi
;;     uninit  %rcx
;;     xorq %rcx, %rcx
;;     movq 0x20(%rdi), %rdi
;;     leaq 0x10000(%rdi, %rdx), %r11
;;     cmpq %rax, %rsi
;;     cmovaq %rcx, %r11
;;     movq (%r11), %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq 0x28(%rdi), %rax
;;     movq 8(%rax), %rax
;;     movl %esi, %edx
;;     uninit  %rcx
;;     xorq %rcx, %rcx
;;     movq 0x20(%rdi), %rsi
;;     leaq (%rsi, %rdx), %rdi
;;     cmpq %rax, %rdx
;;     cmovaq %rcx, %rdi
;;     vmovsd %xmm0, (%rdi)
;;     leaq 8(%rsi, %rdx), %rsi
;;     cmpq %rax, %rdx
;;     cmovaq %rcx, %rsi
;;     vmovsd %xmm0, (%rsi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
