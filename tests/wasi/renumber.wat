;; Standard output takes the number of another descriptor: the text arrives through it, the old number
;; is closed, and what was there before is gone.
;;@ run:
;;@ stdout: through two
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $fd_renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\0c\00\00\00")
  (data (i32.const 32) "through two\n")
  (func $check (param $errno i32) (param $expected i32) (param $status i32)
    (if (i32.ne (local.get $errno) (local.get $expected))
      (then (call $proc_exit (local.get $status)))))
  (func $write (param $fd i32) (result i32)
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16)))
  (func (export "_start")
    (call $check (call $fd_renumber (i32.const 1) (i32.const 2)) (i32.const 0) (i32.const 1))
    (call $check (call $write (i32.const 2)) (i32.const 0) (i32.const 2))
    ;; 8 is `badf`.
    (call $check (call $write (i32.const 1)) (i32.const 8) (i32.const 3))
    (call $check (call $fd_renumber (i32.const 2) (i32.const 1)) (i32.const 8) (i32.const 4))
    (call $check (call $fd_renumber (i32.const 2) (i32.const -1)) (i32.const 8) (i32.const 5))
    (call $check (call $fd_renumber (i32.const 2) (i32.const 2)) (i32.const 0) (i32.const 6))
    (call $check (call $fd_close (i32.const 1)) (i32.const 8) (i32.const 7))
    (call $check (call $fd_close (i32.const 2)) (i32.const 0) (i32.const 8))))
