;; Conversions between numbers.
(module
  (func $wrap (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
  (func $extend (param i32) (result i64) (i64.extend_i32_s (local.get 0)))
  (func $extend_unsigned (param i32) (result i64) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 1))))
  (func $i32_trunc_f64_s (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $i32_trunc_f32_u (param f32) (result i32) (i32.trunc_f32_u (local.get 0)))
  (func $i64_trunc_f64_u (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
  (func $i32_trunc_sat_f64_s (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
  (func $i64_trunc_sat_f32_u (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func $f64_convert_i32_s (param i32) (result f64) (f64.convert_i32_s (local.get 0)))
  (func $f32_convert_i64_u (param i64) (result f32) (f32.convert_i64_u (local.get 0)))
  (func $f64_convert_i32_u (param i32) (result f64) (f64.convert_i32_u (local.get 0)))
  (func $promote (param f32) (result f64) (f64.promote_f32 (local.get 0)))
  (func $demote (param f64) (result f32) (f32.demote_f64 (local.get 0)))
  (func $bits (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func $from_bits (param i32) (result f32) (f32.reinterpret_i32 (local.get 0))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], rsi
;;     mov eax, [rbp-8]
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     movsxd rax, [rbp-8]
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     add eax, 1
;;     leave
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovsd [rbp-8], xmm0
;;     vmovsd xmm0, [rbp-8]
;;     vcvttsd2si eax, xmm0
;;     cmp eax, 1
;;     jno L1
;;     vucomisd xmm0, xmm0
;;     jp L2
;;     vmovsd xmm15, [k0]
;;     vucomisd xmm0, xmm15
;;     jbe L3
;;     vxorps xmm15, xmm15, xmm15
;;     vucomisd xmm0, xmm15
;;     ja L4
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     hlt   ; BadConversionToInteger
;;   L3:
;;     hlt   ; IntegerOverflow
;;   L4:
;;     hlt   ; IntegerOverflow
;;   k0: 0xc1e0000000200000
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovss [rbp-8], xmm0
;;     vmovss xmm0, [rbp-8]
;;     vcvttss2si rax, xmm0
;;     mov r11d, eax
;;     cmp rax, r11
;;     je L1
;;     vucomiss xmm0, xmm0
;;     jp L2
;;     hlt   ; IntegerOverflow
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     hlt   ; BadConversionToInteger
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovsd [rbp-8], xmm0
;;     vmovsd xmm0, [rbp-8]
;;     vmovsd xmm15, [k0]
;;     vucomisd xmm0, xmm15
;;     jae L1
;;     vcvttsd2si rax, xmm0
;;     test rax, rax
;;     jns L2
;;     vucomisd xmm0, xmm0
;;     jp L3
;;     hlt   ; IntegerOverflow
;;     jmp L2
;;   L1:
;;     vmovsd xmm15, [k1]
;;     vaddsd xmm15, xmm15, xmm0
;;     vcvttsd2si rax, xmm15
;;     test rax, rax
;;     js L4
;;     mov r11, 0x8000000000000000
;;     or rax, r11
;;   L2:
;;     leave
;;     ret
;;   L3:
;;     hlt   ; BadConversionToInteger
;;   L4:
;;     hlt   ; IntegerOverflow
;;   k0: 0x43e0000000000000
;;   k1: 0xc3e0000000000000
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovsd [rbp-8], xmm0
;;     vmovsd xmm0, [rbp-8]
;;     vcvttsd2si eax, xmm0
;;     cmp eax, 1
;;     jno L2
;;     vxorps xmm15, xmm15, xmm15
;;     vucomisd xmm0, xmm15
;;     jp L1
;;     jb L2
;;     mov eax, 0x7fffffff
;;     jmp L2
;;   L1:
;;     mov eax, 0
;;   L2:
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovss [rbp-8], xmm0
;;     vmovss xmm0, [rbp-8]
;;     vmovss xmm15, [k0]
;;     vucomiss xmm0, xmm15
;;     jae L1
;;     vcvttss2si rax, xmm0
;;     test rax, rax
;;     jns L3
;;     mov eax, 0
;;     jmp L3
;;   L1:
;;     vmovss xmm15, [k1]
;;     vaddss xmm15, xmm15, xmm0
;;     vcvttss2si rax, xmm15
;;     test rax, rax
;;     jns L2
;;     mov rax, 0x7fffffffffffffff
;;   L2:
;;     mov r11, 0x8000000000000000
;;     or rax, r11
;;   L3:
;;     leave
;;     ret
;;   k0: 0x000000005f000000
;;   k1: 0x00000000df000000
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     vxorps xmm0, xmm0, xmm0
;;     vcvtsi2sd xmm0, xmm0, dword ptr [rbp-8]
;;     leave
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], rsi
;;     mov rax, [rbp-8]
;;     test rax, rax
;;     js L1
;;     vxorps xmm0, xmm0, xmm0
;;     vcvtsi2ss xmm0, xmm0, rax
;;     jmp L3
;;   L1:
;;     mov r11, rax
;;     shr r11, 1
;;     jae L2
;;     or r11, 1
;;   L2:
;;     vxorps xmm0, xmm0, xmm0
;;     vcvtsi2ss xmm0, xmm0, r11
;;     vaddss xmm0, xmm0, xmm0
;;   L3:
;;     leave
;;     ret
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     mov eax, [rbp-8]
;;     vxorps xmm0, xmm0, xmm0
;;     vcvtsi2sd xmm0, xmm0, rax
;;     leave
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovss [rbp-8], xmm0
;;     vcvtss2sd xmm0, xmm0, [rbp-8]
;;     vucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     vmovsd xmm0, [k0]
;;     jmp L1
;;   k0: 0x7ff8000000000000
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovsd [rbp-8], xmm0
;;     vcvtsd2ss xmm0, xmm0, [rbp-8]
;;     vucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     vmovss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovsd [rbp-8], xmm0
;;     vmovsd xmm0, [rbp-8]
;;     vmovq rax, xmm0
;;     leave
;;     ret
;; function 14
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     mov [rbp-8], esi
;;     vmovd xmm0, [rbp-8]
;;     leave
;;     ret
