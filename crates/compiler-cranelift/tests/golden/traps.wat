;;! emit = asm
;; Instructions that fault by themselves carry the code; the others jump to one, out of the way.
(module
  (func (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
  (func (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (param i32) (result i32)
    (if (local.get 0) (then unreachable))
    (i32.add (local.get 0) (i32.const 1))))
;; ---
;; function 0
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rsi, %rax
;;     movq %rdx, %r11
;;     cltd  ;; implicit: %edx, %eax
;;     testl %r11d, %r11d
;;     jz #trap=int_divz
;;     idivl %r11d ;; implicit: %eax, %edx, trap=252
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdx, %r10
;;     uninit  %rdx
;;     xorq %rdx, %rdx
;;     movq %rsi, %rax
;;     divq %r10 ;; implicit: %rax, %rdx, trap=254
;;     movq %rdx, %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     cvt_float64_to_sint32_seq %xmm0, %eax, %rsi, %xmm3
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %esi, %esi
;;     jnz #trap=user11
;;     jmp     label1
;;   block1:
;;     jmp     label2
;;   block2:
;;     leal 1(%rsi), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
