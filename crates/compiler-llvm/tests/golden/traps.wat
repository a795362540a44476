;; What traps jumps behind the function, where an instruction says why; each place has its own.
(module
  (table $t 4 funcref)
  (func)
  (func (export "unreachable") unreachable)
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "by_constant") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func (export "remainder") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "saturate") (param f32) (result i32) (i32.trunc_sat_f32_u (local.get 0)))
  (func (export "twice") (param i32)
    (if (local.get 0) (then unreachable))
    (call_indirect (local.get 0))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     trap UnreachableCodeReached
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     test r32, r32
;;     je L1
;;     mov r32, r32
;;     mov r32, r32
;;     not r32
;;     lea r32, [r64-0x80000000]
;;     or r32, r32
;;     je L2
;;     mov r32, r32
;;     cdq
;;     idiv r32
;;     pop rbp
;;     ret
;;   L1:
;;     trap IntegerDivisionByZero
;;   L2:
;;     trap IntegerOverflow
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, r32
;;     mov r32, 0xcccccccd
;;     imul r64, r64
;;     shr r64, 0x23
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     test r64, r64
;;     je L2
;;     cmp r64, 0xffffffffffffffff
;;     mov r32, 1
;;     cmovne r64, r64
;;     mov r64, r64
;;     or r64, r64
;;     shr r64, 0x20
;;     je L1
;;     mov r64, r64
;;     cqo
;;     idiv r64
;;     mov r64, r64
;;     pop rbp
;;     ret
;;   L1:
;;     mov r32, r32
;;     xor r32, r32
;;     div r32
;;     mov r32, r32
;;     pop rbp
;;     ret
;;   L2:
;;     trap IntegerDivisionByZero
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     vucomisd x, qword ptr [constants]
;;     jbe L1
;;     vmovsd x, qword ptr [constants]
;;     vucomisd x, x
;;     jbe L1
;;     vcvttsd2si r32, x
;;     pop rbp
;;     ret
;;   L1:
;;     vucomisd x, x
;;     jp L2
;;     trap IntegerOverflow
;;   L2:
;;     trap BadConversionToInteger
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     vcvttss2si r64, x
;;     xor r32, r32
;;     vxorps x, x, x
;;     vucomiss x, x
;;     cmovae r32, r32
;;     vucomiss x, dword ptr [constants]
;;     mov r32, 0xffffffff
;;     cmovbe r32, r32
;;     pop rbp
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     push r64
;;     push r64
;;     test r32, r32
;;     jne L5
;;     mov r64, qword ptr [r64+0x28]
;;     cmp dword ptr [r64+8], 0
;;     je L2
;;     mov r64, qword ptr [r64]
;;     mov r64, qword ptr [r64]
;;     cmp r64, 1
;;     jbe L3
;;   L1:
;;     mov r32, dword ptr [r64+0x10]
;;     cmp r32, dword ptr [r64+0x30]
;;     jne L4
;;     mov r64, qword ptr [r64+8]
;;     call qword ptr [r64]
;;     add rsp, 8
;;     pop r64
;;     pop rbp
;;     ret
;;   L2:
;;     trap TableAccessOutOfBounds
;;   L3:
;;     mov r64, qword ptr [r64+0x10]
;;     mov r64, r64
;;     xor r32, r32
;;     xor r32, r32
;;     call qword ptr [r64+0x30]
;;     mov r64, r64
;;     test r64, r64
;;     jne L1
;;     trap IndirectCallToNull
;;   L4:
;;     trap BadSignature
;;   L5:
;;     trap UnreachableCodeReached
