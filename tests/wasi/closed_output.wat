;; Ends with the errno of writing to standard output, and that to standard error times 16. It is started by
;; `standard_streams_may_be_closed`.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\04\00\00\00")
  (data (i32.const 32) "text")
  (func (export "_start")
    (call $proc_exit
      (i32.add
        (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))
        (i32.mul (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16))
                 (i32.const 16))))))
