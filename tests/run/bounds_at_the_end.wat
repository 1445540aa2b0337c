;; Accesses of every width that end exactly at the memory's end succeed; one byte further they trap.
;;@ build: --invoke inside
;;@ run:
;;@ stdout: 0
;;@ build: --invoke past
;;@ run: 1
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: ...
;;@ run: 2
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: ...
;;@ run: 4
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: ...
;;@ run: 8
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: ...
;;@ run: 16
;;@ status: 134
;;@ stderr: [..]out of bounds memory access[..]
;;@ stderr: ...
(module
  (memory 1 1)
  (func (export "inside") (result i32)
    (i32.store8 (i32.const 65535) (i32.const 0))
    (i32.store16 (i32.const 65534) (i32.const 0))
    (i32.store (i32.const 65532) (i32.const 0))
    (i64.store (i32.const 65528) (i64.const 0))
    (v128.store (i32.const 65520) (v128.const i64x2 0 0))
    (drop (v128.load offset=65520 (i32.const 0)))
    (drop (i64.load offset=65500 (i32.const 28)))
    (i32.or (i32.load8_u (i32.const 65535)) (i32.load16_u (i32.const 65534))))
  (func (export "past") (param $width i32) (local $at i32)
    (local.set $at (i32.sub (i32.const 65537) (local.get $width)))
    (if (i32.eq (local.get $width) (i32.const 1))
      (then (drop (i32.load8_u (local.get $at)))))
    (if (i32.eq (local.get $width) (i32.const 2))
      (then (drop (i32.load16_s (local.get $at)))))
    (if (i32.eq (local.get $width) (i32.const 4))
      (then (i32.store (local.get $at) (i32.const 1))))
    (if (i32.eq (local.get $width) (i32.const 8))
      (then (i64.store (local.get $at) (i64.const 1))))
    (if (i32.eq (local.get $width) (i32.const 16))
      (then (drop (v128.load (local.get $at)))))))
