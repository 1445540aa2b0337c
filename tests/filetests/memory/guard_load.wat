;; With guard pages an access is one load: no check, the base loaded once a function.
;;@ build: --emit clif --invoke f
(module
  (memory 1)
  (func (export "f") (param i32) (result i32)
    (i32.add (i32.load offset=16 (local.get 0)) (i32.load offset=20 (local.get 0)))))

;;; ; 0: f
;;; function u0:0(i32) -> i32 system_v {
;;;     region0 = 0 "linear memory"
;;;     gv0 = symbol colocated userextname0
;;;
;;; block0(v0: i32):
;;;     v1 = uextend.i64 v0
;;;     v2 = symbol_value.i64 gv0
;;;     v3 = load.i64 notrap aligned readonly can_move v2+16
;;;     v4 = iadd v3, v1
;;;     v5 = load.i32 user2 little region0 v4+16
;;;     v6 = uextend.i64 v0
;;;     v7 = symbol_value.i64 gv0
;;;     v8 = load.i64 notrap aligned readonly can_move v7+16
;;;     v9 = iadd v8, v6
;;;     v10 = load.i32 user2 little region0 v9+20
;;;     v11 = iadd v5, v10
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
