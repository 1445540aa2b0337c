;; Writes to standard output, closes it, and writes to standard error.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\04\00\00\00\14\00\00\00\04\00\00\00one\ntwo\n")
  (func (export "_start")
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))
      (then (call $proc_exit (i32.const 1))))
    (if (call $fd_close (i32.const 1)) (then (call $proc_exit (i32.const 2))))
    (if (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 32))
      (then (call $proc_exit (i32.const 3))))))
