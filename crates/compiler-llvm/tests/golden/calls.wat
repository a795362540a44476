;; Calls: small functions are not called; others of the module are, directly, and keep only the parameters that they need; exports
;; keep the boundary ABI; imports and table elements are called through their context. A last call is a call.
(module
  (type $t (func (param i32) (result i32)))
  (import "host" "f" (func $import (type $t)))
  (table $table 4 4 funcref)
  (elem (i32.const 0) $element)
  (global $g (mut i32) (i32.const 0))
  (func)
  (func $small (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $recursive (param $n i32) (param $unused i64) (result i32)
    (if (result i32) (i32.eqz (local.get $n))
      (then (i32.const 1))
      (else (i32.add (call $recursive (i32.sub (local.get $n) (i32.const 1)) (i64.const 0))
                     (call $recursive (i32.sub (local.get $n) (i32.const 2)) (i64.const 1))))))
  (func $two (param i32) (result i32 i32) (call $import (local.get 0)) (local.get 0))
  (func $element (type $t) (i32.add (local.get 0) (i32.const 1)))
  (func (export "small") (param i32) (result i32) (call $small (local.get 0)))
  (func (export "recursive") (param i32) (result i32) (call $recursive (local.get 0) (i64.const 9)))
  (func (export "import") (param i32) (result i32) (call $import (local.get 0)))
  (func (export "two") (param i32) (result i32) (i32.sub (call $two (local.get 0))))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect (type $t) (local.get 0) (local.get 1)))
  (func (export "results") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0)))
;; ---
;; function 2
;;   inlined everywhere
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     push r64
;;     push r64
;;     test r32, r32
;;     je L1
;;     lea r32, [r64-1]
;;     mov r64, r64
;;     mov r32, r32
;;     xor r32, r32
;;     call itself
;;     mov r32, r32
;;     add r32, 0xfffffffe
;;     mov r32, 1
;;     mov r32, r32
;;     call itself
;;     add r32, r32
;;     pop r64
;;     pop r64
;;     pop rbp
;;     ret
;;   L1:
;;     mov r32, 1
;;     pop r64
;;     pop r64
;;     pop rbp
;;     ret
;; function 4
;;   inlined everywhere
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     lea r32, [r64+1]
;;     pop rbp
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     lea r32, [r64+r64*2]
;;     pop rbp
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     push r64
;;     push r64
;;     mov r32, r32
;;     mov r32, 9
;;     mov r64, r64
;;     mov r32, r32
;;     call function 2
;;     add rsp, 8
;;     pop r64
;;     pop rbp
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, r64
;;     mov r64, qword ptr [r64+0x48]
;;     call qword ptr [r64+0x40]
;;     pop rbp
;;     ret
;; function 9
;;     push rbp
;;     mov rbp, rsp
;;     push r64
;;     push r64
;;     mov r32, r32
;;     mov r64, r64
;;     mov r64, qword ptr [r64+0x48]
;;     call qword ptr [r64+0x40]
;;     sub r32, r32
;;     add rsp, 8
;;     pop r64
;;     pop rbp
;;     ret
;; function 10
;;     push rbp
;;     mov rbp, rsp
;;     push r64
;;     push r64
;;     cmp r32, 4
;;     jae L2
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     mov r64, qword ptr [r64+r64*8]
;;     cmp r64, 1
;;     jbe L3
;;   L1:
;;     mov r32, dword ptr [r64+0x10]
;;     cmp r32, dword ptr [r64+0x58]
;;     jne L4
;;     mov r64, qword ptr [r64+8]
;;     call qword ptr [r64]
;;     pop r64
;;     pop r64
;;     pop rbp
;;     ret
;;   L2:
;;     trap TableAccessOutOfBounds
;;   L3:
;;     mov r64, qword ptr [r64+0x10]
;;     mov r64, r64
;;     mov r32, r32
;;     xor r32, r32
;;     call qword ptr [r64+0x30]
;;     mov r64, r64
;;     mov r32, r32
;;     test r64, r64
;;     jne L1
;;     trap IndirectCallToNull
;;   L4:
;;     trap BadSignature
;; function 11
;;     push rbp
;;     mov rbp, rsp
;;     vmovsd qword ptr [r64], x
;;     mov dword ptr [r64+0x10], r32
;;     pop rbp
;;     ret
