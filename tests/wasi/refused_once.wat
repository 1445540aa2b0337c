;; Asks for what it was not granted and ends with status 3, or with 0 when it has an argument. It is started
;; by the cases of `watched.rs`.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "etc/hosts")
  (func (export "_start")
    (drop
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 9) (i32.const 0)
                       (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $proc_exit (select (i32.const 0) (i32.const 3) (i32.gt_u (i32.load (i32.const 0)) (i32.const 1))))))
