;; Shifts and rotations with BMI2.
(module
  (func $constant (param i32) (result i32)
    (i32.shr_u (i32.shl (local.get 0) (i32.const 3)) (i32.const 33)))
  (func $variable (param i32 i64) (result i64)
    (i64.or (i64.shl (local.get 1) (i64.extend_i32_u (local.get 0))) (i64.shr_s (local.get 1) (i64.const 7))))
  (func $rotate (param i32 i32) (result i32)
    (i32.xor (i32.rotl (local.get 0) (i32.const 5)) (i32.rotr (local.get 0) (local.get 1))))
  (func $count_in_the_way (param i32 i32) (result i32)
    (i32.shl (i32.add (local.get 0) (i32.const 1)) (i32.sub (local.get 1) (local.get 0)))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     shl eax, 3
;;     shr eax, 1
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     mov rsi, rdx
;;     mov eax, [rbp-8]
;;     shlx rax, rsi, rax
;;     mov rcx, rsi
;;     sar rcx, 7
;;     or rax, rcx
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-0x10], edx
;;     rorx eax, esi, 0x1b
;;     mov ecx, [rbp-0x10]
;;     mov edx, esi
;;     ror edx, cl
;;     xor eax, edx
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-0x10], edx
;;     lea eax, [rsi+1]
;;     mov ecx, [rbp-0x10]
;;     sub ecx, esi
;;     shlx eax, eax, ecx
;;     leave
;;     ret
