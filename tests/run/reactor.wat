;; A reactor: `_initialize` has run before the function that is invoked, its start function before both.
;;@ build: --invoke counter
;;@ run:
;;@ stdout: 111
(module
  (global $counter (mut i32) (i32.const 0))
  (func $start (global.set $counter (i32.const 1)))
  (start $start)
  (func (export "_initialize")
    (global.set $counter (i32.add (i32.mul (global.get $counter) (i32.const 10)) (i32.const 1))))
  (func (export "counter") (result i32)
    (i32.add (i32.mul (global.get $counter) (i32.const 10)) (i32.const 1))))
