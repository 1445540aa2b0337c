;; A file that is part of the executable is read through `/`, the last granted directory, and is not changed.
;;@ build: --embed program.wat::/data/self
;;@ run:
;;@ stdout: ;; A file that is part of the executable
;;@ build: --embed program.wat::/data/self --dir .::/here
;;@ run:
;;@ stdout: ;; A file that is part of the executable
(module
  (import "wasi_snapshot_preview1" "fd_prestat_get"
    (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "data/self")
  ;; One `iovec`: 40 bytes at 256.
  (data (i32.const 32) "\00\01\00\00\28\00\00\00")
  (func $check (param $got i32) (param $expected i32) (param $status i32)
    (if (i32.ne (local.get $got) (local.get $expected))
      (then (call $proc_exit (local.get $status)))))
  (func $open (param $fd i32) (param $how i32) (param $rights i64) (result i32)
    (call $path_open (local.get $fd) (i32.const 1) (i32.const 64) (i32.const 9) (local.get $how)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))
  (func (export "_start")
    (local $root i32)
    (local.set $root (i32.const 2))
    (loop $next
      (local.set $root (i32.add (local.get $root) (i32.const 1)))
      (br_if $next (i32.eqz (call $fd_prestat_get (local.get $root) (i32.const 0)))))
    (local.set $root (i32.sub (local.get $root) (i32.const 1)))
    ;; 69 is `rofs`: to be written, to be truncated, to be removed.
    (call $check (call $open (local.get $root) (i32.const 0) (i64.const 0x40)) (i32.const 69)
      (i32.const 101))
    (call $check (call $open (local.get $root) (i32.const 8) (i64.const 2)) (i32.const 69)
      (i32.const 102))
    (call $check
      (call $path_unlink_file (local.get $root) (i32.const 64) (i32.const 9)) (i32.const 69)
      (i32.const 103))
    (call $check (call $open (local.get $root) (i32.const 0) (i64.const 2)) (i32.const 0)
      (i32.const 104))
    (call $check
      (call $fd_read (i32.load (i32.const 16)) (i32.const 32) (i32.const 1) (i32.const 20))
      (i32.const 0) (i32.const 105))
    (call $check (i32.load (i32.const 20)) (i32.const 40) (i32.const 106))
    (drop (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 20)))))
