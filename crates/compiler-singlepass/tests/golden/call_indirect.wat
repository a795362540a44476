;; Calls through tables: bounds, null and type are checked in that order.
(module
  (type $t (func (param i32) (result i32)))
  (table $grows 2 funcref)
  (table $fixed 4 4 funcref)
  (elem (table $fixed) (i32.const 0) func $f)
  (func $f (type $t) (local.get 0))
  (func $any (param i32 i32) (result i32) (call_indirect $grows (type $t) (local.get 0) (local.get 1)))
  (func $fixed (param i32 i32) (result i32) (call_indirect $fixed (type $t) (local.get 0) (local.get 1)))
  (func $constant (param i32) (result i32) (call_indirect $fixed (type $t) (local.get 0) (i32.const 1))))
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
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
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
;;     test rcx, rcx
;;     je L2
;;   L1:
;;     mov r11d, [r14+0x40]
;;     cmp r11d, [rcx+0x10]
;;     jne L3
;;     mov rax, rcx
;;     mov esi, [rbp-8]
;;     mov rdi, [rax+8]
;;     call qword ptr [rax]
;;     mov eax, eax
;;     leave
;;     ret
;;   L2:
;;     hlt   ; IndirectCallToNull
;;   L3:
;;     hlt   ; BadSignature
;;   k0: 0x0000000000000000
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-0x10]
;;     mov rcx, [r14+0x30]
;;     cmp eax, 4
;;     lea rcx, [rcx+rax*8]
;;     cmovae rcx, [k0]
;;     mov rcx, [rcx]   ; TableAccessOutOfBounds
;;     cmp rcx, 1
;;     ja L1
;;     mov esi, 1
;;     mov edx, eax
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x30]
;;     mov rcx, rax
;;     test rcx, rcx
;;     je L2
;;   L1:
;;     mov r11d, [r14+0x40]
;;     cmp r11d, [rcx+0x10]
;;     jne L3
;;     mov rax, rcx
;;     mov esi, [rbp-8]
;;     mov rdi, [rax+8]
;;     call qword ptr [rax]
;;     mov eax, eax
;;     leave
;;     ret
;;   L2:
;;     hlt   ; IndirectCallToNull
;;   L3:
;;     hlt   ; BadSignature
;;   k0: 0x0000000000000000
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, 1
;;     mov rcx, [r14+0x30]
;;     cmp eax, 4
;;     lea rcx, [rcx+rax*8]
;;     cmovae rcx, [k0]
;;     mov rcx, [rcx]   ; TableAccessOutOfBounds
;;     cmp rcx, 1
;;     ja L1
;;     mov esi, 1
;;     mov edx, eax
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x30]
;;     mov rcx, rax
;;     test rcx, rcx
;;     je L2
;;   L1:
;;     mov r11d, [r14+0x40]
;;     cmp r11d, [rcx+0x10]
;;     jne L3
;;     mov rax, rcx
;;     mov esi, [rbp-8]
;;     mov rdi, [rax+8]
;;     call qword ptr [rax]
;;     mov eax, eax
;;     leave
;;     ret
;;   L2:
;;     hlt   ; IndirectCallToNull
;;   L3:
;;     hlt   ; BadSignature
;;   k0: 0x0000000000000000
