;;! cpu = sse41
;; The same without AVX: the first operand is the destination.
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
;;     movaps xmm8, xmm0
;;     movaps xmm9, xmm1
;;     movaps xmm0, xmm8
;;     mulsd xmm0, xmm9
;;     movaps xmm1, xmm8
;;     subsd xmm1, xmm9
;;     addsd xmm0, xmm1
;;     ucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     movsd xmm0, [k0]
;;     jmp L1
;;   k0: 0x7ff8000000000000
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     movsd [rbp-8], xmm0
;;     movsd xmm0, [rbp-8]
;;     divsd xmm0, [k0]
;;     ucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     movsd xmm0, [k1]
;;     jmp L1
;;   k0: 0x4000000000000000
;;   k1: 0x7ff8000000000000
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     mov [rbp-8], esi
;;     movss [rbp-0x10], xmm0
;;     mov eax, [rbp-8]
;;     movss xmm0, [r15+rax+8]   ; HeapAccessOutOfBounds
;;     mulss xmm0, [rbp-0x10]
;;     ucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     movss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movsd [rbp-8], xmm0
;;     mov [rbp-0x10], esi
;;     xorps xmm8, xmm8
;;     movsd xmm8, [rbp-8]
;;     addsd xmm8, [k0]
;;     movaps xmm0, xmm8
;;     mulsd xmm0, xmm8
;;     movaps xmm8, xmm0
;;     movaps xmm0, xmm8
;;     ucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     mov eax, [rbp-0x10]
;;     movsd [r15+rax], xmm0   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   L2:
;;     movsd xmm0, [k1]
;;     jmp L1
;;   k0: 0x3ff0000000000000
;;   k1: 0x7ff8000000000000
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-0x10], esi
;;     movaps xmm8, xmm0
;;     movaps xmm0, xmm8
;;     addsd xmm0, xmm8
;;     sqrtsd xmm0, xmm0
;;     ucomisd xmm0, xmm0
;;     jp L2
;;   L1:
;;     mov eax, [rbp-0x10]
;;     movsd [r15+rax], xmm0   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;;   L2:
;;     movsd xmm0, [k0]
;;     jmp L1
;;   k0: 0x7ff8000000000000
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     movsd [rbp-8], xmm0
;;     movsd [rbp-0x10], xmm1
;;     movsd xmm0, [rbp-0x10]
;;     movsd xmm1, [rbp-8]
;;     ucomisd xmm1, xmm0
;;     je L3
;;     minsd xmm1, xmm0
;;   L1:
;;     ucomisd xmm1, xmm1
;;     jp L6
;;   L2:
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   L3:
;;     jp L4
;;     orps xmm1, xmm0
;;     jmp L5
;;   L4:
;;     addsd xmm1, xmm0
;;   L5:
;;     jmp L1
;;   L6:
;;     movsd xmm1, [k0]
;;     jmp L2
;;   k0: 0x7ff8000000000000
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     movss [rbp-8], xmm0
;;     movss [rbp-0x10], xmm1
;;     movss xmm0, [rbp-0x10]
;;     movss xmm1, [rbp-8]
;;     ucomiss xmm1, xmm0
;;     je L3
;;     maxss xmm1, xmm0
;;   L1:
;;     ucomiss xmm1, xmm1
;;     jp L6
;;   L2:
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   L3:
;;     jp L4
;;     andps xmm1, xmm0
;;     jmp L5
;;   L4:
;;     addss xmm1, xmm0
;;   L5:
;;     jmp L1
;;   L6:
;;     movss xmm1, [k0]
;;     jmp L2
;;   k0: 0x000000007fc00000
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     movsd [rbp-8], xmm0
;;     movsd [rbp-0x10], xmm1
;;     movsd xmm0, [rbp-8]
;;     movsd xmm15, [k0]
;;     andps xmm0, xmm15
;;     movsd xmm1, [rbp-0x10]
;;     movsd xmm15, [k1]
;;     xorps xmm1, xmm15
;;     movsd xmm15, [k1]
;;     andps xmm1, xmm15
;;     andnps xmm15, xmm0
;;     orps xmm1, xmm15
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x7fffffffffffffff
;;   k1: 0x8000000000000000
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x10
;;     movss [rbp-8], xmm0
;;     roundss xmm0, [rbp-8], 8
;;     roundss xmm0, xmm0, 0xa
;;     ucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     movss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     xorps xmm8, xmm8
;;     xorps xmm9, xmm9
;;     movaps xmm9, xmm8
;;   L1:
;;     movsd xmm0, [r15+rsi]   ; HeapAccessOutOfBounds
;;     addsd xmm0, xmm8
;;     movaps xmm8, xmm0
;;     movaps xmm0, xmm8
;;     mulsd xmm0, xmm8
;;     addsd xmm0, xmm9
;;     movaps xmm9, xmm0
;;     add esi, 0xfffffff8
;;     test esi, esi
;;     jne L1
;;     movaps xmm0, xmm9
;;     ucomisd xmm0, xmm0
;;     jp L3
;;   L2:
;;     leave
;;     ret
;;   L3:
;;     movsd xmm0, [k0]
;;     jmp L2
;;   k0: 0x7ff8000000000000
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movaps xmm8, xmm0
;;     movaps xmm9, xmm1
;;     movaps xmm0, xmm8
;;     minsd xmm0, xmm9
;;     leave
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movaps xmm8, xmm0
;;     movaps xmm0, xmm8
;;     maxsd xmm0, [k0]
;;     leave
;;     ret
;;   k0: 0x3ff0000000000000
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movss [rbp-8], xmm0
;;     movss [rbp-0x10], xmm1
;;     movss [rbp-0x18], xmm2
;;     movss xmm0, [r15+8]   ; HeapAccessOutOfBounds
;;     movss xmm1, [rbp-0x18]
;;     movss xmm2, [rbp-0x10]
;;     movaps xmm15, xmm2
;;     cmpnless xmm15, [rbp-8]
;;     xorps xmm0, xmm1
;;     andps xmm0, xmm15
;;     xorps xmm0, xmm1
;;     leave
;;     ret
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movaps xmm8, xmm0
;;     movaps xmm9, xmm1
;;     movaps xmm0, xmm8
;;     addss xmm0, xmm9
;;     ucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     movaps xmm15, xmm8
;;     cmpeqss xmm15, xmm9
;;     xorps xmm0, xmm8
;;     andps xmm0, xmm15
;;     xorps xmm0, xmm8
;;     leave
;;     ret
;;   L2:
;;     movss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
;; function 14
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     movaps xmm8, xmm0
;;     movaps xmm0, xmm8
;;     addss xmm0, xmm8
;;     ucomiss xmm0, xmm0
;;     jp L2
;;   L1:
;;     movd eax, xmm0
;;     leave
;;     ret
;;   L2:
;;     movss xmm0, [k0]
;;     jmp L1
;;   k0: 0x000000007fc00000
