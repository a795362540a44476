;; Arithmetic with locals, constants and memory operands; results go where the next operator wants them.
(module
  (memory 1)
  (func $locals (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.sub (local.get 0) (local.get 1))))
  (func $constants (param i64) (result i64)
    (i64.xor (i64.add (local.get 0) (i64.const 10)) (i64.const 0x123456789)))
  (func $powers (param i32) (result i32)
    (i32.add (i32.mul (local.get 0) (i32.const 8)) (i32.mul (local.get 0) (i32.const 10))))
  (func $into_local (param i32 i32) (local i32)
    (local.set 2 (i32.add (local.get 0) (local.get 1)))
    (local.set 2 (i32.add (local.get 2) (i32.const 1)))
    (local.set 2 (i32.sub (i32.const 7) (local.get 2)))
    (local.set 0 (i32.and (local.get 2) (local.get 0))))
  (func $memory (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0))))
  (func $counts (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_u (i32.clz (local.get 0))) (i64.add (i64.ctz (local.get 1)) (i64.popcnt (local.get 1)))))
  (func $signs (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_s (i32.extend8_s (local.get 0))) (i64.extend32_s (local.get 1)))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov r8d, edx
;;     mov eax, esi
;;     imul eax, r8d
;;     mov ecx, esi
;;     sub ecx, r8d
;;     add eax, ecx
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     mov rax, [rbp-8]
;;     add rax, 0xa
;;     mov rcx, 0x123456789
;;     xor rax, rcx
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov eax, esi
;;     shl eax, 3
;;     imul ecx, esi, 0xa
;;     add eax, ecx
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-0x10], edx
;;     mov r8d, esi
;;     xor esi, esi
;;     mov esi, r8d
;;     add esi, [rbp-0x10]
;;     add esi, 1
;;     mov eax, 7
;;     sub eax, esi
;;     mov esi, eax
;;     and r8d, esi
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov eax, [r15+rsi]   ; HeapAccessOutOfBounds
;;     mov ecx, [r15+rsi+4]   ; HeapAccessOutOfBounds
;;     add eax, ecx
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     mov rsi, rdx
;;     lzcnt eax, [rbp-8]
;;     tzcnt rcx, rsi
;;     popcnt rdx, rsi
;;     add rcx, rdx
;;     add rax, rcx
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], rdx
;;     movsx eax, byte ptr [rbp-8]
;;     movsxd rax, eax
;;     movsxd rcx, [rbp-0x10]
;;     add rax, rcx
;;     leave
;;     ret
