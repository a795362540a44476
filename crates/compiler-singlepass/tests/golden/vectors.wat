;; Vectors with AVX.
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
;;     vmovaps xmm8, xmm0
;;     vmovaps xmm9, xmm1
;;     vpsubusb xmm0, xmm8, xmm9
;;     vpmulld xmm1, xmm8, xmm9
;;     vpaddd xmm0, xmm0, xmm1
;;     leave
;;     ret
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     vmovups [rbp-0x10], xmm0
;;     vmovups [rbp-0x20], xmm1
;;     vmovups xmm0, [rbp-0x20]
;;     vmovups xmm1, [rbp-0x10]
;;     vpsrlq xmm2, xmm1, 0x20
;;     vpmuludq xmm2, xmm2, xmm0
;;     vpsrlq xmm15, xmm0, 0x20
;;     vpmuludq xmm15, xmm15, xmm1
;;     vpaddq xmm2, xmm2, xmm15
;;     vpsllq xmm2, xmm2, 0x20
;;     vpmuludq xmm1, xmm1, xmm0
;;     vpaddq xmm1, xmm1, xmm2
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     vmovups [rbp-0x10], xmm0
;;     vmovaps xmm8, xmm1
;;     vmulps xmm0, xmm8, [rbp-0x10]
;;     vaddps xmm0, xmm0, xmm8
;;     vcmpunordps xmm15, xmm0, xmm0
;;     vptest xmm15, xmm15
;;     jne L2
;;   L1:
;;     leave
;;     ret
;;   L2:
;;     vblendvps xmm0, xmm0, [k0], xmm15
;;     jmp L1
;;   k0: 0x7fc000007fc00000
;;   k1: 0x7fc000007fc00000
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     vmovups [rbp-0x10], xmm0
;;     vmovups [rbp-0x20], xmm1
;;     vmovups xmm0, [rbp-0x20]
;;     vmovups xmm1, [rbp-0x10]
;;     vcmpunordpd xmm15, xmm1, xmm0
;;     vminpd xmm2, xmm0, xmm1
;;     vminpd xmm1, xmm1, xmm0
;;     vorps xmm1, xmm1, xmm2
;;     vptest xmm15, xmm15
;;     jne L2
;;   L1:
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;;   L2:
;;     vblendvpd xmm1, xmm1, [k0], xmm15
;;     jmp L1
;;   k0: 0x7ff8000000000000
;;   k1: 0x7ff8000000000000
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     vmovups [rbp-0x10], xmm0
;;     vmovups [rbp-0x20], xmm1
;;     vmovups xmm0, [rbp-0x10]
;;     vpmaxud xmm15, xmm0, [rbp-0x20]
;;     vpcmpeqd xmm0, xmm15, xmm0
;;     vpcmpeqd xmm15, xmm15, xmm15
;;     vpxor xmm0, xmm0, xmm15
;;     leave
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     mov [rbp-0x18], esi
;;     vmovaps xmm8, xmm0
;;     vmovaps xmm0, xmm8
;;     mov r11d, [rbp-0x18]
;;     and r11d, 0x1f
;;     vmovd xmm15, r11d
;;     vpslld xmm0, xmm0, xmm15
;;     vpsrlw xmm1, xmm8, 2
;;     vpand xmm1, xmm1, [k0]
;;     vpxor xmm1, xmm1, [k2]
;;     vpsubb xmm1, xmm1, [k2]
;;     vpor xmm0, xmm0, xmm1
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
;;     vmovups [rbp-0x10], xmm0
;;     mov [rbp-0x18], esi
;;     mov eax, [rbp-0x18]
;;     vmovups xmm0, [rbp-0x10]
;;     vpinsrw xmm0, xmm0, eax, 2
;;     vpextrw eax, xmm0, 3
;;     movsx eax, ax
;;     leave
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     mov [rbp-8], esi
;;     vmovsd [rbp-0x10], xmm0
;;     vmovd xmm0, [rbp-8]
;;     vxorps xmm15, xmm15, xmm15
;;     vpshufb xmm0, xmm0, xmm15
;;     vmovddup xmm1, [rbp-0x10]
;;     vpxor xmm0, xmm0, xmm1
;;     leave
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x40
;;     vmovups [rbp-0x10], xmm0
;;     vmovups [rbp-0x20], xmm1
;;     vmovups xmm0, [rbp-0x20]
;;     vmovups xmm1, [rbp-0x10]
;;     vpshufb xmm1, xmm1, [k0]
;;     vpshufb xmm15, xmm0, [k2]
;;     vpor xmm1, xmm1, xmm15
;;     vmovaps xmm0, xmm1
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
;;     vmovups [rbp-0x10], xmm0
;;     vmovups [rbp-0x20], xmm1
;;     vmovups xmm0, [rbp-0x20]
;;     vmovups xmm1, [rbp-0x10]
;;     vpaddusb xmm15, xmm0, [k0]
;;     vpshufb xmm1, xmm1, xmm15
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;;   k0: 0x7070707070707070
;;   k1: 0x7070707070707070
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x60
;;     vmovups [rbp-0x10], xmm0
;;     vmovups [rbp-0x20], xmm1
;;     vmovups [rbp-0x30], xmm2
;;     vmovups xmm0, [rbp-0x20]
;;     vmovups xmm1, [rbp-0x10]
;;     vpxor xmm1, xmm1, xmm0
;;     vpand xmm1, xmm1, [rbp-0x30]
;;     vpxor xmm1, xmm1, xmm0
;;     vmovaps xmm0, xmm1
;;     leave
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovups xmm0, [r15+rsi]   ; HeapAccessOutOfBounds
;;     vmovups [r15+rsi+0x10], xmm0   ; HeapAccessOutOfBounds
;;     vpmovsxbw xmm0, [r15+rsi]   ; HeapAccessOutOfBounds
;;     vbroadcastss xmm1, [r15+rsi]   ; HeapAccessOutOfBounds
;;     vpaddw xmm0, xmm0, xmm1
;;     leave
;;     ret
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovaps xmm8, xmm0
;;     vpextrb [r15+rsi], xmm8, 5   ; HeapAccessOutOfBounds
;;     vmovaps xmm0, xmm8
;;     vpinsrq xmm0, xmm0, [r15+rsi], 1   ; HeapAccessOutOfBounds
;;     leave
;;     ret
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x30
;;     vmovaps xmm8, xmm0
;;     vptest xmm8, xmm8
;;     setne al
;;     movzx eax, al
;;     vxorps xmm15, xmm15, xmm15
;;     vpcmpeqb xmm15, xmm15, xmm8
;;     vptest xmm15, xmm15
;;     sete cl
;;     movzx ecx, cl
;;     vpacksswb xmm15, xmm8, xmm8
;;     vpmovmskb edx, xmm15
;;     movzx edx, dl
;;     add ecx, edx
;;     add eax, ecx
;;     leave
;;     ret
;; function 14
;;     push rbp
;;     mov rbp, rsp
;;     sub rsp, 0x20
;;     vmovups [rbp-0x10], xmm0
;;     vmovups xmm0, [rbp-0x10]
;;     vpsrld xmm15, xmm0, 0x10
;;     vcvtdq2ps xmm15, xmm15
;;     vmulps xmm15, xmm15, [k0]
;;     vpand xmm0, xmm0, [k2]
;;     vcvtdq2ps xmm0, xmm0
;;     vaddps xmm0, xmm0, xmm15
;;     vcmpordps xmm15, xmm0, xmm0
;;     vandps xmm0, xmm0, xmm15
;;     vcmpnltps xmm15, xmm0, [k4]
;;     vcvttps2dq xmm0, xmm0
;;     vpxor xmm0, xmm0, xmm15
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
;;     vmovups [rbp-0x10], xmm0
;;     vmovups xmm0, [k0]
;;     vpandn xmm0, xmm0, [rbp-0x10]
;;     leave
;;     ret
;;   k0: 0x0000000000000001
;;   k1: 0x0000000000000002
