;; Answers that preview 1's text asks for and that systems do not give by themselves. The status says
;; which check failed.
;;@ build: --dir .
;;@ run:
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite"
    (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $fd_allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise"
    (func $fd_advise (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags"
    (func $fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (data (i32.const 16) "text")
  ;; One vector: the text.
  (data (i32.const 32) "\10\00\00\00\04\00\00\00")
  (func $check (param $errno i32) (param $expected i32) (param $status i32)
    (if (i32.ne (local.get $errno) (local.get $expected))
      (then (call $proc_exit (local.get $status)))))
  ;; Opens the file beneath a directory; its number is at 8.
  (func $open (param $directory i32) (param $oflags i32) (param $rights i64) (param $fdflags i32)
              (result i32)
    (call $path_open (local.get $directory) (i32.const 0) (i32.const 0) (i32.const 4)
                     (local.get $oflags) (local.get $rights) (i64.const 0) (local.get $fdflags)
                     (i32.const 8)))
  ;; Waits for `$fd` to be readable: the error of the event.
  (func $wait (param $fd i32) (result i32)
    (i64.store (i32.const 208) (i64.const 1))
    (i32.store (i32.const 216) (local.get $fd))
    (call $check (call $poll_oneoff (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400))
                 (i32.const 0) (i32.const 90))
    (i32.load16_u (i32.const 308)))
  (func (export "_start")
    (local $fd i32)
    (local $directory i32)
    (drop (call $path_unlink_file (i32.const 3) (i32.const 0) (i32.const 4)))
    ;; `excl` alone: 44 is `noent`, 20 `exist`. 6 is the rights to read and to seek, 64 that to write.
    (call $check (call $open (i32.const 3) (i32.const 4) (i64.const 6) (i32.const 0))
                 (i32.const 44) (i32.const 1))
    (call $check (call $open (i32.const 3) (i32.const 5) (i64.const 0x1ff) (i32.const 1))
                 (i32.const 0) (i32.const 2))
    (local.set $fd (i32.load (i32.const 8)))
    (call $check (call $open (i32.const 3) (i32.const 4) (i64.const 6) (i32.const 0))
                 (i32.const 20) (i32.const 3))

    ;; It appends, wherever a write is meant for, and its position stays.
    (call $check (call $fd_write (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 8))
                 (i32.const 0) (i32.const 4))
    (call $check
      (call $fd_pwrite (local.get $fd) (i32.const 32) (i32.const 1) (i64.const 0) (i32.const 8))
      (i32.const 0) (i32.const 5))
    (call $check (call $fd_tell (local.get $fd) (i32.const 48)) (i32.const 0) (i32.const 6))
    (call $check (i32.load (i32.const 48)) (i32.const 4) (i32.const 7))
    (call $check (call $fd_read (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 8))
                 (i32.const 0) (i32.const 8))
    (call $check (i32.load (i32.const 8)) (i32.const 4) (i32.const 9))
    ;; No vectors at all.
    (call $check (call $fd_read (local.get $fd) (i32.const 32) (i32.const 0) (i32.const 8))
                 (i32.const 0) (i32.const 10))
    (call $check (call $fd_write (local.get $fd) (i32.const 32) (i32.const 0) (i32.const 8))
                 (i32.const 0) (i32.const 11))

    ;; Flags that no system changes on an open file: `append`, `dsync`, `rsync` and `sync`.
    (call $check (call $fd_fdstat_set_flags (local.get $fd) (i32.const 27)) (i32.const 0) (i32.const 12))
    (call $check (call $fd_fdstat_get (local.get $fd) (i32.const 48)) (i32.const 0) (i32.const 13))
    (call $check (i32.load16_u (i32.const 50)) (i32.const 27) (i32.const 14))
    (call $check (call $fd_write (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 8))
                 (i32.const 0) (i32.const 15))

    ;; 28 is `inval`, 22 `fbig`, 8 `badf`.
    (call $check (call $fd_allocate (local.get $fd) (i64.const 0) (i64.const 0))
                 (i32.const 28) (i32.const 16))
    (call $check (call $fd_allocate (local.get $fd) (i64.const -1) (i64.const 1))
                 (i32.const 22) (i32.const 17))
    (call $check (call $fd_allocate (i32.const 3) (i64.const 0) (i64.const 1))
                 (i32.const 8) (i32.const 18))
    (call $check (call $fd_advise (i32.const 3) (i64.const 0) (i64.const 0) (i32.const 0))
                 (i32.const 8) (i32.const 19))

    ;; Waiting takes a right of its own: 76 is `notcapable`.
    (call $check (call $wait (local.get $fd)) (i32.const 76) (i32.const 20))
    (call $check (call $open (i32.const 3) (i32.const 0) (i64.const 0x8000002) (i32.const 0))
                 (i32.const 0) (i32.const 21))
    (call $check (call $wait (i32.load (i32.const 8))) (i32.const 0) (i32.const 22))

    ;; A directory without the right to synchronize, but with that to do so with data: `dsync` is 2,
    ;; `rsync` 8. 0x2401 is `path_open`, `path_create_file` and `fd_datasync`.
    (i32.store8 (i32.const 64) (i32.const 46))
    (call $check
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 2)
                       (i64.const 0x2401) (i64.const 0x7f) (i32.const 0) (i32.const 8))
      (i32.const 0) (i32.const 23))
    (local.set $directory (i32.load (i32.const 8)))
    (call $check (call $open (local.get $directory) (i32.const 0) (i64.const 64) (i32.const 2))
                 (i32.const 0) (i32.const 24))
    (call $check (call $open (local.get $directory) (i32.const 0) (i64.const 64) (i32.const 8))
                 (i32.const 76) (i32.const 25))))
