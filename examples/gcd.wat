;; Functions to call by name: `wasmill run examples/gcd.wat --invoke gcd 1071 462` prints 21.
(module
  (func (export "gcd") (param $a i64) (param $b i64) (result i64)
    (local $rest i64)
    (loop $next (result i64)
      (if (result i64) (i64.eqz (local.get $b))
        (then (local.get $a))
        (else
          (local.set $rest (i64.rem_u (local.get $a) (local.get $b)))
          (local.set $a (local.get $b))
          (local.set $b (local.get $rest))
          (br $next)))))

  ;; The quotient and the rest together.
  (func (export "divide") (param $a i32) (param $b i32) (result i32 i32)
    (i32.div_s (local.get $a) (local.get $b))
    (i32.rem_s (local.get $a) (local.get $b))))
