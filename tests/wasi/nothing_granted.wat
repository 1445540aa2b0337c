;; Without grants there is no directory to start from and no variable, whatever the caller has.
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
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (local $fd i32)
    (local.set $fd (i32.const 3))
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
