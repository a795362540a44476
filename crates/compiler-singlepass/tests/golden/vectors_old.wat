;;! cpu = sse41
;; Vectors with SSE4.1 and no more.
(module
  (memory 1)
  (func $integers (param v128 v128) (result v128)
    (i32x4.add (i8x16.sub_sat_u (local.get 0) (local.get 1)) (i32x4.mul (local.get 0) (local.get 1))))
  (func $wide (param v128 v128) (result v128) (i64x2.mul (local.get 0) (local.get 1)))
  (func $floats (param v128 v128) (result v128) (f32x4.add (f32x4.mul (local.get 0) (local.get 1)) (local.get 1)))
  (func $min (param v128 v128) (result v128) (f64x2.min (local.get 0) (local.get 1)))
  (func $compare (param v128 v128) (result v128) (i32x4.lt_u (local.get 0) (local.get 1)))
  (func $shift (param v128 i32) (result v128) (v128.or (i32x4.shl (local.get 0) (local.get 1)) (i8x16.shr_s (local.get 0) (i32.const 2))))
  (func $lanes (param v128 i32) (result i32)
    (i16x8.extract_lane_s 3 (i16x8.replace_lane 2 (local.get 0) (local.get 1))))
  (func $splat (param i32 f64) (result v128) (v128.xor (i8x16.splat (local.get 0)) (f64x2.splat (local.get 1))))
  (func $shuffle (param v128 v128) (result v128)
    (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31 (local.get 0) (local.get 1)))
  (func $swizzle (param v128 v128) (result v128) (i8x16.swizzle (local.get 0) (local.get 1)))
  (func $select (param v128 v128 v128) (result v128) (v128.bitselect (local.get 0) (local.get 1) (local.get 2)))
  (func $memory (param i32) (result v128)
    (v128.store offset=16 (local.get 0) (v128.load (local.get 0)))
    (i16x8.add (v128.load8x8_s (local.get 0)) (v128.load32_splat (local.get 0))))
  (func $lane_in_memory (param i32 v128) (result v128)
    (v128.store8_lane 5 (local.get 0) (local.get 1))
    (v128.load64_lane 1 (local.get 0) (local.get 1)))
  (func $tests (param v128) (result i32)
    (i32.add (v128.any_true (local.get 0)) (i32.add (i8x16.all_true (local.get 0)) (i16x8.bitmask (local.get 0)))))
  (func $convert (param v128) (result v128) (i32x4.trunc_sat_f32x4_s (f32x4.convert_i32x4_u (local.get 0))))
  (func $constant (param v128) (result v128) (v128.andnot (local.get 0) (v128.const i64x2 1 2))))
;; ---
;; function 0
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x50
;;     movaps xmm8, xmm0
;;     movaps xmm9, xmm1
;;     movaps xmm0, xmm8
;;     psubusb xmm0, xmm9
;;     movaps xmm1, xmm8
;;     pmulld xmm1, xmm9
;;     paddd xmm0, xmm1
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movups [rbp-0x10], xmm0
;;     movups [rbp-0x20], xmm1
;;     movups xmm0, [rbp-0x20]
;;     movups xmm1, [rbp-0x10]
;;     movaps xmm2, xmm1
;;     psrlq xmm2, 0x20
;;     pmuludq xmm2, xmm0
;;     movaps xmm15, xmm0
;;     psrlq xmm15, 0x20
;;     pmuludq xmm15, xmm1
;;     paddq xmm2, xmm15
;;     psllq xmm2, 0x20
;;     pmuludq xmm1, xmm0
;;     paddq xmm1, xmm2
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movups [rbp-0x10], xmm0
;;     movaps xmm8, xmm1
;;     movups xmm0, [rbp-0x10]
;;     movaps xmm1, xmm8
;;     mulps xmm1, xmm0
;;     addps xmm1, xmm8
;;     movaps xmm15, xmm1
;;     cmpunordps xmm15, xmm1
;;     ptest xmm15, xmm15
;;     jne L2
;;   L1:
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   L2:
;;     orps xmm1, xmm15
;;     andps xmm15, [k0]
;;     xorps xmm1, xmm15
;;     jmp L1
;;   k0: 0x803fffff803fffff
;;   k1: 0x803fffff803fffff
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movups [rbp-0x10], xmm0
;;     movups [rbp-0x20], xmm1
;;     movups xmm0, [rbp-0x20]
;;     movups xmm1, [rbp-0x10]
;;     movaps xmm15, xmm1
;;     cmpunordpd xmm15, xmm0
;;     movaps xmm2, xmm0
;;     minpd xmm2, xmm1
;;     minpd xmm1, xmm0
;;     orps xmm1, xmm2
;;     ptest xmm15, xmm15
;;     jne L2
;;   L1:
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   L2:
;;     orps xmm1, xmm15
;;     andps xmm15, [k0]
;;     xorps xmm1, xmm15
;;     jmp L1
;;   k0: 0x8007ffffffffffff
;;   k1: 0x8007ffffffffffff
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movups [rbp-0x10], xmm0
;;     movups [rbp-0x20], xmm1
;;     movups xmm0, [rbp-0x10]
;;     movups xmm1, [rbp-0x20]
;;     movaps xmm15, xmm0
;;     pmaxud xmm15, xmm1
;;     pcmpeqd xmm15, xmm0
;;     movaps xmm0, xmm15
;;     pcmpeqd xmm15, xmm15
;;     pxor xmm0, xmm15
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     mov [rbp-0x18], esi
;;     movaps xmm8, xmm0
;;     movaps xmm0, xmm8
;;     mov r11d, [rbp-0x18]
;;     and r11d, 0x1f
;;     movd xmm15, r11d
;;     pslld xmm0, xmm15
;;     movaps xmm1, xmm8
;;     psrlw xmm1, 2
;;     pand xmm1, [k0]
;;     pxor xmm1, [k2]
;;     psubb xmm1, [k2]
;;     por xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x3f3f3f3f3f3f3f3f
;;   k1: 0x3f3f3f3f3f3f3f3f
;;   k2: 0x2020202020202020
;;   k3: 0x2020202020202020
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movups [rbp-0x10], xmm0
;;     mov [rbp-0x18], esi
;;     mov eax, [rbp-0x18]
;;     movups xmm0, [rbp-0x10]
;;     pinsrw xmm0, eax, 2
;;     pextrw eax, xmm0, 3
;;     movsx eax, ax
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     movsd [rbp-0x10], xmm0
;;     movd xmm0, [rbp-8]
;;     xorps xmm15, xmm15
;;     pshufb xmm0, xmm15
;;     movddup xmm1, [rbp-0x10]
;;     pxor xmm0, xmm1
;;     leave
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movups [rbp-0x10], xmm0
;;     movups [rbp-0x20], xmm1
;;     movups xmm0, [rbp-0x20]
;;     movups xmm1, [rbp-0x10]
;;     pshufb xmm1, [k0]
;;     movaps xmm15, xmm0
;;     pshufb xmm15, [k2]
;;     por xmm1, xmm15
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x8006800480028000
;;   k1: 0x800e800c800a8008
;;   k2: 0x0780058003800180
;;   k3: 0x0f800d800b800980
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     movups [rbp-0x10], xmm0
;;     movups [rbp-0x20], xmm1
;;     movups xmm0, [rbp-0x20]
;;     movups xmm1, [rbp-0x10]
;;     movaps xmm15, xmm0
;;     paddusb xmm15, [k0]
;;     pshufb xmm1, xmm15
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x7070707070707070
;;   k1: 0x7070707070707070
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x60
;;     movups [rbp-0x10], xmm0
;;     movups [rbp-0x20], xmm1
;;     movups [rbp-0x30], xmm2
;;     movups xmm0, [rbp-0x30]
;;     movups xmm1, [rbp-0x20]
;;     movups xmm2, [rbp-0x10]
;;     pxor xmm2, xmm1
;;     pand xmm2, xmm0
;;     pxor xmm2, xmm1
;;     movaps xmm0, xmm2
;;     leave
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movups xmm0, [r15+rsi]   ; HeapAccessOutOfBounds
;;     movups [r15+rsi+0x10], xmm0   ; HeapAccessOutOfBounds
;;     pmovsxbw xmm0, [r15+rsi]   ; HeapAccessOutOfBounds
;;     movss xmm1, [r15+rsi]   ; HeapAccessOutOfBounds
;;     pshufd xmm1, xmm1, 0
;;     paddw xmm0, xmm1
;;     leave
;;     ret
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movaps xmm8, xmm0
;;     pextrb [r15+rsi], xmm8, 5   ; HeapAccessOutOfBounds
;;     movaps xmm0, xmm8
;;     pinsrq xmm0, [r15+rsi], 1   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movaps xmm8, xmm0
;;     ptest xmm8, xmm8
;;     setne al
;;     movzx eax, al
;;     xorps xmm15, xmm15
;;     pcmpeqb xmm15, xmm8
;;     ptest xmm15, xmm15
;;     sete cl
;;     movzx ecx, cl
;;     movaps xmm15, xmm8
;;     packsswb xmm15, xmm8
;;     pmovmskb edx, xmm15
;;     movzx edx, dl
;;     add ecx, edx
;;     add eax, ecx
;;     leave
;;     ret
;; function 14
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     movups [rbp-0x10], xmm0
;;     movups xmm0, [rbp-0x10]
;;     movaps xmm15, xmm0
;;     psrld xmm15, 0x10
;;     cvtdq2ps xmm15, xmm15
;;     mulps xmm15, [k0]
;;     pand xmm0, [k2]
;;     cvtdq2ps xmm0, xmm0
;;     addps xmm0, xmm15
;;     movaps xmm15, xmm0
;;     cmpordps xmm15, xmm0
;;     andps xmm0, xmm15
;;     movaps xmm15, xmm0
;;     cmpnltps xmm15, [k4]
;;     cvttps2dq xmm0, xmm0
;;     pxor xmm0, xmm15
;;     leave
;;     ret
;;   k0: 0x4780000047800000
;;   k1: 0x4780000047800000
;;   k2: 0x0000ffff0000ffff
;;   k3: 0x0000ffff0000ffff
;;   k4: 0x4f0000004f000000
;;   k5: 0x4f0000004f000000
;; function 15
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     movups [rbp-0x10], xmm0
;;     movups xmm0, [rbp-0x10]
;;     movups xmm1, [k0]
;;     pandn xmm1, xmm0
;;     movaps xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x0000000000000001
;;   k1: 0x0000000000000002
