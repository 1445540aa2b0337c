;; Preview 0 beside preview 1: the numbers of `whence`, the 56 bytes of a `filestat` and the 56 of a
;; subscription, with nothing written behind either. The status says which check failed.
;;@ build: --dir .
;;@ run:
;;@ stdout: by preview 0
(module
  (import "wasi_unstable" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek"
    (func $fd_seek_1 (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get"
    (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get"
    (func $fd_filestat_get_1 (param i32 i32) (result i32)))
  (import "wasi_unstable" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get_1 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (data (i32.const 16) "by preview 0\n")
  ;; One vector: the text.
  (data (i32.const 32) "\10\00\00\00\0d\00\00\00")
  (global $fd (mut i32) (i32.const 0))
  (func $check (param $right i32) (param $status i32)
    (if (i32.eqz (local.get $right)) (then (call $proc_exit (local.get $status)))))
  ;; Seeks by preview 0: to be at `$position`.
  (func $seek (param $offset i64) (param $whence i32) (param $position i64) (param $status i32)
    (call $check
      (i32.eqz (call $fd_seek (global.get $fd) (local.get $offset) (local.get $whence) (i32.const 64)))
      (local.get $status))
    (call $check (i64.eq (i64.load (i32.const 64)) (local.get $position)) (local.get $status)))
  ;; That the 56 bytes at `$at` are those of the file, and the 8 behind them are as they were.
  (func $filestat (param $at i32) (param $status i32)
    (call $check (i32.eq (i32.load8_u offset=16 (local.get $at)) (i32.const 4)) (local.get $status))
    (call $check (i32.eq (i32.load offset=20 (local.get $at)) (i32.const 1)) (local.get $status))
    (call $check (i64.eq (i64.load offset=24 (local.get $at)) (i64.const 13)) (local.get $status))
    ;; In preview 1: type, links, size, then times; here the times follow 8 bytes earlier.
    (call $check (i64.eq (i64.load (local.get $at)) (i64.load (i32.const 512))) (local.get $status))
    (call $check
      (i64.eq (i64.load offset=40 (local.get $at)) (i64.load offset=48 (i32.const 512)))
      (local.get $status))
    (call $check
      (i64.eq (i64.load offset=48 (local.get $at)) (i64.load offset=56 (i32.const 512)))
      (local.get $status))
    (call $check (i64.eq (i64.load offset=56 (local.get $at)) (i64.const -1)) (local.get $status)))
  (func (export "_start")
    ;; Created for reading and writing, with every right that preview 0 has.
    (call $check
      (i32.eqz
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 1)
                         (i64.const 0x1fffffff) (i64.const 0) (i32.const 0) (i32.const 8)))
      (i32.const 1))
    (global.set $fd (i32.load (i32.const 8)))
    (call $check
      (i32.eqz (call $fd_write (global.get $fd) (i32.const 32) (i32.const 1) (i32.const 64)))
      (i32.const 2))
    ;; 0 counts from the current position, 1 from the end, 2 from the start.
    (call $seek (i64.const 5) (i32.const 2) (i64.const 5) (i32.const 3))
    (call $seek (i64.const -2) (i32.const 0) (i64.const 3) (i32.const 4))
    (call $seek (i64.const -3) (i32.const 1) (i64.const 10) (i32.const 5))
    ;; 28 is `inval`.
    (call $check
      (i32.eq (i32.const 28)
        (call $fd_seek (global.get $fd) (i64.const 0) (i32.const 3) (i32.const 64)))
      (i32.const 6))
    (call $check
      (i32.eqz (call $fd_seek_1 (global.get $fd) (i64.const 1) (i32.const 0) (i32.const 64)))
      (i32.const 7))
    (call $check (i64.eq (i64.load (i32.const 64)) (i64.const 1)) (i32.const 7))
    (call $check (i32.eqz (call $fd_tell (global.get $fd) (i32.const 64))) (i32.const 8))
    (call $check (i64.eq (i64.load (i32.const 64)) (i64.const 1)) (i32.const 8))

    (call $check (i32.eqz (call $fd_filestat_get_1 (global.get $fd) (i32.const 512))) (i32.const 9))
    (memory.fill (i32.const 1024) (i32.const 255) (i32.const 256))
    (call $check (i32.eqz (call $fd_filestat_get (global.get $fd) (i32.const 1024))) (i32.const 10))
    (call $filestat (i32.const 1024) (i32.const 11))
    (call $check
      (i32.eqz
        (call $path_filestat_get_1 (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 4)
                                   (i32.const 512)))
      (i32.const 12))
    (call $check
      (i32.eqz
        (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 4)
                                 (i32.const 1152)))
      (i32.const 12))
    (call $filestat (i32.const 1152) (i32.const 13))
    ;; 21 is `fault`: 56 bytes have to fit, not 64.
    (call $check (i32.eqz (call $fd_filestat_get (global.get $fd) (i32.const 65480))) (i32.const 14))
    (call $check
      (i32.eq (i32.const 21) (call $fd_filestat_get (global.get $fd) (i32.const 65481)))
      (i32.const 15))

    ;; Two subscriptions: the monotonic clock in 10 ms, with an identifier before it, and the file.
    (i64.store (i32.const 2048) (i64.const 77))
    (i64.store (i32.const 2064) (i64.const -1))
    (i32.store (i32.const 2072) (i32.const 1))
    (i64.store (i32.const 2080) (i64.const 10000000))
    (memory.fill (i32.const 4096) (i32.const 255) (i32.const 96))
    (call $check
      (i32.eqz (call $poll_oneoff (i32.const 2048) (i32.const 4096) (i32.const 1) (i32.const 64)))
      (i32.const 16))
    (call $check (i32.eq (i32.load (i32.const 64)) (i32.const 1)) (i32.const 17))
    (call $check (i64.eq (i64.load (i32.const 4096)) (i64.const 77)) (i32.const 18))
    ;; No error, and a clock.
    (call $check (i32.eqz (i32.load offset=8 (i32.const 4096))) (i32.const 19))
    (call $check (i64.eq (i64.load offset=32 (i32.const 4096)) (i64.const -1)) (i32.const 20))
    ;; The clock is far away now, and the file ready to be read: 12 bytes from where it stands.
    (i64.store (i32.const 2080) (i64.const 100000000000))
    (i64.store (i32.const 2104) (i64.const 78))
    (i32.store8 (i32.const 2112) (i32.const 1))
    (i32.store (i32.const 2120) (global.get $fd))
    (call $check
      (i32.eqz (call $poll_oneoff (i32.const 2048) (i32.const 4096) (i32.const 2) (i32.const 64)))
      (i32.const 21))
    (call $check (i32.eq (i32.load (i32.const 64)) (i32.const 1)) (i32.const 22))
    (call $check (i64.eq (i64.load (i32.const 4096)) (i64.const 78)) (i32.const 23))
    (call $check (i32.eq (i32.load offset=8 (i32.const 4096)) (i32.const 0x10000)) (i32.const 24))
    (call $check (i64.eq (i64.load offset=16 (i32.const 4096)) (i64.const 12)) (i32.const 25))

    (drop (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 64)))))
