;;! nans = canonical
;; Floats whose NaNs have the canonical bits, wherever they were computed.
(module
  (func)
  (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (export "times_one") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1)))
  (func (export "sum") (param f32 f32 f32) (result f32) (f32.add (f32.add (local.get 0) (local.get 1)) (local.get 2)))
  (func (export "less") (param f64 f64) (result i32)
    (f64.lt (f64.sub (local.get 0) (local.get 1)) (f64.const 0.5)))
  (func (export "root") (param f64) (result f64) (f64.sqrt (local.get 0)))
  (func (export "lanes") (param v128 v128) (result v128) (f32x4.mul (local.get 0) (local.get 1))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     vminsd x, x, x
;;     vaddsd x, x, x
;;     vcmpunordsd x, x, x
;;     vmovsd x, qword ptr [constants]
;;     vblendvpd x, x, x, x
;;     vminsd x, x, x
;;     vorpd x, x, x
;;     vcmpunordsd x, x, x
;;     vblendvpd x, x, x, x
;;     vcmpunordsd x, x, x
;;     vblendvpd x, x, x, x
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     vcmpunordsd x, x, x
;;     vblendvpd x, x, x ptr [constants], x
;;     pop rbp
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     vaddss x, x, x
;;     vcmpunordss x, x, x
;;     vmovss x, dword ptr [constants]
;;     vblendvps x, x, x, x
;;     vaddss x, x, x
;;     vcmpunordss x, x, x
;;     vblendvps x, x, x, x
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     vsubsd x, x, x
;;     vmovsd x, qword ptr [constants]
;;     xor r32, r32
;;     vucomisd x, x
;;     seta r8
;;     pop rbp
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     vsqrtsd x, x, x
;;     vcmpunordsd x, x, x
;;     vblendvpd x, x, x ptr [constants], x
;;     pop rbp
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     vmulps x, x, x
;;     vxorps x, x, x
;;     vcmpunordps x, x, x
;;     vbroadcastss x, dword ptr [constants]
;;     vblendvps x, x, x, x
;;     pop rbp
;;     ret
