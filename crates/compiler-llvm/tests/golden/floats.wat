;; Floats whose NaNs may have any bits: minima and maxima without branches; constants that may be neutral keep NaNs quiet.
(module
  (func)
  (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (export "max") (param f32 f32) (result f32) (f32.max (local.get 0) (local.get 1)))
  (func (export "at_most_two") (param f64) (result f64) (f64.min (local.get 0) (f64.const 2)))
  (func (export "times_one") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1)))
  (func (export "copysign") (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
  (func (export "nearest") (param f32) (result f32) (f32.nearest (local.get 0)))
  (func (export "polynomial") (param f64) (result f64)
    (f64.add (f64.mul (f64.add (f64.mul (local.get 0) (f64.const 3)) (f64.const 2)) (local.get 0)) (f64.const 7)))
  (func (export "unsigned") (param i64) (result f64) (f64.convert_i64_u (local.get 0))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     vminsd x, x, x
;;     vminsd x, x, x
;;     vorpd x, x, x
;;     vaddsd x, x, x
;;     vcmpunordsd x, x, x
;;     vblendvpd x, x, x, x
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     vmaxss x, x, x
;;     vmaxss x, x, x
;;     vandps x, x, x
;;     vaddss x, x, x
;;     vcmpunordss x, x, x
;;     vblendvps x, x, x, x
;;     pop rbp
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     vmovsd x, qword ptr [constants]
;;     vminsd x, x, x
;;     vmulsd x, x, qword ptr [constants]
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     vmulsd x, x, qword ptr [constants]
;;     pop rbp
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     vandps x, x, x ptr [constants]
;;     vandps x, x, x ptr [constants]
;;     vorps x, x, x
;;     pop rbp
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     vroundss x, x, x, 8
;;     pop rbp
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     vmulsd x, x, qword ptr [constants]
;;     vaddsd x, x, qword ptr [constants]
;;     vmulsd x, x, x
;;     vaddsd x, x, qword ptr [constants]
;;     pop rbp
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     vmovq x, r64
;;     vpunpckldq x, x, x ptr [constants]
;;     vsubpd x, x, x ptr [constants]
;;     vshufpd x, x, x, 1
;;     vaddsd x, x, x
;;     pop rbp
;;     ret
