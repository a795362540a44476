;; Locals: pinned to registers that calls preserve or destroy, or in the frame.
(module
  (func $leaf (param i32 i32) (result i32) (local i32 i32)
    (loop
      (local.set 2 (i32.add (local.get 2) (local.get 0)))
      (local.set 3 (i32.xor (local.get 3) (local.get 2)))
      (br_if 0 (i32.lt_u (local.get 2) (local.get 1))))
    (local.get 3))
  (func $calls (param i32 i32) (result i32)
    (drop (call $calls (local.get 0) (local.get 1)))
    (drop (call $calls (local.get 1) (local.get 0)))
    (i32.add (i32.add (local.get 0) (local.get 1)) (i32.mul (local.get 0) (local.get 1))))
  (func $once (param i32 i64) (result i64) (local.get 1))
  (func $changed_while_used (param i32) (result i32)
    (i32.add (local.get 0) (local.tee 0 (i32.const 5))))
  (func $swap (param i32 i32) (result i32)
    (local.get 0) (local.get 1) (local.set 0) (local.set 1)
    (i32.sub (local.get 0) (local.get 1)))
  (func $many (param i32) (result i32) (local i64 i64 i64 i64 i64 i64 f64 f64 v128)
    (local.set 1 (i64.const 1)) (local.set 9 (v128.const i64x2 1 2)) (local.set 7 (f64.const 0))
    (local.get 0)))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov r9d, esi
;;     mov r10d, edx
;;     xor esi, esi
;;     xor r8d, r8d
;;   L1:
;;     add esi, r9d
;;     xor r8d, esi
;;     cmp esi, r10d
;;     jb L1
;;     mov eax, r8d
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], rbx
;;     mov [rbp-0x10], r12
;;     mov ebx, esi
;;     mov r12d, edx
;;     mov esi, ebx
;;     mov edx, r12d
;;     call local function 1
;;     mov esi, r12d
;;     mov edx, ebx
;;     call local function 1
;;     lea eax, [rbx+r12]
;;     mov ecx, ebx
;;     imul ecx, r12d
;;     add eax, ecx
;;     mov rbx, [rbp-8]
;;     mov r12, [rbp-0x10]
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], rdx
;;     mov rax, [rbp-0x10]
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov eax, esi
;;     mov esi, 5
;;     add eax, esi
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov r8d, edx
;;     mov eax, esi
;;     mov esi, r8d
;;     mov r8d, eax
;;     mov eax, esi
;;     sub eax, r8d
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x70
;;     mov [rbp-8], esi
;;     vxorps xmm15, xmm15, xmm15
;;     vmovups [rbp-0x58], xmm15
;;     vmovups [rbp-0x48], xmm15
;;     vmovups [rbp-0x38], xmm15
;;     vmovups [rbp-0x28], xmm15
;;     vmovups [rbp-0x18], xmm15
;;     mov qword ptr [rbp-0x10], 1
;;     vmovups xmm0, [k0]
;;     vmovups [rbp-0x58], xmm0
;;     vxorps xmm15, xmm15, xmm15
;;     vmovsd [rbp-0x40], xmm15
;;     mov eax, [rbp-8]
;;     leave
;;     ret
;;   k0: 0x0000000000000001
;;   k1: 0x0000000000000002
