;; The time is over while the program computes, or, with an argument, while it waits for much longer.
;;@ build: --timeout 200ms
;;@ run:
;;@ status: 124
;;@ stderr: program: stopped after 200 ms, as its builder set
;;@ run: wait
;;@ status: 124
;;@ stderr: program: stopped after 200 ms, as its builder set
;;@ build: --timeout 1h
;;@ run: end at once
;;@ status: 9
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 2)) (then (call $proc_exit (i32.const 9))))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 2))
      (then
        ;; A hundred seconds by the monotonic clock.
        (i32.store offset=16 (i32.const 64) (i32.const 1))
        (i64.store offset=24 (i32.const 64) (i64.const 100000000000))
        (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 192)))
        (call $proc_exit (i32.const 1))))
    (loop $for_ever (br $for_ever))))
