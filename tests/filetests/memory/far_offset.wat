;; A constant offset past the guard is checked even with guard pages.
;;@ build: --emit clif --invoke f
(module
  (memory 1)
  (func (export "f") (param i32) (result i32) (i32.load8_u offset=0xfffffff0 (local.get 0))))

;;; ; 0: f
;;; function u0:0(i32) -> i32 system_v {
;;;     region0 = 0 "linear memory"
;;;     gv0 = symbol colocated userextname0
;;;
;;; block0(v0: i32):
;;;     v1 = uextend.i64 v0
;;;     v2 = symbol_value.i64 gv0
;;;     v3 = load.i64 notrap aligned readonly can_move v2+16
;;;     v4 = iconst.i64 0xffff_fff0
;;;     v5 = iadd v1, v4  ; v4 = 0xffff_fff0
;;;     v6 = iconst.i64 0xffff_ffff
;;;     v7 = icmp ugt v5, v6  ; v6 = 0xffff_ffff
;;;     v8 = iadd v3, v5
;;;     v9 = iconst.i64 0
;;;     v10 = select_spectre_guard v7, v9, v8  ; v9 = 0
;;;     v11 = uload8.i32 user2 little region0 v10
;;;     return v11
;;; }
;;;
;;; ; 1: w2n_entry_f
;;; function u0:1(i64) system_v {
;;;     sig0 = (i32) -> i32 system_v
;;;     fn0 = colocated u0:0 sig0
;;;
;;; block0(v0: i64):
;;;     v1 = load.i32 notrap aligned v0
;;;     v2 = call fn0(v1)
;;;     store notrap aligned v2, v0
;;;     return
;;; }
;;;
