;; Globals: constant ones are numbers, own ones lie in the context, imported ones behind a pointer.
(module
  (import "" "g" (global $imported (mut i64)))
  (global $constant i32 (i32.const 42))
  (global $own (mut i32) (i32.const 0))
  (global $float (mut f64) (f64.const 0))
  (func $get (result i32) (i32.add (global.get $own) (global.get $constant)))
  (func $set (param i32) (global.set $own (local.get 0)))
  (func $count (global.set $own (i32.add (global.get $own) (i32.const 1))))
  (func $outside (global.set $imported (i64.add (global.get $imported) (i64.const 1))))
  (func $floats (param f64) (global.set $float (f64.mul (global.get $float) (local.get 0)))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov eax, [r14+0x30]
;;     add eax, 0x2a
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     mov [r14+0x30], eax
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov eax, [r14+0x30]
;;     add eax, 1
;;     mov [r14+0x30], eax
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov r11, [r14+0x50]
;;     mov rax, [r11]
;;     add rax, 1
;;     mov r11, [r14+0x50]
;;     mov [r11], rax
;;     leave
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovsd [rbp-8], xmm0
;;     vmovsd xmm0, [r14+0x40]
;;     vmulsd xmm0, xmm0, [rbp-8]
;;     vucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     vmovsd [r14+0x40], xmm0
;;     leave
;;     ret
;;   L2:
;;     vmovsd xmm0, [k0]
;;     jmp L1
;;   k0: 0x7ff8000000000000
