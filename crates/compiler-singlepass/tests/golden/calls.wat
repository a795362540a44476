;; Calls: within the module at the inner entry, imported functions through the context.
(module
  (import "" "" (func $imported (param i32 f64) (result i32)))
  (export "exported" (func $exported))
  (func $exported (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $inner (param i32) (result i32) (local.get 0))
  (func $direct (param i32) (result i32)
    (i32.add (call $inner (local.get 0)) (call $exported (local.get 0) (i32.const 2))))
  (func $outside (param i32) (result i32) (call $imported (local.get 0) (f64.const 1)))
  (func $many (param i32 i64 i32 i64 i32 i64 i32 f32 i64) (result i64) (local.get 8))
  (func $call_many (param i32) (result i64)
    (call $many (local.get 0) (i64.const 1) (i32.const 2) (i64.const 3) (i32.const 4) (i64.const 5) (i32.const 6) (f32.const 7) (i64.const 8)))
  (func $several (param i32) (result i32 f64) (local.get 0) (f64.const 2))
  (func $call_several (param i32) (result i32) (call $several (local.get 0)) (drop))
  (func $swap (param i32 i32) (result i32) (call $exported (local.get 1) (local.get 0)))
  (func $kept (param i32) (result i32)
    (i32.add (i32.mul (local.get 0) (local.get 0)) (call $inner (i32.const 1)))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     push r14
;;     push r15
;;     mov r14, rdi
;;     mov esi, esi
;;     mov edx, edx
;;     call .+11
;;     pop r15
;;     pop r14
;;     pop rbp
;;     ret
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov eax, [rbp-8]
;;     add eax, [rbp-0x10]
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov esi, [rbp-8]
;;     call local function 1
;;     mov [rbp-0x10], eax
;;     mov esi, [rbp-8]
;;     mov edx, 2
;;     call local function 0.inner
;;     add eax, [rbp-0x10]
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov esi, [rbp-8]
;;     vmovsd xmm0, [k0]
;;     mov rdi, [r14+0x28]
;;     call qword ptr [r14+0x20]
;;     mov eax, eax
;;     leave
;;     ret
;;   k0: 0x3ff0000000000000
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], rdx
;;     mov [rbp-0x18], ecx
;;     mov [rbp-0x20], r8
;;     mov [rbp-0x28], r9d
;;     vmovss [rbp-0x30], xmm0
;;     mov rax, [rbp+0x20]
;;     leave
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x70
;;     mov [rbp-8], esi
;;     mov qword ptr [rsp], 5
;;     mov dword ptr [rsp+8], 6
;;     mov qword ptr [rsp+0x10], 8
;;     mov esi, [rbp-8]
;;     mov r9d, 4
;;     mov r8d, 3
;;     mov ecx, 2
;;     mov edx, 1
;;     vmovss xmm0, [k0]
;;     call local function 4
;;     leave
;;     ret
;;   k0: 0x0000000040e00000
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], rsi
;;     mov [rbp-0x10], edx
;;     mov rax, [rbp-8]
;;     mov r11d, [rbp-0x10]
;;     mov [rax], r11d
;;     vmovsd xmm15, [k0]
;;     vmovsd [rax+0x10], xmm15
;;     leave
;;     ret
;;   k0: 0x4000000000000000
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     mov [rbp-8], esi
;;     mov edx, [rbp-8]
;;     lea rsi, [rsp]
;;     call local function 6
;;     mov eax, [rsp]
;;     vmovsd xmm0, [rsp+0x10]
;;     leave
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov [rbp-0x10], edx
;;     mov esi, [rbp-0x10]
;;     mov edx, [rbp-8]
;;     call local function 0.inner
;;     leave
;;     ret
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     imul eax, [rbp-8]
;;     mov [rbp-0x10], eax
;;     mov esi, 1
;;     call local function 1
;;     add eax, [rbp-0x10]
;;     leave
;;     ret
