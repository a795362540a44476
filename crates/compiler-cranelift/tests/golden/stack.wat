;;! emit = asm
;; No check of the stack in the prologue; the frame pointer is kept.
(module
  (func $f (export "f") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 2))))))
;; ---
;; function 0
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x20, %rsp
;;     movq %rbx, (%rsp)
;;     movq %r12, 8(%rsp)
;;     movq %r13, 0x10(%rsp)
;;   block0:
;;     movq %rdi, %r12
;;     movq %rsi, %r13
;;     cmpl $0x2, %esi
;;     jb      label3; j label1
;;   block1:
;;     jmp     label2
;;   block2:
;;     movq %r13, %rsi
;;     subl $0x1, %esi
;;     movq %r12, %rdi
;;     call    User(userextname0)
;;     movq %rax, %rbx
;;     movq %r13, %rsi
;;     subl $0x2, %esi
;;     movq %r12, %rdi
;;     call    User(userextname0)
;;     movq %rbx, %rcx
;;     leal (%rcx, %rax), %eax
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     movq 0x10(%rsp), %r13
;;     addq $0x20, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block3:
;;     movq %r13, %rax
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     movq 0x10(%rsp), %r13
;;     addq $0x20, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
