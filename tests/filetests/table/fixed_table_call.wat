;; A call through a table that nothing changes: a constant bound, read-only elements.
;;@ build: --emit clif --invoke f
(module
  (type $unary (func (param i32) (result i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $one $two)
  (func $one (param i32) (result i32) (i32.const 1))
  (func $two (param i32) (result i32) (i32.const 2))
  (func (export "f") (param i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 0))))

;;; ; 0: one
;;; function u0:0(i32) -> i32 system_v {
;;; block0(v0: i32):
;;;     v1 = iconst.i32 1
;;;     return v1  ; v1 = 1
;;; }
;;;
;;; ; 1: two
;;; function u0:1(i32) -> i32 system_v {
;;; block0(v0: i32):
;;;     v1 = iconst.i32 2
;;;     return v1  ; v1 = 2
;;; }
;;;
;;; ; 2: f
;;; function u0:2(i32) -> i32 system_v {
;;;     region0 = 2 "table"
;;;     gv0 = symbol colocated userextname0
;;;     sig0 = (i32) -> i32 system_v
;;;
;;; block0(v0: i32):
;;;     v1 = uextend.i64 v0
;;;     v2 = iconst.i64 2
;;;     v3 = icmp uge v1, v2  ; v2 = 2
;;;     trapnz v3, user4
;;;     v4 = symbol_value.i64 gv0
;;;     v5 = iconst.i64 3
;;;     v6 = ishl v1, v5  ; v5 = 3
;;;     v7 = iadd v4, v6
;;;     v8 = select_spectre_guard v3, v4, v7
;;;     v9 = load.i64 notrap aligned readonly region0 v8
;;;     v10 = ireduce.i32 v9
;;;     v11 = sextend.i64 v10
;;;     v12 = symbol_value.i64 gv0
;;;     v13 = iadd v12, v11
;;;     v14 = call_indirect sig0, v13(v0)
;;;     return v14
;;; }
;;;
;;; ; 3: w2n_entry_f
;;; function u0:3(i64) system_v {
;;;     sig0 = (i32) -> i32 system_v
;;;     fn0 = colocated u0:2 sig0
;;;
;;; block0(v0: i64):
;;;     v1 = load.i32 notrap aligned v0
;;;     v2 = call fn0(v1)
;;;     store notrap aligned v2, v0
;;;     return
;;; }
;;;
