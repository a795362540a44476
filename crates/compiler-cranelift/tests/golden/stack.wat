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
;;     subq $0x30, %rsp
;;     movq %rbx, (%rsp)
;;     movq %r12, 8(%rsp)
;;     movq %r13, 0x10(%rsp)
;;     movq %r14, 0x18(%rsp)
;;     movq %r15, 0x20(%rsp)
;;   block0:
;;     movq %rsi, %rbx
;;     movq %rdi, %r14
;;     cmpl $0x2, %esi
;;     jb      label27; j label1
;;   block1:
;;     jmp     label2
;;   block2:
;;     movq %rbx, %rsi
;;     movq %rsi, %rax
;;     subl $0x1, %eax
;;     cmpl $0x2, %eax
;;     jb      label13; j label3
;;   block3:
;;     jmp     label4
;;   block4:
;;     movq %rbx, %rsi
;;     movq %rsi, %r12
;;     subl $0x2, %r12d
;;     cmpl $0x2, %r12d
;;     jb      label7; j label5
;;   block5:
;;     jmp     label6
;;   block6:
;;     movq %rbx, %rsi
;;     subl $0x3, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %rbx, %r13
;;     movq %rax, %rbx
;;     movq %r13, %rsi
;;     subl $0x4, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %rbx, %rdx
;;     leal (%rdx, %rax), %r12d
;;     jmp     label8
;;   block7:
;;     movq %rbx, %r13
;;     jmp     label8
;;   block8:
;;     movq %r13, %rcx
;;     subl $0x3, %ecx
;;     cmpl $0x2, %ecx
;;     jb      label11; j label9
;;   block9:
;;     jmp     label10
;;   block10:
;;     movq %r13, %rsi
;;     subl $0x4, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %rax, %rbx
;;     movq %r13, %rsi
;;     subl $0x5, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %rbx, %rcx
;;     leal (%rcx, %rax), %ecx
;;     jmp     label12
;;   block11:
;;     jmp     label12
;;   block12:
;;     leal (%r12, %rcx), %ebx
;;     jmp     label14
;;   block13:
;;     movq %rbx, %r13
;;     subl $0x1, %ebx
;;     jmp     label14
;;   block14:
;;     movq %r13, %rcx
;;     subl $0x2, %ecx
;;     cmpl $0x2, %ecx
;;     jb      label25; j label15
;;   block15:
;;     jmp     label16
;;   block16:
;;     movq %r13, %r12
;;     subl $0x3, %r12d
;;     cmpl $0x2, %r12d
;;     jb      label19; j label17
;;   block17:
;;     jmp     label18
;;   block18:
;;     movq %r13, %rsi
;;     subl $0x4, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %rax, %r12
;;     movq %r13, %rsi
;;     subl $0x5, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %r12, %rcx
;;     leal (%rcx, %rax), %r12d
;;     jmp     label20
;;   block19:
;;     jmp     label20
;;   block20:
;;     movq %r13, %rcx
;;     subl $0x4, %ecx
;;     cmpl $0x2, %ecx
;;     jb      label23; j label21
;;   block21:
;;     jmp     label22
;;   block22:
;;     movq %r13, %rsi
;;     subl $0x5, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %rax, %r15
;;     movq %r13, %rsi
;;     subl $0x6, %esi
;;     movq %r14, %rdi
;;     call    User(userextname0)
;;     movq %r15, %rcx
;;     leal (%rcx, %rax), %ecx
;;     jmp     label24
;;   block23:
;;     jmp     label24
;;   block24:
;;     leal (%r12, %rcx), %ecx
;;     jmp     label26
;;   block25:
;;     jmp     label26
;;   block26:
;;     leal (%rbx, %rcx), %eax
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     movq 0x10(%rsp), %r13
;;     movq 0x18(%rsp), %r14
;;     movq 0x20(%rsp), %r15
;;     addq $0x30, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block27:
;;     movq %rbx, %rax
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     movq 0x10(%rsp), %r13
;;     movq 0x18(%rsp), %r14
;;     movq 0x20(%rsp), %r15
;;     addq $0x30, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
