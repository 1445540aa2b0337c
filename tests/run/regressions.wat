;; What others got wrong: shifts and adds folded into addresses, sign extension of arguments on the
;; stack, `select` and branches on vectors, shifts of small lanes, recursion, frames larger than a guard.
;;@ build: --invoke folded
;;@ run: 5
;;@ stdout: 1122867
;;@ build: --invoke stack_arguments
;;@ run:
;;@ stdout: -55
;;@ build: --invoke vectors
;;@ run: 0
;;@ stdout: 2
;;@ stdout: 254
;;@ stdout: 255
;;@ run: 1
;;@ stdout: 1
;;@ stdout: 254
;;@ stdout: 255
;;@ build: --invoke recursion
;;@ run: 1000
;;@ stdout: 500500
;;@ stdout: 500500
;;@ build: --invoke constants
;;@ run:
;;@ stdout: 6.5
(module
  (type $sum (func (param i32) (result i32)))
  (memory 1)
  (table 1 1 funcref)
  (elem (i32.const 0) func $sum_indirect)
  (data (i32.const 168) "\33\22\11\00")
  ;; The index wraps at 32 bits before the constant offset is added.
  (func (export "folded") (param i64) (result i32)
    (i32.load offset=128
      (i32.wrap_i64 (i64.add (i64.shl (local.get 0) (i64.const 3)) (i64.const 0x100000000)))))
  (func $ten (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i64)
    (i64.add
      (i64.extend_i32_s (local.get 9))
      (i64.add (i64.extend_i32_s (local.get 8)) (i64.extend_i32_s (local.get 7)))))
  (func (export "stack_arguments") (result i64)
    (call $ten (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)
      (i32.const 7) (i32.const -8) (i32.const -9) (i32.const -38)))
  (func (export "vectors") (param i32) (result i32 i32 i32)
    (i32x4.extract_lane 2
      (select (v128.const i32x4 1 1 1 1) (v128.const i32x4 2 2 2 2) (local.get 0)))
    (i8x16.extract_lane_u 3 (i8x16.shl (i8x16.splat (i32.const 0xff)) (i32.const 9)))
    (i8x16.extract_lane_u 3
      (block $b (result v128)
        (br_table $b $b (i8x16.shr_s (i8x16.splat (i32.const 0x80)) (i32.const 15)) (local.get 0)))))
  (func $sum (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (local.get 0) (call $sum (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func $sum_indirect (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then
        (i32.add (local.get 0)
          (call_indirect (type $sum) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
      (else (i32.const 0))))
  (func (export "recursion") (param i32) (result i32 i32)
    (call $sum (local.get 0)) (call_indirect (type $sum) (local.get 0) (i32.const 0)))
  (func (export "constants") (result f64)
    (f64.add (f64.promote_f32 (f32.const 1.5)) (f64.const 5))))
