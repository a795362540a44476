;; RUN: run % --invoke add 1 2
;; RUN: % -i add -5 0xffff_ffff
;; RUN: run -i add % -- -2147483648 -0x1
;; RUN: run % -i swap 18446744073709551615 -7
;; RUN: run % -i float 1.5 -2.5
;; RUN: run % -i nothing
;; RUN: run % -i vector 0x0f
;; RUN: run % -i reference null
(module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 i64) (result i64 i64)
    (local.get 1) (local.get 0))
  (func (export "float") (param f32 f64) (result f64)
    (f64.add (f64.promote_f32 (local.get 0)) (local.get 1)))
  (func (export "nothing"))
  (func (export "vector") (param v128) (result v128) (local.get 0))
  (func (export "reference") (param externref) (result i32) (ref.is_null (local.get 0))))

;;! $ wasmill run invoke.wat --invoke add 1 2
;;! 3
;;! $ wasmill invoke.wat -i add -5 0xffff_ffff
;;! -6
;;! $ wasmill run -i add invoke.wat -- -2147483648 -0x1
;;! 2147483647
;;! $ wasmill run invoke.wat -i swap 18446744073709551615 -7
;;! -7 -1
;;! $ wasmill run invoke.wat -i float 1.5 -2.5
;;! -1
;;! $ wasmill run invoke.wat -i nothing
;;! $ wasmill run invoke.wat -i vector 0x0f
;;! 15
;;! $ wasmill run invoke.wat -i reference null
;;! 1
