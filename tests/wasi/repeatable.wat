;; With a fixed clock and a seed, the date and random numbers are the same at every start: the status is 1
;; for the date, 2 for the first reading of the other clock and 4 for the number.
;;@ build: --clock fixed:1000000000 --random seed:1234567
;;@ run:
;;@ status: 7
;;@ run:
;;@ status: 7
;;@ build:
;;@ run:
;;@ build: --deny clock --random seed:1234567
;;@ run:
;;@ status: 4
;;@ build: --random seed:1234567
;;@ run:
;;@ env: WASM2NATIVE_DENY=clock,env
;;@ status: 4
;;@ run:
;;@ env: WASM2NATIVE_DENY=time
;;@ status: 125
;;@ stderr: program: `WASM2NATIVE_DENY` names `time`, which is no kind; there are `fs`, `write`, `net`, `env`, `clock`, `args`
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 8)))
    (drop (call $random_get (i32.const 16) (i32.const 8)))
    (call $proc_exit
      (i32.add
        (i64.eq (i64.load (i32.const 0)) (i64.const 1000000000000000000))
        (i32.add
          (i32.mul (i32.const 2) (i64.eq (i64.load (i32.const 8)) (i64.const 2000)))
          (i32.mul (i32.const 4)
            (i64.eq (i64.load (i32.const 16)) (i64.const 6457827717110365317))))))))
