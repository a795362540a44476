;; Nothing that stays the same is computed in a loop: bases, addresses of definitions, globals that nobody else writes, and what
;; was loaded at a constant address. Locals are in registers. Loops that count are checked in front and then made wide; where all is
;; known there is nothing to check.
(module
  (memory 1 16)
  (global $step (mut i32) (i32.const 4))
  (table $t 4 4 funcref)
  (func)
  (func (export "sum") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $i))))
      (local.set $i (i32.add (local.get $i) (global.get $step)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func (export "fill") (param $n i32)
    (local $i i32)
    (loop $again
      (f64.store (i32.shl (local.get $i) (i32.const 3)) (f64.const 1))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func (export "count") (param $n i32)
    (loop $again
      (global.set $step (i32.add (global.get $step) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "known")
    (local $i i32)
    (loop $again
      (i32.store8 offset=32768 (local.get $i) (i32.sub (i32.load8_u offset=512 (local.get $i)) (i32.const 1)))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16384))))))
;; ---
;; function 1
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, dword ptr [r64+0x40]
;;     xor r32, r32
;;     xor r32, r32
;;   L1:
;;     mov r32, r32
;;     add r32, dword ptr [r64+r64]
;;     add r32, r32
;;     cmp r32, r32
;;     jb L1
;;     pop rbp
;;     ret
;; function 2
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     mov r32, r32
;;     dec r64
;;     xor r32, r32
;;     cmp r32, 2
;;     cmovb r64, r64
;;     mov r32, 0xfffffffe
;;     cmp r64, r64
;;     jg L1
;;     mov r64, qword ptr [r64+0x28]
;;     lea r64, [r64*8+8]
;;     cmp r64, qword ptr [r64+8]
;;     ja L1
;;     cmp r32, 1
;;     mov r32, r32
;;     adc r32, 0
;;     cmp r32, 4
;;     jae L3
;;     xor r32, r32
;;     xor r32, r32
;;     jmp L8
;;   L1:
;;     mov r64, 0x3ff0000000000000
;;     xor r32, r32
;;   L2:
;;     mov r32, r32
;;     mov qword ptr [r64+r64], r64
;;     inc r32
;;     add r32, 8
;;     cmp r32, r32
;;     jb L2
;;     pop rbp
;;     ret
;;   L3:
;;     cmp r32, 0x10
;;     jae L4
;;     xor r32, r32
;;     jmp L6
;;   L4:
;;     mov r32, r32
;;     and r32, 0xfffffff0
;;     lea r64, [r64*8]
;;     and r64, 0xffffffffffffff80
;;     xor r32, r32
;;     vbroadcastsd y, qword ptr [constants]
;;   L5:
;;     vmovups y ptr [r64+r64], y
;;     vmovups y ptr [r64+r64+0x20], y
;;     vmovups y ptr [r64+r64+0x40], y
;;     vmovups y ptr [r64+r64+0x60], y
;;     sub r64, 0xffffffffffffff80
;;     cmp r64, r64
;;     jne L5
;;     cmp r32, r32
;;     je L10
;;     test r8, 0xc
;;     je L11
;;   L6:
;;     mov r32, r32
;;     and r32, 0xfffffffc
;;     lea r64, [r64*8]
;;     vbroadcastsd y, qword ptr [constants]
;;   L7:
;;     vmovups y ptr [r64+r64*8], y
;;     add r64, 4
;;     cmp r64, r64
;;     jne L7
;;     cmp r32, r32
;;     je L10
;;   L8:
;;     add r64, r64
;;     mov r64, 0x3ff0000000000000
;;   L9:
;;     mov qword ptr [r64], r64
;;     inc r32
;;     add r64, 8
;;     cmp r32, r32
;;     jb L9
;;   L10:
;;     pop rbp
;;     vzeroupper
;;     ret
;;   L11:
;;     lea r64, [r64*8]
;;     mov r32, r32
;;     jmp L8
;; function 3
;;     push rbp
;;     mov rbp, rsp
;;     lea r32, [r64-1]
;;     mov r32, r32
;;     and r32, 3
;;     je L2
;;     xor r32, r32
;;   L1:
;;     inc dword ptr [r64+0x40]
;;     inc r32
;;     cmp r32, r32
;;     jne L1
;;     sub r32, r32
;;   L2:
;;     cmp r32, 3
;;     jb L4
;;   L3:
;;     inc dword ptr [r64+0x40]
;;     inc dword ptr [r64+0x40]
;;     inc dword ptr [r64+0x40]
;;     inc dword ptr [r64+0x40]
;;     add r32, 0xfffffffc
;;     jne L3
;;   L4:
;;     pop rbp
;;     ret
;; function 4
;;     push rbp
;;     mov rbp, rsp
;;     mov r64, qword ptr [r64+0x20]
;;     xor r32, r32
;;     vpcmpeqd y, y, y
;;   L1:
;;     vpaddb y, y, y ptr [r64+r64+0x200]
;;     vpaddb y, y, y ptr [r64+r64+0x220]
;;     vpaddb y, y, y ptr [r64+r64+0x240]
;;     vpaddb y, y, y ptr [r64+r64+0x260]
;;     vmovdqu y ptr [r64+r64+0x8000], y
;;     vmovdqu y ptr [r64+r64+0x8020], y
;;     vmovdqu y ptr [r64+r64+0x8040], y
;;     vmovdqu y ptr [r64+r64+0x8060], y
;;     vpaddb y, y, y ptr [r64+r64+0x280]
;;     vpaddb y, y, y ptr [r64+r64+0x2a0]
;;     vpaddb y, y, y ptr [r64+r64+0x2c0]
;;     vpaddb y, y, y ptr [r64+r64+0x2e0]
;;     vmovdqu y ptr [r64+r64+0x8080], y
;;     vmovdqu y ptr [r64+r64+0x80a0], y
;;     vmovdqu y ptr [r64+r64+0x80c0], y
;;     vmovdqu y ptr [r64+r64+0x80e0], y
;;     add r64, 0x100
;;     cmp r64, 0x4000
;;     jne L1
;;     pop rbp
;;     vzeroupper
;;     ret
