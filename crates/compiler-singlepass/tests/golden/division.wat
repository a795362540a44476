;; Division: by what, decides what must be checked.
(module
  (func $signed (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $unsigned (param i64 i64) (result i64) (i64.div_u (local.get 0) (local.get 1)))
  (func $remainder_signed (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func $remainder_unsigned (param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1)))
  (func $by_ten (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func $by_eight (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 8)))
  (func $rest_of_sixteen (param i64) (result i64) (i64.rem_u (local.get 0) (i64.const 16)))
  (func $signed_by_ten (param i32) (result i32) (i32.rem_s (local.get 0) (i32.const 10)))
  (func $by_zero (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))
  (func $by_minus_one (param i32) (result i32) (i32.div_s (local.get 0) (i32.const -1))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-8]
;;     cmp dword ptr [rbp-0x10], 0xffffffff
;;     jne L1
;;     neg eax
;;     jo L3
;;     jmp L2
;;   L1:
;;     cdq
;;     idiv dword ptr [rbp-0x10]   ; IntegerDivisionByZero
;;   L2:
;;     leave
;;     ret
;;   L3:
;;     hlt   ; IntegerOverflow
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     mov [rbp-0x10], rdx
;;     mov rax, [rbp-8]
;;     xor edx, edx
;;     div qword ptr [rbp-0x10]   ; IntegerDivisionByZero
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     mov [rbp-0x10], rdx
;;     mov rax, [rbp-8]
;;     cmp qword ptr [rbp-0x10], 0xffffffffffffffff
;;     jne L1
;;     xor edx, edx
;;     jmp L2
;;   L1:
;;     cqo
;;     idiv qword ptr [rbp-0x10]   ; IntegerDivisionByZero
;;   L2:
;;     mov rax, rdx
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-8]
;;     xor edx, edx
;;     div dword ptr [rbp-0x10]   ; IntegerDivisionByZero
;;     mov eax, edx
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov ecx, 0xa
;;     xor edx, edx
;;     div ecx   ; IntegerDivisionByZero
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     shr eax, 3
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     mov rax, [rbp-8]
;;     and rax, 0xf
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov ecx, 0xa
;;     cdq
;;     idiv ecx   ; IntegerDivisionByZero
;;     mov eax, edx
;;     leave
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     xor ecx, ecx
;;     xor edx, edx
;;     div ecx   ; IntegerDivisionByZero
;;     leave
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov ecx, 0xffffffff
;;     cmp ecx, 0xffffffff
;;     jne L1
;;     neg eax
;;     jo L3
;;     jmp L2
;;   L1:
;;     cdq
;;     idiv ecx   ; IntegerDivisionByZero
;;   L2:
;;     leave
;;     ret
;;   L3:
;;     hlt   ; IntegerOverflow
