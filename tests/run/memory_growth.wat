;; A memory grows while a call that knows its base is under way; contents stay, new pages are zero, and
;; the module's maximum holds. Then the builder's limit is smaller than the module's.
;;@ build: --invoke grow
;;@ run:
;;@ stdout: 1
;;@ stdout: 3
;;@ stdout: -1
;;@ stdout: 7
;;@ stdout: 0
;;@ stdout: 9
;;@ build: --invoke grow --max-memory 128KiB
;;@ run:
;;@ stdout: -1
;;@ stdout: 1
;;@ stdout: -1
;;@ stdout: 7
;;@ stdout: 0
;;@ stdout: 9
(module
  (memory 1 4)
  ;; A memory with initial contents is made of several mappings.
  (data (i32.const 100) "contents")
  (func $grow (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow") (result i32 i32 i32 i32 i32 i32) (local $last i32)
    (i32.store (i32.const 65532) (i32.const 7))
    (call $grow (i32.const 2))
    (call $grow (i32.const 1))
    (call $grow (i32.const 1))
    (i32.load (i32.const 65532))
    (local.set $last (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)))
    (i32.load (local.get $last))
    (i32.store (local.get $last) (i32.const 9))
    (i32.load (local.get $last))))
