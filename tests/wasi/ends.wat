;; Ends in the program, or within a call: without an argument it computes for ever, with one it waits in a
;; call, with two it recurs, with a call at each depth, until there is no stack. It is started by the cases of
;; `watched.rs`.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $recur (param i32) (result i32)
    ;; What a call needs of the stack is more than what this function does.
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (i32.add (local.get 0) (call $recur (i32.add (local.get 0) (i32.const 1)))))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 3))
      (then (drop (call $recur (i32.const 0)))))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 2))
      (then
        ;; A hundred seconds by the monotonic clock.
        (i32.store offset=16 (i32.const 64) (i32.const 1))
        (i64.store offset=24 (i32.const 64) (i64.const 100000000000))
        (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 192)))))
    (loop $for_ever (br $for_ever))))
