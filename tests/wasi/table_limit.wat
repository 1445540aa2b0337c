;; A table grows to as many elements as the builder allows.
;;@ run:
;;@ status: 8
;;@ build: --max-table 6
;;@ run:
;;@ status: 6
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table $table 2 funcref)
  (func (export "_start")
    (loop $grow
      (if (i32.ne (table.grow $table (ref.null func) (i32.const 1)) (i32.const -1))
        (then (br_if $grow (i32.lt_u (table.size $table) (i32.const 8))))))
    (call $proc_exit (table.size $table))))
