;; Integers and floats at their edges, called by name; results are printed one a line.
;;@ build: --invoke add
;;@ run: 2 40
;;@ stdout: 42
;;@ run: 2147483647 1
;;@ stdout: -2147483648
;;@ build: --invoke wide
;;@ run: -1
;;@ stdout: 4294967295
;;@ build: --invoke shifts
;;@ run: 1 33
;;@ stdout: 2
;;@ stdout: 0
;;@ build: --invoke root
;;@ run: 2
;;@ stdout: 1.4142135623730951
;;@ build: --invoke several
;;@ run:
;;@ stdout: 1
;;@ stdout: 2
;;@ stdout: 3
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "wide") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
  (func (export "shifts") (param i32 i32) (result i32 i32)
    (i32.shl (local.get 0) (local.get 1))
    (i32.shr_u (local.get 0) (local.get 1)))
  (func (export "root") (param f64) (result f64) (f64.sqrt (local.get 0)))
  (func (export "several") (result i32 i64 i32)
    (block (result i32 i64 i32) (i32.const 1) (i64.const 2) (i32.const 3))))
