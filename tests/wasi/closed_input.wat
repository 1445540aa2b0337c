;; Ends with the number that a new file gets, times 16, and the errno of reading standard input. It is
;; started by `standard_streams_may_be_closed`.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "file")
  (func (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 4) (i32.const 1)
                         (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 16))
      (then (call $proc_exit (i32.const 1))))
    (call $proc_exit
      (i32.add
        (i32.mul (i32.load (i32.const 16)) (i32.const 16))
        (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 20))))))
