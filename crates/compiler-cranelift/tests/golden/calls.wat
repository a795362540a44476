;;! emit = asm
;; Direct, imported, with several results. `$big` is too big to be inlined.
(module
  (import "" "f" (func $f (param i32) (result i32)))
  (memory 1)
  (func $pair (param i32) (result i32 f64)
    (call $big) (local.get 0) (f64.const 1))
  (func $big
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 0))
    (i32.store (i32.const 8) (i32.const 0)) (i32.store (i32.const 12) (i32.const 0))
    (i32.store (i32.const 16) (i32.const 0)) (i32.store (i32.const 20) (i32.const 0))
    (i32.store (i32.const 24) (i32.const 0)) (i32.store (i32.const 28) (i32.const 0)))
  (func (result i32) (call $f (call $f (i32.const 7))))
  (func (param i64 f32 i32) (result f64) (local f64)
    (call $big)
    (local.set 3 (call $pair (local.get 2)))
    (call $f) (drop)
    (local.get 3)))
;; ---
;; function 1
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %r12, (%rsp)
;;     movq %r13, 8(%rsp)
;;   block0:
;;     movq %rsi, %r12
;;     movq %rdx, %r13
;;     call    User(userextname0)
;;     movq %r13, %rdx
;;     movq %r12, %rsi
;;     movl %edx, (%rsi)
;;     movabsq $0x3ff0000000000000, %rdi
;;     vmovq %rdi, %xmm0
;;     vmovsd %xmm0, 0x10(%rsi)
;;     movq (%rsp), %r12
;;     movq 8(%rsp), %r13
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq 0x20(%rdi), %rdx
;;     movl $0x0, (%rdx)
;;     movl $0x0, 4(%rdx)
;;     movl $0x0, 8(%rdx)
;;     movl $0x0, 0xc(%rdx)
;;     movl $0x0, 0x10(%rdx)
;;     movl $0x0, 0x14(%rdx)
;;     movl $0x0, 0x18(%rdx)
;;     movl $0x0, 0x1c(%rdx)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %r12, (%rsp)
;;   block0:
;;     movq 0x30(%rdi), %r8
;;     movq %rdi, %rax
;;     movq 0x38(%rax), %rdi
;;     movq %rax, %r12
;;     movl $0x7, %esi
;;     call    *%r8
;;     movq %r12, %rdi
;;     movq 0x30(%rdi), %r8
;;     movq 0x38(%rdi), %rdi
;;     movq %rax, %rsi
;;     call    *%r8
;;     movq (%rsp), %r12
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %r12, (%rsp)
;;     movq %r13, 8(%rsp)
;;   block0:
;;     movq %rdi, %r12
;;     movq %rdx, %r13
;;     call    User(userextname0)
;;     movq %r12, %rdi
;;     call    User(userextname0)
;;     movq 0x30(%r12), %r9
;;     movq 0x38(%r12), %rdi
;;     movq %r13, %rsi
;;     call    *%r9
;;     movabsq $0x3ff0000000000000, %r8
;;     vmovq %r8, %xmm0
;;     movq (%rsp), %r12
;;     movq 8(%rsp), %r13
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
