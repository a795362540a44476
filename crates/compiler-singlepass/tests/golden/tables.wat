;; Tables and references.
(module
  (table $functions 2 funcref)
  (table $values 2 8 externref)
  (elem $e func $get)
  (func $get (param i32) (result funcref) (table.get $functions (local.get 0)))
  (func $get_value (param i32) (result externref) (table.get $values (local.get 0)))
  (func $set (param i32 funcref) (table.set $functions (local.get 0) (local.get 1)))
  (func $set_value (param i32 externref) (table.set $values (local.get 0) (local.get 1)))
  (func $size (result i32) (table.size $values))
  (func $grow (param i32) (result i32) (table.grow $functions (ref.null func) (local.get 0)))
  (func $reference (result funcref) (ref.func $get))
  (func $is_null (param externref) (result i32) (ref.is_null (local.get 0)))
  (func $init (table.init $functions $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e)))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     push r14
;;     push r15
;;     mov r14, rdi
;;     mov esi, esi
;;     call .+11
;;     pop r15
;;     pop r14
;;     pop rbp
;;     ret
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov rcx, [r14+0x28]
;;     cmp eax, [rcx+8]
;;     mov rcx, [rcx]
;;     lea rcx, [rcx+rax*8]
;;     cmovae rcx, [k0]
;;     mov rcx, [rcx]   ; TableAccessOutOfBounds
;;     cmp rcx, 1
;;     ja L1
;;     xor esi, esi
;;     mov edx, eax
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x30]
;;     mov rcx, rax
;;   L1:
;;     mov rax, rcx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov rcx, [r14+0x38]
;;     cmp eax, [rcx+8]
;;     mov rcx, [rcx]
;;     lea rcx, [rcx+rax*4]
;;     cmovae rcx, [k0]
;;     mov ecx, [rcx]   ; TableAccessOutOfBounds
;;     mov eax, ecx
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], rdx
;;     mov rax, [rbp-0x10]
;;     mov r11d, 1
;;     cmp rax, r11
;;     cmovb rax, r11
;;     mov ecx, [rbp-8]
;;     mov rdx, [r14+0x28]
;;     cmp ecx, [rdx+8]
;;     mov rdx, [rdx]
;;     lea rdx, [rdx+rcx*8]
;;     cmovae rdx, [k0]
;;     mov [rdx], rax   ; TableAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     mov ecx, [rbp-8]
;;     mov rdx, [r14+0x38]
;;     cmp ecx, [rdx+8]
;;     mov rdx, [rdx]
;;     lea rdx, [rdx+rcx*4]
;;     cmovae rdx, [k0]
;;     mov [rdx], eax   ; TableAccessOutOfBounds
;;     leave
;;     ret
;;   k0: 0x0000000000000000
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov rax, [r14+0x38]
;;     mov eax, [rax+8]
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     xor esi, esi
;;     xor ecx, ecx
;;     mov edx, [rbp-8]
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x38]
;;     mov eax, eax
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     xor esi, esi
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x28]
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     cmp dword ptr [rbp-8], 0
;;     sete al
;;     movzx eax, al
;;     leave
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     xor esi, esi
;;     mov r9d, 1
;;     xor r8d, r8d
;;     xor ecx, ecx
;;     xor edx, edx
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x60]
;;     xor esi, esi
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x68]
;;     leave
;;     ret
