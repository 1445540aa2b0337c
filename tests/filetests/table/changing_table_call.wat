;; A call through a table that the module changes: the bound and the base are loaded.
;;@ build: --emit clif --invoke f
(module
  (type $unary (func (param i32) (result i32)))
  (table 2 4 funcref)
  (elem declare func $one)
  (func $one (param i32) (result i32) (i32.const 1))
  (func (export "f") (param i32) (result i32)
    (table.set (i32.const 1) (ref.func $one))
    (call_indirect (type $unary) (local.get 0) (local.get 0))))

;;; ; 0: one
;;; function u0:0(i32) -> i32 system_v {
;;; block0(v0: i32):
;;;     v1 = iconst.i32 1
;;;     return v1  ; v1 = 1
;;; }
;;;
;;; ; 1: f
;;; function u0:1(i32) -> i32 system_v {
;;;     region0 = 2 "table"
;;;     gv0 = symbol colocated userextname0
;;;     gv1 = symbol colocated userextname1
;;;     sig0 = (i32) -> i32 system_v
;;;
;;; block0(v0: i32):
;;;     v1 = iconst.i32 1
;;;     v2 = symbol_value.i64 gv0
;;;     v3 = load.i64 notrap aligned readonly can_move v2
;;;     v4 = uextend.i64 v1  ; v1 = 1
;;;     v5 = iconst.i64 2
;;;     v6 = icmp uge v4, v5  ; v5 = 2
;;;     trapnz v6, user3
;;;     v7 = symbol_value.i64 gv1
;;;     v8 = load.i64 notrap aligned readonly can_move v7+16
;;;     v9 = iconst.i64 3
;;;     v10 = ishl v4, v9  ; v9 = 3
;;;     v11 = iadd v8, v10
;;;     v12 = select_spectre_guard v6, v8, v11
;;;     store notrap aligned region0 v3, v12
;;;     v13 = uextend.i64 v0
;;;     v14 = iconst.i64 2
;;;     v15 = icmp uge v13, v14  ; v14 = 2
;;;     trapnz v15, user4
;;;     v16 = symbol_value.i64 gv1
;;;     v17 = load.i64 notrap aligned readonly can_move v16+16
;;;     v18 = iconst.i64 3
;;;     v19 = ishl v13, v18  ; v18 = 3
;;;     v20 = iadd v17, v19
;;;     v21 = select_spectre_guard v15, v17, v20
;;;     v22 = load.i64 notrap aligned region0 v21
;;;     v23 = iconst.i64 32
;;;     v24 = ushr v22, v23  ; v23 = 32
;;;     v25 = iconst.i64 1
;;;     v26 = icmp eq v24, v25  ; v25 = 1
;;;     brif v26, block2, block1
;;;
;;; block1 cold:
;;;     trapz.i64 v22, user5
;;;     trap user6
;;;
;;; block2:
;;;     v27 = ireduce.i32 v22
;;;     v28 = sextend.i64 v27
;;;     v29 = symbol_value.i64 gv0
;;;     v30 = iadd v29, v28
;;;     v31 = call_indirect sig0, v30(v0)
;;;     return v31
;;; }
;;;
;;; ; 2: w2n_entry_f
;;; function u0:2(i64) system_v {
;;;     sig0 = (i32) -> i32 system_v
;;;     fn0 = colocated u0:1 sig0
;;;
;;; block0(v0: i64):
;;;     v1 = load.i32 notrap aligned v0
;;;     v2 = call fn0(v1)
;;;     store notrap aligned v2, v0
;;;     return
;;; }
;;;
