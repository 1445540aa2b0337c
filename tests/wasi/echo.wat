;; Standard input is a socket that listens: accepts a connection, looks at four bytes, takes them, sends
;; them back and shuts down. Ends with the first errno, or 99 when what it looked at was not what came.
;; It is started by `a_socket_that_listens_can_be_inherited`.
(module
  (import "wasi_snapshot_preview1" "sock_accept"
    (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv"
    (func $sock_recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send"
    (func $sock_send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown"
    (func $sock_shutdown (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; Two lists of one vector: 4 bytes at 32, and at 40.
  (data (i32.const 0) "\20\00\00\00\04\00\00\00\28\00\00\00\04\00\00\00")
  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
  (func (export "_start")
    (local $fd i32)
    (call $check (call $sock_accept (i32.const 0) (i32.const 0) (i32.const 64)))
    (local.set $fd (i32.load (i32.const 64)))
    ;; recv_peek and recv_waitall, then recv_waitall.
    (call $check (call $sock_recv (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 3)
                                  (i32.const 68) (i32.const 72)))
    (call $check (call $sock_recv (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 2)
                                  (i32.const 68) (i32.const 72)))
    (if (i32.ne (i32.load (i32.const 32)) (i32.load (i32.const 40)))
      (then (call $proc_exit (i32.const 99))))
    (call $check (call $sock_send (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 0)
                                  (i32.const 68)))
    (call $check (call $sock_shutdown (local.get $fd) (i32.const 3)))))
