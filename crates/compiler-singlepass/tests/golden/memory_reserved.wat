;;! memory = reserved
;; A reservation smaller than 4 GiB: one comparison with a constant.
(module
  (memory 1 16)
  (func $load (param i32) (result i32) (i32.load (local.get 0)))
  (func $offset (param i32) (result i64) (i64.load32_s offset=4096 (local.get 0)))
  (func $address (param i32 i32) (result i32)
    (i32.load8_u offset=16 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
  (func $constant_address (result f64) (f64.load offset=8 (i32.const 64)))
  (func $far_constant_address (result i32) (i32.load offset=8 (i32.const 0x20000)))
  (func $far_offset (param i32) (result i32) (i32.load offset=0xffff0000 (local.get 0)))
  (func $store (param i32 i64) (i64.store offset=8 (local.get 0) (local.get 1)))
  (func $store_narrow (param i32 i32) (i32.store8 (local.get 0) (local.get 1)) (i32.store16 (local.get 0) (i32.const 7)))
  (func $store_constant (param i32) (i64.store (local.get 0) (i64.const -1)))
  (func $copy (param i32 i32) (f32.store (local.get 0) (f32.load (local.get 1))))
  (func $update (param i32) (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1))))
  (func $size (result i32) (memory.size))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     cmp rax, 0x10fffc
;;     lea rcx, [r15+rax]
;;     cmova rcx, [k0]
;;     mov ecx, [rcx]   ; HeapAccessOutOfBounds
;;     mov eax, ecx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     cmp rax, 0x10effc
;;     lea rcx, [r15+rax+0x1000]
;;     cmova rcx, [k0]
;;     movsxd rcx, [rcx]   ; HeapAccessOutOfBounds
;;     mov rax, rcx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     shl eax, 2
;;     add eax, [rbp-8]
;;     cmp rax, 0x10ffef
;;     lea rcx, [r15+rax+0x10]
;;     cmova rcx, [k0]
;;     movzx ecx, byte ptr [rcx]   ; HeapAccessOutOfBounds
;;     mov eax, ecx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovsd xmm0, [r15+0x48]   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov eax, 0x20000
;;     cmp rax, 0x10fff4
;;     lea rcx, [r15+rax+8]
;;     cmova rcx, [k0]
;;     mov ecx, [rcx]   ; HeapAccessOutOfBounds
;;     mov eax, ecx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov r11, [r14+0x28]
;;     mov r11, [r11+8]
;;     mov ecx, 0xffff0004
;;     add rcx, rax
;;     cmp rcx, r11
;;     mov ecx, 0xffff0000
;;     lea rcx, [rcx+r15]
;;     lea rcx, [rcx+rax]
;;     cmova rcx, [k0]
;;     mov ecx, [rcx]   ; HeapAccessOutOfBounds
;;     mov eax, ecx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], rdx
;;     mov rax, [rbp-0x10]
;;     mov ecx, [rbp-8]
;;     cmp rcx, 0x10fff0
;;     lea rdx, [r15+rcx+8]
;;     cmova rdx, [k0]
;;     mov [rdx], rax   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     cmp rsi, 0x10ffff
;;     lea rcx, [r15+rsi]
;;     cmova rcx, [k0]
;;     mov [rcx], al   ; HeapAccessOutOfBounds
;;     cmp rsi, 0x10fffe
;;     lea rax, [r15+rsi]
;;     cmova rax, [k0]
;;     mov word ptr [rax], 7   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     cmp rax, 0x10fff8
;;     lea rcx, [r15+rax]
;;     cmova rcx, [k0]
;;     mov qword ptr [rcx], 0xffffffffffffffff   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     cmp rax, 0x10fffc
;;     lea rcx, [r15+rax]
;;     cmova rcx, [k0]
;;     vmovss xmm0, [rcx]   ; HeapAccessOutOfBounds
;;     mov eax, [rbp-8]
;;     cmp rax, 0x10fffc
;;     lea rcx, [r15+rax]
;;     cmova rcx, [k0]
;;     vmovss [rcx], xmm0   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     cmp rsi, 0x10fffc
;;     lea rax, [r15+rsi]
;;     cmova rax, [k0]
;;     mov eax, [rax]   ; HeapAccessOutOfBounds
;;     add eax, 1
;;     cmp rsi, 0x10fffc
;;     lea rcx, [r15+rsi]
;;     cmova rcx, [k0]
;;     mov [rcx], eax   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov rax, [r14+0x28]
;;     mov rax, [rax+8]
;;     shr rax, 0x10
;;     leave
;;     ret
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     xor esi, esi
;;     mov edx, [rbp-8]
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax]
;;     mov eax, eax
;;     leave
;;     ret
