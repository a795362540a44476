;; One instruction of the processor for one of WebAssembly where there is one.
(module
  (memory 1 16)
  (func)
  (func (export "add") (param v128 v128) (result v128) (i8x16.add_sat_u (local.get 0) (local.get 1)))
  (func (export "dot") (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))
  (func (export "q15") (param v128 v128) (result v128) (i16x8.q15mulr_sat_s (local.get 0) (local.get 1)))
  (func (export "narrow") (param v128 v128) (result v128) (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)))
  (func (export "swizzle") (param v128 v128) (result v128) (i8x16.swizzle (local.get 0) (local.get 1)))
  (func (export "unpack") (param v128 v128) (result v128)
    (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get 0) (local.get 1)))
  (func (export "average") (param v128 v128) (result v128) (i16x8.avgr_u (local.get 0) (local.get 1)))
  (func (export "widen") (param v128) (result v128) (i32x4.extend_high_i16x8_s (local.get 0)))
  (func (export "product") (param v128 v128) (result v128) (i16x8.extmul_low_i8x16_s (local.get 0) (local.get 1)))
  (func (export "bits") (param v128) (result i32) (i8x16.bitmask (local.get 0)))
  (func (export "any") (param v128) (result i32)
    (if (result i32) (v128.any_true (local.get 0)) (then (i32.const 5)) (else (i32.const 6))))
  (func (export "choose") (param v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "less") (param v128 v128) (result v128) (i8x16.lt_u (local.get 0) (local.get 1)))
  (func (export "splat") (param i32) (result v128) (v128.load32_splat (local.get 0)))
  (func (export "min") (param v128 v128) (result v128) (f32x4.min (local.get 0) (local.get 1)))
  (func (export "pmin") (param v128 v128) (result v128) (f32x4.pmin (local.get 0) (local.get 1)))
  (func (export "truncate") (param v128) (result v128) (i32x4.trunc_sat_f32x4_s (local.get 0)))
  (func (export "demoted") (param v128) (result v128)
    (f32x4.demote_f64x2_zero (f64x2.promote_low_f32x4 (f32x4.convert_i32x4_s (local.get 0)))))
  (func (export "popcnt") (param v128) (result v128) (i8x16.popcnt (local.get 0))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     vpaddusb x, x, x
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     vpmaddwd x, x, x
;;     pop rbp
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     vpmulhrsw x, x, x
;;     vpcmpeqw x, x, x ptr [constants]
;;     vpxor x, x, x
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     vpackuswb x, x, x
;;     pop rbp
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     vpaddusb x, x, x ptr [constants]
;;     vpshufb x, x, x
;;     pop rbp
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     vpunpcklbw x, x, x
;;     pop rbp
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     vpavgw x, x, x
;;     pop rbp
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     vpshufd x, x, 0xee
;;     vpmovsxwd x, x
;;     pop rbp
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     vpmovsxbw x, x
;;     vpmovsxbw x, x
;;     vpmullw x, x, x
;;     pop rbp
;;     ret
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     vpmovmskb r32, x
;;     pop rbp
;;     ret
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     xor r32, r32
;;     vptest x, x
;;     sete r8
;;     add r32, 5
;;     pop rbp
;;     ret
;; function 12
;;     push rbp
;;     mov rbp, rsp
;;     vandps x, x, x
;;     vandnps x, x, x
;;     vorps x, x, x
;;     pop rbp
;;     ret
;; function 13
;;     push rbp
;;     mov rbp, rsp
;;     vpmaxub x, x, x
;;     vpcmpeqb x, x, x
;;     vpcmpeqd x, x, x
;;     vpxor x, x, x
;;     pop rbp
;;     ret
;; function 14
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     vbroadcastss x, dword ptr [r64+r64]
;;     pop rbp
;;     ret
;; function 15
;;     push rbp
;;     mov rbp, rsp
;;     vminps x, x, x
;;     vminps x, x, x
;;     vorps x, x, x
;;     vcmpunordps x, x, x
;;     vaddps x, x, x
;;     vblendvps x, x, x, x
;;     pop rbp
;;     ret
;; function 16
;;     push rbp
;;     mov rbp, rsp
;;     vminps x, x, x
;;     pop rbp
;;     ret
;; function 17
;;     push rbp
;;     mov rbp, rsp
;;     vxorps x, x, x
;;     vcmpordps x, x, x
;;     vandps x, x, x
;;     vbroadcastss x, dword ptr [constants]
;;     vcvttps2dq x, x
;;     vcmpleps x, x, x
;;     vxorps x, x, x
;;     pop rbp
;;     ret
;; function 18
;;     push rbp
;;     mov rbp, rsp
;;     vcvtdq2ps x, x
;;     vmovq x, x
;;     vbroadcastss x, dword ptr [constants]
;;     vmulps x, x, x
;;     pop rbp
;;     ret
;; function 19
;;     push rbp
;;     mov rbp, rsp
;;     vmovdqa x, x ptr [constants]
;;     vpand x, x, x
;;     vmovdqa x, x ptr [constants]
;;     vpshufb x, x, x
;;     vpsrlw x, x, 4
;;     vpand x, x, x
;;     vpshufb x, x, x
;;     vpaddb x, x, x
;;     pop rbp
;;     ret
