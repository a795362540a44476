;; Loads and stores without checks: the whole range of addresses is reserved.
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
;;     mov eax, [r15+rax]   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     movsxd rax, [r15+rax+0x1000]   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     shl eax, 2
;;     add eax, [rbp-8]
;;     movzx eax, byte ptr [r15+rax+0x10]   ; HeapAccessOutOfBounds
;;     leave
;;     ret
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
;;     mov eax, [r15+0x20008]   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov ecx, 0xffff0000
;;     lea rcx, [rcx+r15]
;;     lea rcx, [rcx+rax]
;;     mov ecx, [rcx]   ; HeapAccessOutOfBounds
;;     mov eax, ecx
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], rdx
;;     mov rax, [rbp-0x10]
;;     mov ecx, [rbp-8]
;;     mov [r15+rcx+8], rax   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     mov [r15+rsi], al   ; HeapAccessOutOfBounds
;;     mov word ptr [r15+rsi], 7   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov qword ptr [r15+rax], 0xffffffffffffffff   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     vmovss xmm0, [r15+rax]   ; HeapAccessOutOfBounds
;;     mov eax, [rbp-8]
;;     vmovss [r15+rax], xmm0   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov eax, [r15+rsi]   ; HeapAccessOutOfBounds
;;     add eax, 1
;;     mov [r15+rsi], eax   ; HeapAccessOutOfBounds
;;     leave
;;     ret
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
