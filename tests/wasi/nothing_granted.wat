;; Without grants there is no directory but an empty `/`, where nothing can be opened or made, and no
;; variable, whatever the caller has.
;;@ run: one two
;;@ env: SECRET=value
;;@ env: OTHER=/root
;;@ status: 3
;;@ build: --env OTHER --env FIXED=1
;;@ run:
;;@ env: SECRET=value
;;@ env: OTHER=/root
;;@ status: 21
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get"
    (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "tests/etc/passwd")
  ;; The error of opening `length` bytes of path at `path`, to read or to create.
  (func $open (param $path i32) (param $length i32) (param $how i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $length)
      (local.get $how) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 16)))
  (func (export "_start")
    (local $fd i32)
    (if (call $fd_prestat_get (i32.const 3) (i32.const 0))
      (then (call $proc_exit (i32.const 101))))
    (if (i32.ne (i32.load (i32.const 4)) (i32.const 1)) (then (call $proc_exit (i32.const 102))))
    ;; 44 is `noent`: for `tests`, `etc/passwd` and a new `t`.
    (if (i32.ne (call $open (i32.const 64) (i32.const 5) (i32.const 0)) (i32.const 44))
      (then (call $proc_exit (i32.const 103))))
    (if (i32.ne (call $open (i32.const 70) (i32.const 10) (i32.const 0)) (i32.const 44))
      (then (call $proc_exit (i32.const 104))))
    (if (i32.ne (call $open (i32.const 64) (i32.const 1) (i32.const 1)) (i32.const 44))
      (then (call $proc_exit (i32.const 105))))
    (local.set $fd (i32.const 4))
    (loop $next
      ;; 8 is `badf`.
      (if (i32.ne (call $fd_prestat_get (local.get $fd) (i32.const 0)) (i32.const 8))
        (then (call $proc_exit (i32.const 100))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $fd) (i32.const 20))))
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $environ_sizes_get (i32.const 8) (i32.const 12)))
    ;; Arguments, and ten times the variables.
    (call $proc_exit
      (i32.add (i32.load (i32.const 0)) (i32.mul (i32.load (i32.const 8)) (i32.const 10))))))
