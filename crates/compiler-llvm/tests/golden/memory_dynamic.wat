;;! memory = dynamic
;; A memory that is checked against its size: one comparison, and a conditional move.
(module
  (memory 1 16)
  (func)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "offset") (param i32) (result i64) (i64.load32_s offset=4096 (local.get 0)))
  (func (export "constant") (result f64) (f64.load offset=8 (i32.const 64)))
  (func (export "update") (param i32)
    (i32.store offset=4 (local.get 0) (i32.add (i32.load offset=4 (local.get 0)) (i32.const 1)))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, r32
;;     mov r64, qword ptr [r64+0x20]
;;     add r64, r64
;;     mov r64, qword ptr [r64+0x28]
;;     xor r32, r32
;;     cmp qword ptr [r64+8], r64
;;     cmovae r64, r64
;;     mov r32, dword ptr [r64]
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, r32
;;     mov r64, qword ptr [r64+0x20]
;;     mov r64, qword ptr [r64+0x28]
;;     add r64, r64
;;     add r64, 0x1000
;;     xor r32, r32
;;     cmp qword ptr [r64+8], r64
;;     cmovae r64, r64
;;     movsxd r64, dword ptr [r64]
;;     pop rbp
;;     ret
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     vmovsd x, qword ptr [r64+0x48]
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     mov r32, r32
;;     mov r64, qword ptr [r64+0x20]
;;     mov r64, qword ptr [r64+0x28]
;;     add r64, r64
;;     add r64, 4
;;     xor r32, r32
;;     cmp qword ptr [r64+8], r64
;;     cmovae r64, r64
;;     inc dword ptr [r64]
;;     pop rbp
;;     ret
