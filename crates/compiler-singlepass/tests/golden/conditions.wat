;; Comparisons end in flags where a branch, an `if` or a `select` asks for them.
(module
  (memory 1)
  (func $value (param i32 i32) (result i32) (i32.lt_s (local.get 0) (local.get 1)))
  (func $branch (param i64) (block (br_if 0 (i64.gt_u (local.get 0) (i64.const 5))) (unreachable)))
  (func $if (param i32 i32) (result i32)
    (if (result i32) (i32.ge_s (local.get 0) (local.get 1)) (then (local.get 0)) (else (local.get 1))))
  (func $eqz (param i32) (result i32)
    (if (result i32) (i32.eqz (i32.eqz (local.get 0))) (then (i32.const 1)) (else (i32.const 2))))
  (func $bits (param i32) (block (br_if 0 (i32.and (local.get 0) (i32.const 4))) (unreachable)))
  (func $no_bits (param i32) (block (br_if 0 (i32.eqz (i32.and (local.get 0) (i32.const 4)))) (unreachable)))
  (func $select (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.lt_u (local.get 0) (local.get 1))))
  (func $select_constants (param i64) (result i32)
    (select (i32.const 3) (i32.const 4) (i64.eqz (local.get 0))))
  (func $select_floats (param f64 f64 i32) (result f64)
    (select (local.get 0) (local.get 1) (local.get 2)))
  (func $memory (param i32) (block (br_if 0 (i32.eq (i32.load (local.get 0)) (i32.const 9))) (unreachable)))
  (func $swapped (param i32) (block (br_if 0 (i32.lt_s (i32.const 9) (local.get 0))) (unreachable)))
  (func $floats (param f64 f64) (block (br_if 0 (f64.lt (local.get 0) (local.get 1))) (unreachable)))
  (func $equal (param f32 f32) (block (br_if 0 (f32.eq (local.get 0) (local.get 1))) (unreachable)))
  (func $not_less (param f64 f64) (result i32) (i32.eqz (f64.lt (local.get 0) (local.get 1)))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-8]
;;     cmp eax, [rbp-0x10]
;;     setl al
;;     movzx eax, al
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     cmp qword ptr [rbp-8], 5
;;     ja L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov r8d, edx
;;     cmp esi, r8d
;;     jl L1
;;     mov eax, esi
;;     jmp L2
;;   L1:
;;     mov eax, r8d
;;   L2:
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     cmp dword ptr [rbp-8], 0
;;     je L1
;;     mov eax, 1
;;     jmp L2
;;   L1:
;;     mov eax, 2
;;   L2:
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     test dword ptr [rbp-8], 4
;;     jne L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     test dword ptr [rbp-8], 4
;;     je L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov r8d, edx
;;     mov eax, r8d
;;     cmp esi, r8d
;;     cmovb eax, esi
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     mov eax, 3
;;     mov ecx, 4
;;     cmp qword ptr [rbp-8], 0
;;     cmove ecx, eax
;;     mov eax, ecx
;;     leave
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovsd [rbp-8], xmm0
;;     vmovsd [rbp-0x10], xmm1
;;     mov [rbp-0x18], esi
;;     vmovsd xmm0, [rbp-8]
;;     vmovsd xmm1, [rbp-0x10]
;;     cmp dword ptr [rbp-0x18], 0
;;     je L1
;;     vmovaps xmm1, xmm0
;;   L1:
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov eax, [r15+rax]   ; HeapAccessOutOfBounds
;;     cmp eax, 9
;;     je L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     cmp dword ptr [rbp-8], 9
;;     jg L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovsd [rbp-8], xmm0
;;     vmovsd [rbp-0x10], xmm1
;;     vmovsd xmm0, [rbp-0x10]
;;     vucomisd xmm0, [rbp-8]
;;     ja L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovss [rbp-8], xmm0
;;     vmovss [rbp-0x10], xmm1
;;     vmovss xmm0, [rbp-8]
;;     vucomiss xmm0, [rbp-0x10]
;;     jp L1
;;     je L2
;;   L1:
;;     hlt   ; UnreachableCodeReached
;;   L2:
;;     leave
;;     ret
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovsd [rbp-8], xmm0
;;     vmovsd [rbp-0x10], xmm1
;;     vmovsd xmm0, [rbp-0x10]
;;     vucomisd xmm0, [rbp-8]
;;     setbe al
;;     movzx eax, al
;;     leave
;;     ret
