;; Branches: a table of addresses for many cases, arithmetic for few, nothing for a choice of values.
(module
  (func)
  (func (export "select") (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.lt_s (local.get 0) (local.get 1))))
  (func (export "if") (param i32 i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7)) (else (local.get 1))))
  (func (export "values") (param i32) (result i32)
    (block $default (block $c (block $b (block $a
      (br_table $a $b $c $default (local.get 0)))
      (return (i32.const 5))) (return (i32.const 9))) (return (i32.const 2)))
    (i32.const 11))
  (func (export "switch") (param i32 f64) (result f64)
    (block $default (block $e (block $d (block $c (block $b (block $a
      (br_table $a $b $c $d $e $default (local.get 0)))
      (return (f64.sqrt (local.get 1)))) (return (f64.ceil (local.get 1)))) (return (f64.neg (local.get 1))))
      (return (f64.add (local.get 1) (local.get 1)))) (return (f64.floor (local.get 1))))
    (f64.const 3))
  (func (export "euclid") (param $a i32) (param $b i32) (result i32)
    (loop $again (result i32)
      (if (result i32) (i32.eqz (local.get $b))
        (then (local.get $a))
        (else
          (i32.rem_u (local.get $a) (local.get $b))
          (local.set $a (local.get $b))
          (local.set $b)
          (br $again))))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, r32
;;     cmp r32, r32
;;     cmovl r32, r32
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     test r32, r32
;;     mov r32, 7
;;     cmovne r32, r32
;;     pop rbp
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, 0xb
;;     cmp r32, 2
;;     ja L1
;;     mov r32, r32
;;     lea r64, [constants]
;;     mov r32, dword ptr [r64+r64*4]
;;   L1:
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     cmp r32, 4
;;     ja L1
;;     mov r32, r32
;;     lea r64, [constants]
;;     movsxd r64, dword ptr [r64+r64*4]
;;     add r64, r64
;;     jmp r64
;;     vsqrtsd x, x, x
;;     pop rbp
;;     ret
;;     vroundsd x, x, x, 9
;;     pop rbp
;;     ret
;;     vxorps x, x, x ptr [constants]
;;     pop rbp
;;     ret
;;     vaddsd x, x, x
;;     pop rbp
;;     ret
;;     vroundsd x, x, x, 0xa
;;     pop rbp
;;     ret
;;   L1:
;;     vmovsd x, qword ptr [constants]
;;     pop rbp
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, r32
;;     test r32, r32
;;     je L2
;;     mov r32, r32
;;   L1:
;;     xor r32, r32
;;     div r32
;;     mov r32, r32
;;     mov r32, r32
;;     test r32, r32
;;     jne L1
;;   L2:
;;     pop rbp
;;     ret
