;; Calls through tables: constant ones, changed ones, several signatures, a table that grows.
;;@ build: --invoke all
;;@ run:
;;@ stdout: 7
;;@ stdout: 12
;;@ stdout: 12
;;@ stdout: 4
;;@ stdout: 12
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $fixed 2 2 funcref)
  (table $changing 2 8 funcref)
  (elem (table $fixed) (i32.const 0) func $add $multiply)
  (elem (table $changing) (i32.const 0) func $add $multiply)
  (elem declare func $multiply)
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $multiply (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
  (func (export "all") (result i32 i32 i32 i32 i32)
    (call_indirect $fixed (type $binary) (i32.const 3) (i32.const 4) (i32.const 0))
    (call_indirect $changing (type $binary) (i32.const 3) (i32.const 4) (i32.const 1))
    (table.set $changing (i32.const 0) (ref.func $multiply))
    (call_indirect $changing (type $binary) (i32.const 3) (i32.const 4) (i32.const 0))
    (drop (table.grow $changing (ref.func $multiply) (i32.const 2)))
    (table.size $changing)
    (call_indirect $changing (type $binary) (i32.const 3) (i32.const 4) (i32.const 3))))
