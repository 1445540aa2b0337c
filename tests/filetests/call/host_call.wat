;; A host call: arguments to slots, the instance as context, the result from the first slot.
;;@ build: --emit clif --invoke f
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (result i32)
    (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))))

;;; ; 0: f
;;; function u0:0() -> i32 system_v {
;;;     ss0 = explicit_slot 64, align = 16
;;;     gv0 = symbol colocated userextname0
;;;     sig0 = (i64, i64) system_v
;;;     fn0 = colocated u1:31 sig0
;;;
;;; block0:
;;;     v0 = iconst.i32 1
;;;     v1 = iconst.i32 8
;;;     v2 = iconst.i32 1
;;;     v3 = iconst.i32 0
;;;     v4 = stack_addr.i64 ss0
;;;     store notrap aligned v0, v4  ; v0 = 1
;;;     store notrap aligned v1, v4+16  ; v1 = 8
;;;     store notrap aligned v2, v4+32  ; v2 = 1
;;;     store notrap aligned v3, v4+48  ; v3 = 0
;;;     v5 = symbol_value.i64 gv0
;;;     call fn0(v5, v4)
;;;     v6 = load.i32 notrap aligned v4
;;;     return v6
;;; }
;;;
;;; ; 1: w2n_entry_f
;;; function u0:1(i64) system_v {
;;;     sig0 = () -> i32 system_v
;;;     fn0 = colocated u0:0 sig0
;;;
;;; block0(v0: i64):
;;;     v1 = call fn0()
;;;     store notrap aligned v1, v0
;;;     return
;;; }
;;;
