;; An exit code is the program's own, unless the builder wants those that shells use to be traps.
;;@ run:
;;@ status: 200
;;@ build: --strict-exit-codes
;;@ run:
;;@ status: 134
;;@ stderr: program: trap: the exit code 200 is not one of 0 to 125
;;@ run: one
;;@ status: 125
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 2)) (then (call $proc_exit (i32.const 125))))
    (call $proc_exit (i32.const 200))))
