;; Every trap that WebAssembly 2.0 has: the specification's message, a backtrace with the program's own
;; names, exit status 134.
;;@ build: --invoke unreachable
;;@ run:
;;@ status: 134
;;@ stderr: [..]unreachable[..]
;;@ stderr: [..]inner[..]
;;@ stderr: [..]outer[..]
;;@ stderr: ...
;;@ build: --invoke load
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: [..]load[..]
;;@ stderr: ...
;;@ build: --invoke store
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: [..]store[..]
;;@ stderr: ...
;;@ build: --invoke far
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: [..]far[..]
;;@ stderr: ...
;;@ build: --invoke fill
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: [..]fill[..]
;;@ stderr: ...
;;@ build: --invoke init
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: [..]init[..]
;;@ stderr: ...
;;@ build: --invoke table_get
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds table access[..]
;;@ stderr: [..]table_get[..]
;;@ stderr: ...
;;@ build: --invoke table_init
;;@ run:
;;@ status: 134
;;@ stderr: [..]out of bounds table access[..]
;;@ stderr: [..]table_init[..]
;;@ stderr: ...
;;@ build: --invoke undefined
;;@ run:
;;@ status: 134
;;@ stderr: [..]undefined element[..]
;;@ stderr: [..]undefined[..]
;;@ stderr: ...
;;@ build: --invoke uninitialized
;;@ run:
;;@ status: 134
;;@ stderr: [..]uninitialized element[..]
;;@ stderr: [..]uninitialized[..]
;;@ stderr: ...
;;@ build: --invoke mismatch
;;@ run:
;;@ status: 134
;;@ stderr: [..]indirect call type mismatch[..]
;;@ stderr: [..]mismatch[..]
;;@ stderr: ...
;;@ build: --invoke divide
;;@ run:
;;@ status: 134
;;@ stderr: [..]integer divide by zero[..]
;;@ stderr: [..]divide[..]
;;@ stderr: ...
;;@ build: --invoke remainder
;;@ run:
;;@ status: 134
;;@ stderr: [..]integer divide by zero[..]
;;@ stderr: [..]remainder[..]
;;@ stderr: ...
;;@ build: --invoke overflow
;;@ run:
;;@ status: 134
;;@ stderr: [..]integer overflow[..]
;;@ stderr: [..]overflow[..]
;;@ stderr: ...
;;@ build: --invoke truncate
;;@ run:
;;@ status: 134
;;@ stderr: [..]integer overflow[..]
;;@ stderr: [..]truncate[..]
;;@ stderr: ...
;;@ build: --invoke nan
;;@ run:
;;@ status: 134
;;@ stderr: [..]invalid conversion to integer[..]
;;@ stderr: [..]nan[..]
;;@ stderr: ...
;;@ build: --invoke deep
;;@ run: 1
;;@ status: 134
;;@ stderr: [..]call stack exhausted[..]
;;@ stderr: [..]deep[..]
;;@ stderr: ...
(module
  (memory 1 1)
  (table 4 funcref)
  (type $unary (func (param i32) (result i32)))
  (type $nullary (func))
  (elem (i32.const 0) func $identity $nothing)
  (elem $passive func $identity)
  (data $bytes "abc")
  (func $identity (param i32) (result i32) (local.get 0))
  (func $nothing)
  (func $inner (result i32) unreachable)
  (func $outer (export "unreachable") (result i32) (call $inner))
  (func $load (export "load") (result i32) (i32.load (i32.const 65533)))
  (func $store (export "store") (i64.store (i32.const -1) (i64.const 1)))
  (func $far (export "far") (result i32) (i32.load offset=0xfffffffc (i32.const 4)))
  (func $fill (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
  (func $init (export "init") (memory.init $bytes (i32.const 0) (i32.const 2) (i32.const 2)))
  (func $table_get (export "table_get") (drop (table.get (i32.const 4))))
  (func $table_init (export "table_init")
    (table.init $passive (i32.const 0) (i32.const 1) (i32.const 1)))
  (func $undefined (export "undefined") (call_indirect (type $nullary) (i32.const 4)))
  (func $uninitialized (export "uninitialized") (call_indirect (type $nullary) (i32.const 3)))
  (func $mismatch (export "mismatch") (call_indirect (type $nullary) (i32.const 0)))
  (func $divide (export "divide") (result i32) (i32.div_s (i32.const 1) (call $zero)))
  (func $remainder (export "remainder") (result i64) (i64.rem_u (i64.const 1) (i64.const 0)))
  (func $zero (result i32) (i32.const 0))
  (func $overflow (export "overflow") (result i32)
    (i32.div_s (i32.const 0x80000000) (i32.const -1)))
  (func $truncate (export "truncate") (result i32) (i32.trunc_f64_s (f64.const 2147483648)))
  (func $nan (export "nan") (result i64) (i64.trunc_f32_u (f32.const nan)))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (local.get 0)))))
