;; Asks for what it was not granted, and for what it was; ends with status 3, or with a trap when it has
;; an argument. It is started by the cases of `watched.rs`.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "etc/hosts")
  (data (i32.const 120) "../a\"\n\1b")
  (data (i32.const 140) "file")
  ;; With a mark of direction and a control character of eight bits.
  (data (i32.const 160) "../a\"\n\1b\e2\80\ae\c2\9bm")
  (func $open (param $directory i32) (param $path i32) (param $length i32) (param $flags i32)
    (drop
      (call $path_open (local.get $directory) (i32.const 0) (local.get $path) (local.get $length)
                       (local.get $flags) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))))
  (func $recurse (param i32)
    (if (local.get 0)
      (then (call $recurse (i32.sub (local.get 0) (i32.const 1))))
      (else (unreachable)))
    (drop (i32.load (i32.const 0))))
  (func (export "_start")
    (call $open (i32.const 4) (i32.const 100) (i32.const 9) (i32.const 0))
    (call $open (i32.const 4) (i32.const 140) (i32.const 4) (i32.const 1))
    (call $open (i32.const 3) (i32.const 140) (i32.const 4) (i32.const 1))
    (call $open (i32.const 3) (i32.const 140) (i32.const 4) (i32.const 0))
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 1))
      (then (drop (call $fd_close (i32.const 2)))))
    (call $open (i32.const 3) (i32.const 120) (i32.const 7) (i32.const 0))
    (call $open (i32.const 3) (i32.const 160) (i32.const 13) (i32.const 0))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1)) (then (call $recurse (i32.const 70))))
    (call $proc_exit (i32.const 3))))
