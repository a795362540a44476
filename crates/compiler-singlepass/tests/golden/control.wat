;; Blocks, loops and branches.
(module
  (func $block_result (param i32) (result i32)
    (i32.add (block (result i32) (br_if 0 (i32.const 3) (local.get 0)) (drop) (i32.const 4)) (i32.const 1)))
  (func $loop (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $if_else (param i32) (result i64)
    (if (result i64) (local.get 0) (then (i64.const 1)) (else (i64.const 2))))
  (func $if_only (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
  (func $early (param i32) (result i32)
    (if (local.get 0) (then (return (i32.const 1))))
    (i32.const 2))
  (func $below (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (local.get 1)) (if (result i32) (local.get 0) (then (local.get 1)) (else (i32.const 9)))))
  (func $two_results (param i32) (result i32 i64)
    (block (result i32 i64) (br_if 0 (i32.const 1) (i64.const 2) (local.get 0)) (drop) (i64.const 3)))
  (func $loop_with_parameter (param i32) (result i32)
    (local.get 0)
    (loop (param i32) (result i32)
      i32.const 1 i32.sub local.get 0 br_if 0)))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     cmp dword ptr [rbp-8], 0
;;     mov eax, 3
;;     jne L1
;;     mov eax, 4
;;   L1:
;;     add eax, 1
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     xor r8d, r8d
;;   L1:
;;     add r8d, esi
;;     add esi, 0xffffffff
;;     test esi, esi
;;     jne L1
;;     mov eax, r8d
;;     leave
;;     ret
;; function 2
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
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     cmp dword ptr [rbp-8], 0
;;     jne L1
;;     hlt   ; UnreachableCodeReached
;;   L1:
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     cmp dword ptr [rbp-8], 0
;;     je L1
;;     mov eax, 1
;;     leave
;;     ret
;;   L1:
;;     mov eax, 2
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov r8d, edx
;;     mov eax, esi
;;     imul eax, r8d
;;     mov [rbp-0x18], eax
;;     test esi, esi
;;     je L1
;;     mov eax, r8d
;;     jmp L2
;;   L1:
;;     mov eax, 9
;;   L2:
;;     add eax, [rbp-0x18]
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], rsi
;;     mov [rbp-0x10], edx
;;     cmp dword ptr [rbp-0x10], 0
;;     je L1
;;     mov dword ptr [rbp-0x18], 1
;;     mov qword ptr [rbp-0x20], 2
;;     jmp L2
;;   L1:
;;     mov dword ptr [rbp-0x18], 1
;;     mov qword ptr [rbp-0x20], 3
;;   L2:
;;     mov rax, [rbp-8]
;;     mov r11d, [rbp-0x18]
;;     mov [rax], r11d
;;     mov r11, [rbp-0x20]
;;     mov [rax+0x10], r11
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-0x10], esi
;;   L1:
;;     mov eax, [rbp-0x10]
;;     add eax, 0xffffffff
;;     test esi, esi
;;     je L2
;;     mov [rbp-0x10], eax
;;     jmp L1
;;   L2:
;;     leave
;;     ret
