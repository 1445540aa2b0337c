;; By `--memory-strategy check` the end of an access is compared with the length, and the address is
;; masked under speculation.
;;@ build: --emit clif --invoke f --memory-strategy check
(module
  (memory 1)
  (func (export "f") (param i32) (result i64) (i64.load offset=8 (local.get 0))))

;;; ; 0: f
;;; function u0:0(i32) -> i64 system_v {
;;;     region0 = 0 "linear memory"
;;;     region1 = 1 "instance block"
;;;     gv0 = symbol colocated userextname0
;;;
;;; block0(v0: i32):
;;;     v1 = uextend.i64 v0
;;;     v2 = symbol_value.i64 gv0
;;;     v3 = load.i64 notrap aligned region1 v2+24
;;;     v4 = iconst.i64 8
;;;     v5 = iadd v1, v4  ; v4 = 8
;;;     v6 = iconst.i64 8
;;;     v7 = iadd v5, v6  ; v6 = 8
;;;     v8 = icmp ugt v7, v3
;;;     v9 = symbol_value.i64 gv0
;;;     v10 = load.i64 notrap aligned region1 v9+16
;;;     v11 = iadd v10, v5
;;;     v12 = iconst.i64 0
;;;     v13 = select_spectre_guard v8, v12, v11  ; v12 = 0
;;;     v14 = load.i64 user2 little region0 v13
;;;     return v14
;;; }
;;;
;;; ; 1: w2n_entry_f
;;; function u0:1(i64) system_v {
;;;     sig0 = (i32) -> i64 system_v
;;;     fn0 = colocated u0:0 sig0
;;;
;;; block0(v0: i64):
;;;     v1 = load.i32 notrap aligned v0
;;;     v2 = call fn0(v1)
;;;     store notrap aligned v2, v0
;;;     return
;;; }
;;;
