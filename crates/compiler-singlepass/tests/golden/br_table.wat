;; A `br_table` with few cases becomes comparisons, one with many a table.
(module
  (func $small (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (return (i32.const 20)))
    (i32.const 30))
  (func $large (param i32) (result i32)
    (block (block (block (block (br_table 0 1 2 0 1 3 (local.get 0))) (return (i32.const 10))) (return (i32.const 20))) (return (i32.const 30)))
    (i32.const 40))
  (func $value (param i32) (result i32)
    (block (result i32) (i32.add (i32.const 1) (block (result i32) (br_table 0 1 0 1 (i32.const 7) (local.get 0))))))
  (func $loops (param i32)
    (loop (block (loop (br_table 0 1 2 0 1 2 (local.get 0)))))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     cmp eax, 0
;;     je L1
;;     cmp eax, 1
;;     je L2
;;     jmp L3
;;   L1:
;;     mov eax, 0xa
;;     leave
;;     ret
;;   L2:
;;     mov eax, 0x14
;;     leave
;;     ret
;;   L3:
;;     mov eax, 0x1e
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     cmp eax, 5
;;     jae L4
;;     lea r11, [table]
;;     lea r11, [r11+rax*4]
;;     movsxd rax, [r11]
;;     add rax, r11
;;     jmp rax
;;     .entry L1
;;     .entry L2
;;     .entry L3
;;     .entry L1
;;     .entry L2
;;   L1:
;;     mov eax, 0xa
;;     leave
;;     ret
;;   L2:
;;     mov eax, 0x14
;;     leave
;;     ret
;;   L3:
;;     mov eax, 0x1e
;;     leave
;;     ret
;;   L4:
;;     mov eax, 0x28
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov rcx, rax
;;     mov eax, 7
;;     cmp ecx, 3
;;     jae L2
;;     lea r11, [table]
;;     lea r11, [r11+rcx*4]
;;     movsxd rcx, [r11]
;;     add rcx, r11
;;     jmp rcx
;;     .entry L1
;;     .entry L2
;;     .entry L1
;;   L1:
;;     add eax, 1
;;   L2:
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;   L1:
;;     mov eax, esi
;;     cmp eax, 5
;;     jae L1
;;     lea r11, [table]
;;     lea r11, [r11+rax*4]
;;     movsxd rax, [r11]
;;     add rax, r11
;;     jmp rax
;;     .entry L1
;;     .entry L2
;;     .entry L1
;;     .entry L1
;;     .entry L2
;;   L2:
;;     leave
;;     ret
