;; Arithmetic on floats; NaNs become canonical where somebody could see their bits.
(module
  (memory 1)
  (func $chain (param f64 f64) (result f64)
    (f64.add (f64.mul (local.get 0) (local.get 1)) (f64.sub (local.get 0) (local.get 1))))
  (func $constant (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func $memory (param i32 f32) (result f32) (f32.mul (local.get 1) (f32.load offset=8 (local.get 0))))
  (func $into_local (param f64 i32) (local f64)
    (local.set 2 (f64.add (local.get 0) (f64.const 1)))
    (local.set 2 (f64.mul (local.get 2) (local.get 2)))
    (f64.store (local.get 1) (local.get 2)))
  (func $seen (param f64 i32)
    (f64.store (local.get 1) (f64.sqrt (f64.add (local.get 0) (local.get 0)))))
  (func $min (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $max (param f32 f32) (result f32) (f32.max (local.get 0) (local.get 1)))
  (func $signs (param f64 f64) (result f64) (f64.copysign (f64.abs (local.get 0)) (f64.neg (local.get 1))))
  (func $round (param f32) (result f32) (f32.ceil (f32.nearest (local.get 0))))
  (func $sums (param i32) (result f64) (local f64 f64)
    (local.set 2 (local.get 1))
    (loop
      (local.set 1 (f64.add (local.get 1) (f64.load (local.get 0))))
      (local.set 2 (f64.add (local.get 2) (f64.mul (local.get 1) (local.get 1))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 8)))))
    (local.get 2))
  (func $smaller (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (f64.lt (local.get 0) (local.get 1))))
  (func $larger (param f64) (result f64)
    (select (f64.const 1) (local.get 0) (i32.eqz (f64.gt (local.get 0) (f64.const 1)))))
  (func $choice (param f32 f32 f32) (result f32)
    (select (local.get 2) (f32.load (i32.const 8)) (f32.ge (local.get 0) (local.get 1))))
  (func $computed_choice (param f32 f32) (result f32)
    (select (local.get 0) (f32.add (local.get 0) (local.get 1)) (f32.ne (local.get 0) (local.get 1))))
  (func $bits (param f32) (result i32) (i32.reinterpret_f32 (f32.add (local.get 0) (local.get 0)))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovaps xmm8, xmm0
;;     vmovaps xmm9, xmm1
;;     vmulsd xmm0, xmm8, xmm9
;;     vsubsd xmm1, xmm8, xmm9
;;     vaddsd xmm0, xmm0, xmm1
;;     vucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     vmovsd xmm0, [k0]
;;     jmp L1
;;   k0: 0x7ff8000000000000
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovsd [rbp-8], xmm0
;;     vmovsd xmm0, [rbp-8]
;;     vdivsd xmm0, xmm0, [k0]
;;     vucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     vmovsd xmm0, [k1]
;;     jmp L1
;;   k0: 0x4000000000000000
;;   k1: 0x7ff8000000000000
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     vmovss [rbp-0x10], xmm0
;;     mov eax, [rbp-8]
;;     vmovss xmm0, [r15+rax+8]   ; HeapAccessOutOfBounds
;;     vmovss xmm1, [rbp-0x10]
;;     vmulss xmm1, xmm1, xmm0
;;     vucomiss xmm1, xmm1
;;     jp L2
;;   L1:
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;;   L2:
;;     vmovss xmm1, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovsd [rbp-8], xmm0
;;     mov [rbp-0x10], esi
;;     vxorps xmm8, xmm8, xmm8
;;     vmovsd xmm0, [rbp-8]
;;     vaddsd xmm8, xmm0, [k0]
;;     vmulsd xmm8, xmm8, xmm8
;;     vmovaps xmm0, xmm8
;;     vucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     mov eax, [rbp-0x10]
;;     vmovsd [r15+rax], xmm0   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   L2:
;;     vmovsd xmm0, [k1]
;;     jmp L1
;;   k0: 0x3ff0000000000000
;;   k1: 0x7ff8000000000000
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-0x10], esi
;;     vmovaps xmm8, xmm0
;;     vaddsd xmm0, xmm8, xmm8
;;     vsqrtsd xmm0, xmm0, xmm0
;;     vucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     mov eax, [rbp-0x10]
;;     vmovsd [r15+rax], xmm0   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   L2:
;;     vmovsd xmm0, [k0]
;;     jmp L1
;;   k0: 0x7ff8000000000000
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovsd [rbp-8], xmm0
;;     vmovsd [rbp-0x10], xmm1
;;     vmovsd xmm0, [rbp-0x10]
;;     vmovsd xmm1, [rbp-8]
;;     vucomisd xmm1, xmm0
;;     je L3
;;     vminsd xmm1, xmm1, xmm0
;;   L1:
;;     vucomisd xmm1, xmm1
;;     jp L6
;;   L2:
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;;   L3:
;;     jp L4
;;     vorps xmm1, xmm1, xmm0
;;     jmp L5
;;   L4:
;;     vaddsd xmm1, xmm1, xmm0
;;   L5:
;;     jmp L1
;;   L6:
;;     vmovsd xmm1, [k0]
;;     jmp L2
;;   k0: 0x7ff8000000000000
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovss [rbp-8], xmm0
;;     vmovss [rbp-0x10], xmm1
;;     vmovss xmm0, [rbp-0x10]
;;     vmovss xmm1, [rbp-8]
;;     vucomiss xmm1, xmm0
;;     je L3
;;     vmaxss xmm1, xmm1, xmm0
;;   L1:
;;     vucomiss xmm1, xmm1
;;     jp L6
;;   L2:
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;;   L3:
;;     jp L4
;;     vandps xmm1, xmm1, xmm0
;;     jmp L5
;;   L4:
;;     vaddss xmm1, xmm1, xmm0
;;   L5:
;;     jmp L1
;;   L6:
;;     vmovss xmm1, [k0]
;;     jmp L2
;;   k0: 0x000000007fc00000
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovsd [rbp-8], xmm0
;;     vmovsd [rbp-0x10], xmm1
;;     vmovsd xmm0, [rbp-8]
;;     vmovsd xmm15, [k0]
;;     vandps xmm0, xmm0, xmm15
;;     vmovsd xmm1, [rbp-0x10]
;;     vmovsd xmm15, [k1]
;;     vxorps xmm1, xmm1, xmm15
;;     vmovsd xmm15, [k1]
;;     vandps xmm1, xmm1, xmm15
;;     vandnps xmm15, xmm15, xmm0
;;     vorps xmm1, xmm1, xmm15
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x7fffffffffffffff
;;   k1: 0x8000000000000000
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     vmovss [rbp-8], xmm0
;;     vroundss xmm0, xmm0, [rbp-8], 8
;;     vroundss xmm0, xmm0, xmm0, 0xa
;;     vucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     vmovss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vxorps xmm8, xmm8, xmm8
;;     vxorps xmm9, xmm9, xmm9
;;     vmovaps xmm9, xmm8
;;   L1:
;;     vmovsd xmm0, [r15+rsi]   ; HeapAccessOutOfBounds
;;     vaddsd xmm8, xmm8, xmm0
;;     vmulsd xmm0, xmm8, xmm8
;;     vaddsd xmm9, xmm9, xmm0
;;     add esi, 0xfffffff8
;;     test esi, esi
;;     jne L1
;;     vmovaps xmm0, xmm9
;;     vucomisd xmm0, xmm0
;;     jp L3
;;   L2:
;;     leave
;;     ret
;;   L3:
;;     vmovsd xmm0, [k0]
;;     jmp L2
;;   k0: 0x7ff8000000000000
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovaps xmm8, xmm0
;;     vmovaps xmm9, xmm1
;;     vminsd xmm0, xmm8, xmm9
;;     leave
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovaps xmm8, xmm0
;;     vmaxsd xmm0, xmm8, [k0]
;;     leave
;;     ret
;;   k0: 0x3ff0000000000000
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     vmovss [rbp-8], xmm0
;;     vmovss [rbp-0x10], xmm1
;;     vmovss [rbp-0x18], xmm2
;;     vmovss xmm0, [r15+8]   ; HeapAccessOutOfBounds
;;     vmovss xmm1, [rbp-0x18]
;;     vmovss xmm2, [rbp-0x10]
;;     vcmpless xmm15, xmm2, [rbp-8]
;;     vblendvps xmm0, xmm0, xmm1, xmm15
;;     leave
;;     ret
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovaps xmm8, xmm0
;;     vmovaps xmm9, xmm1
;;     vaddss xmm0, xmm8, xmm9
;;     vucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     vcmpneqss xmm15, xmm8, xmm9
;;     vblendvps xmm0, xmm0, xmm8, xmm15
;;     leave
;;     ret
;;   L2:
;;     vmovss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 14
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovaps xmm8, xmm0
;;     vaddss xmm0, xmm8, xmm8
;;     vucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     vmovd eax, xmm0
;;     leave
;;     ret
;;   L2:
;;     vmovss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
