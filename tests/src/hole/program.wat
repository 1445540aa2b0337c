;; Makes the system calls that its standard input describes, and writes their answers to its standard output.
;; Input: how many calls, then for each its number, six arguments, and two sets of arguments, all of 64 bits.
;; Of the first set's arguments the memory's address is added, in place of the second set's stands an earlier
;; answer, by its index. Behind the calls lies what they point to.
(module
  (import "hole" "syscall"
    (func $syscall (param i64 i64 i64 i64 i64 i64 i64) (result i64)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 3)
  (global $answers i32 (i32.const 0x8000))
  (global $input i32 (i32.const 0x10000))
  (global $step_bytes i32 (i32.const 72))

  (func $argument (param $step i32) (param $index i32) (result i64)
    (local $value i64)
    (local $bit i64)
    (local.set $value
      (i64.load offset=8 (i32.add (local.get $step) (i32.mul (local.get $index) (i32.const 8)))))
    (local.set $bit (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $index))))
    (if (i64.ne (i64.and (i64.load offset=56 (local.get $step)) (local.get $bit)) (i64.const 0))
      (then
        (local.set $value
          (i64.add
            (local.get $value)
            (call $syscall
              (i64.const -1) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
              (i64.const 0))))))
    (if (i64.ne (i64.and (i64.load offset=64 (local.get $step)) (local.get $bit)) (i64.const 0))
      (then
        (local.set $value
          (i64.load
            (i32.add
              (global.get $answers)
              (i32.mul (i32.wrap_i64 (local.get $value)) (i32.const 8)))))))
    (local.get $value))

  (func $read
    (local $end i32)
    (local.set $end (global.get $input))
    (loop $more
      (i32.store (i32.const 0) (local.get $end))
      (i32.store (i32.const 4) (i32.const 0x8000))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $end (i32.add (local.get $end) (i32.load (i32.const 8))))
      (br_if $more (i32.load (i32.const 8)))))

  (func (export "_start")
    (local $step i32)
    (local $answer i32)
    (local $end i32)
    (call $read)
    (local.set $step (i32.add (global.get $input) (i32.const 8)))
    (local.set $answer (global.get $answers))
    (local.set $end
      (i32.add
        (global.get $answers)
        (i32.mul (i32.load (global.get $input)) (i32.const 8))))
    (loop $more
      (i64.store (local.get $answer)
        (call $syscall
          (i64.load (local.get $step))
          (call $argument (local.get $step) (i32.const 0))
          (call $argument (local.get $step) (i32.const 1))
          (call $argument (local.get $step) (i32.const 2))
          (call $argument (local.get $step) (i32.const 3))
          (call $argument (local.get $step) (i32.const 4))
          (call $argument (local.get $step) (i32.const 5))))
      (local.set $step (i32.add (local.get $step) (global.get $step_bytes)))
      (local.set $answer (i32.add (local.get $answer) (i32.const 8)))
      (br_if $more (i32.lt_u (local.get $answer) (local.get $end))))
    (i32.store (i32.const 0) (global.get $answers))
    (i32.store (i32.const 4) (i32.sub (local.get $end) (global.get $answers)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
