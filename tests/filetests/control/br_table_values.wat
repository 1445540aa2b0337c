;; A branch table to labels that carry values: an edge of its own for each label.
;;@ build: --emit clif --invoke f
(module
  (func (export "f") (param i32) (result i32)
    (block $outer (result i32)
      (block $inner (result i32)
        (br_table $inner $outer $inner (i32.const 7) (local.get 0)))
      (i32.add (i32.const 1)))))

;;; ; 0: f
;;; function u0:0(i32) -> i32 system_v {
;;; block0(v0: i32):
;;;     v1 = iconst.i32 7
;;;     br_table v0, block2, [block2, block4]
;;;
;;; block2:
;;;     jump block1(v1)  ; v1 = 7
;;;
;;; block4:
;;;     jump block3(v1)  ; v1 = 7
;;;
;;; block1(v2: i32):
;;;     v4 = iconst.i32 1
;;;     v5 = iadd v2, v4  ; v4 = 1
;;;     jump block3(v5)
;;;
;;; block3(v3: i32):
;;;     return v3
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
