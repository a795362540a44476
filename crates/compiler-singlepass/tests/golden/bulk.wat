;; Bulk operations on memories are calls of the runtime.
(module
  (memory 1)
  (data $d "abc")
  (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $copy_small (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 16)))
  (func $fill (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 64)))
  (func $init (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $d)))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov [rbp-0x18], ecx
;;     xor esi, esi
;;     mov r9d, [rbp-0x18]
;;     mov r8d, [rbp-0x10]
;;     xor ecx, ecx
;;     mov edx, [rbp-8]
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+8]
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     xor esi, esi
;;     mov r9d, 0x10
;;     mov r8d, [rbp-0x10]
;;     xor ecx, ecx
;;     mov edx, [rbp-8]
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+8]
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     xor esi, esi
;;     mov r8d, 0x40
;;     xor ecx, ecx
;;     mov edx, [rbp-8]
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x10]
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     xor esi, esi
;;     mov r9d, 3
;;     xor r8d, r8d
;;     xor ecx, ecx
;;     xor edx, edx
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x18]
;;     xor esi, esi
;;     mov rdi, r14
;;     mov rax, [r14+0x10]
;;     call qword ptr [rax+0x20]
;;     leave
;;     ret
