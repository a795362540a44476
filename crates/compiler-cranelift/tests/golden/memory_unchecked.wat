;;! emit = asm
;; Accesses that cannot leave the reservation are single instructions, with the offset in them. The base is loaded once,
;; and not again in the loop.
(module
  (memory 1)
  (func (param i32 i32) (result i32)
    (i32.store offset=8 (local.get 0) (local.get 1))
    (i32.load16_s offset=0xffff (local.get 0)))
  (func $sum (param $from i32) (param $count i32) (result i64)
    (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=16 (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum)))
;; ---
;; function 0
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq 0x20(%rdi), %r8
;;     movl %esi, %edi
;;     movl %edx, 8(%r8, %rdi)
;;     movswq 0xffff(%r8, %rdi), %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     uninit  %rax
;;     xorq %rax, %rax
;;     movq 0x20(%rdi), %rcx
;;     jmp     label1
;;   block1:
;;     movl %esi, %edi
;;     movq 0x10(%rcx, %rdi), %rdi
;;     subl $0x1, %edx
;;     leaq (%rax, %rdi), %rax
;;     leal 8(%rsi), %esi
;;     testl %edx, %edx
;;     jnz     label2; j label3
;;   block2:
;;     jmp     label1
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
