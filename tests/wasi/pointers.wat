;; Vectors at the end of the memory and past it, before and after it grows: 21 is `fault`.
;;@ run:
;;@ stdout: up to the end
;;@ stdout: grown
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 2)
  (data (i32.const 65522) "up to the end\n")
  (data (i32.const 512) "grown\n")
  ;; Writes one vector; its errno must be `$errno`.
  (func $write (param $pointer i32) (param $length i32) (param $errno i32)
    (i32.store (i32.const 0) (local.get $pointer))
    (i32.store (i32.const 4) (local.get $length))
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))
                (local.get $errno))
      (then (call $proc_exit (i32.const 1)))))
  (func (export "_start")
    (call $write (i32.const 65522) (i32.const 14) (i32.const 0))
    (call $write (i32.const 65522) (i32.const 15) (i32.const 21))
    (call $write (i32.const -1) (i32.const 2) (i32.const 21))
    (call $write (i32.const 1) (i32.const -1) (i32.const 21))
    ;; The result's place past the end, and a list that wraps.
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 65533))
                (i32.const 21))
      (then (call $proc_exit (i32.const 2))))
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0x20000001) (i32.const 16))
                (i32.const 21))
      (then (call $proc_exit (i32.const 3))))
    (drop (memory.grow (i32.const 1)))
    (memory.copy (i32.const 131066) (i32.const 512) (i32.const 6))
    (call $write (i32.const 131066) (i32.const 6) (i32.const 0))
    (call $write (i32.const 131066) (i32.const 7) (i32.const 21))))
