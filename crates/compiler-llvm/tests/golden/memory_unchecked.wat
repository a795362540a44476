;;! memory = unchecked
;; An access is one instruction, with address arithmetic and narrow types in it; what is not used is read all the same, and
;; what is written twice is written twice.
(module
  (memory 1 16)
  (func)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "offset") (param i32) (result i64) (i64.load32_s offset=4096 (local.get 0)))
  (func (export "scaled") (param i32) (result i32)
    (i32.load8_u offset=16 (i32.shl (local.get 0) (i32.const 2))))
  (func (export "constant") (result f64) (f64.load offset=8 (i32.const 64)))
  (func (export "unused") (param i32) (drop (i32.load (local.get 0))))
  (func (export "operand") (param i32 f64) (result f64) (f64.add (local.get 1) (f64.load (local.get 0))))
  (func (export "twice") (param i32) (i32.store (local.get 0) (i32.const 1)) (i32.store (local.get 0) (i32.const 2)))
  (func (export "update") (param i32)
    (i32.store offset=4 (local.get 0) (i32.add (i32.load offset=4 (local.get 0)) (i32.const 1)))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     mov r32, dword ptr [r64+r64]
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     movsxd r64, dword ptr [r64+r64+0x1000]
;;     pop rbp
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     shl r32, 2
;;     movzx r32, byte ptr [r64+r64+0x10]
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     vmovsd x, qword ptr [r64+0x48]
;;     pop rbp
;;     ret
;; function 5
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     mov r32, dword ptr [r64+r64]
;;     pop rbp
;;     ret
;; function 6
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     vaddsd x, x, qword ptr [r64+r64]
;;     pop rbp
;;     ret
;; function 7
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     mov dword ptr [r64+r64], 1
;;     mov dword ptr [r64+r64], 2
;;     pop rbp
;;     ret
;; function 8
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     inc dword ptr [r64+r64+4]
;;     pop rbp
;;     ret
