;; The SHA-256 of files, as `sha256sum` prints it: of those named, below the first directory granted,
;; or of standard input. A whole program by hand over WASI, so that a machine without any WebAssembly
;; toolchain has something real to build. Algorithm: FIPS 180-4, sections 5.1.1, 5.3.3 and 6.2.2.
;;@ build: --dir .
;;@ run:
;;@ stdin: abc
;;@ stdout: edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb  -
;;@ run:
;;@ stdout: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -
;;@ run:
;;@ stdin: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
;;@ stdout: f599e9c8d9a84b1f29e7e1b16cfe98051f49a8b959cd3224d0328d57de33c6b9  -
;;@ run:
;;@ stdin: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
;;@ stdout: 7a6af223def884a9a9f9df7787ceef1332188e4862e3672b7cb5449db31fb2e0  -
;;@ run:
;;@ stdin: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
;;@ stdout: 46962c456154423267a4a9573306165bd514d6e895eafae231fdd8e4716cb95f  -
;;@ run:
;;@ stdin: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
;;@ stdout: 1c74d2bb71d4f58f901085ac593e7fdccd77f2f2b5a96ffb612416c66210e7f4  -
;;@ run:
;;@ stdin: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
;;@ stdout: 2a7b42eee51cb3320c633df3b26690d2ef10b27163cee0baf6a46ee57122ae65  -
;;@ run: missing
;;@ status: 1
;;@ stderr: sha256sum: cannot read missing
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;;      0  an i/o vector: address, size
  ;;      8  what a call returns: a count, a descriptor
  ;;     16  number of arguments, size of their text
  ;;    256  the 64 round constants
  ;;    512  the message schedule, 64 words
  ;;    768  the hash, 8 words
  ;;    832  hexadecimal digits, messages
  ;;   1024  a line of output
  ;;   4096  64 KiB of input, and room for padding
  ;;  73728  pointers to the arguments, then their text
  (memory (export "memory") 2)
  (global $buffer i32 (i32.const 4096))
  (global $buffer_bytes i32 (i32.const 65536))
  (global $arguments i32 (i32.const 73728))
  (global $failed (mut i32) (i32.const 0))

  (data (i32.const 256)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")
  (data (i32.const 832) "0123456789abcdef")
  (data (i32.const 848) "sha256sum: cannot read ")
  (data (i32.const 880) "-\00")

  ;; Bytes in the other order: the hash is defined on big-endian words.
  (func $swap (param $word i32) (result i32)
    (i32.or
      (i32.and (i32.rotl (local.get $word) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $word) (i32.const 8)) (i32.const 0xff00ff00))))

  (func $start_hash
    (i32.store (i32.const 768) (i32.const 0x6a09e667))
    (i32.store (i32.const 772) (i32.const 0xbb67ae85))
    (i32.store (i32.const 776) (i32.const 0x3c6ef372))
    (i32.store (i32.const 780) (i32.const 0xa54ff53a))
    (i32.store (i32.const 784) (i32.const 0x510e527f))
    (i32.store (i32.const 788) (i32.const 0x9b05688c))
    (i32.store (i32.const 792) (i32.const 0x1f83d9ab))
    (i32.store (i32.const 796) (i32.const 0x5be0cd19)))

  ;; Adds the 64 bytes at `block` to the hash.
  (func $compress (param $block i32)
    (local $t i32) (local $w i32) (local $x i32) (local $y i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (loop $words
      (i32.store offset=512 (local.get $t)
        (call $swap (i32.load (i32.add (local.get $block) (local.get $t)))))
      (br_if $words
        (i32.lt_u (local.tee $t (i32.add (local.get $t) (i32.const 4))) (i32.const 64))))
    (loop $schedule
      ;; offset 512 - 4 * 15 = 452 and so on: words counted back from `t`.
      (local.set $x (i32.load offset=452 (local.get $t)))
      (local.set $y (i32.load offset=504 (local.get $t)))
      (i32.store offset=512 (local.get $t)
        (i32.add
          (i32.add
            (i32.load offset=448 (local.get $t))
            (i32.xor
              (i32.xor (i32.rotr (local.get $x) (i32.const 7)) (i32.rotr (local.get $x) (i32.const 18)))
              (i32.shr_u (local.get $x) (i32.const 3))))
          (i32.add
            (i32.load offset=484 (local.get $t))
            (i32.xor
              (i32.xor (i32.rotr (local.get $y) (i32.const 17)) (i32.rotr (local.get $y) (i32.const 19)))
              (i32.shr_u (local.get $y) (i32.const 10))))))
      (br_if $schedule
        (i32.lt_u (local.tee $t (i32.add (local.get $t) (i32.const 4))) (i32.const 256))))
    (local.set $a (i32.load (i32.const 768)))
    (local.set $b (i32.load (i32.const 772)))
    (local.set $c (i32.load (i32.const 776)))
    (local.set $d (i32.load (i32.const 780)))
    (local.set $e (i32.load (i32.const 784)))
    (local.set $f (i32.load (i32.const 788)))
    (local.set $g (i32.load (i32.const 792)))
    (local.set $h (i32.load (i32.const 796)))
    (local.set $t (i32.const 0))
    (loop $rounds
      (local.set $x
        (i32.add
          (i32.add
            (i32.add
              (local.get $h)
              (i32.xor
                (i32.xor (i32.rotr (local.get $e) (i32.const 6)) (i32.rotr (local.get $e) (i32.const 11)))
                (i32.rotr (local.get $e) (i32.const 25))))
            (i32.xor
              (i32.and (local.get $e) (local.get $f))
              (i32.and (i32.xor (local.get $e) (i32.const -1)) (local.get $g))))
          (i32.add (i32.load offset=256 (local.get $t)) (i32.load offset=512 (local.get $t)))))
      (local.set $w
        (i32.add
          (i32.xor
            (i32.xor (i32.rotr (local.get $a) (i32.const 2)) (i32.rotr (local.get $a) (i32.const 13)))
            (i32.rotr (local.get $a) (i32.const 22)))
          (i32.xor
            (i32.xor
              (i32.and (local.get $a) (local.get $b))
              (i32.and (local.get $a) (local.get $c)))
            (i32.and (local.get $b) (local.get $c)))))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i32.add (local.get $d) (local.get $x)))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (i32.add (local.get $x) (local.get $w)))
      (br_if $rounds
        (i32.lt_u (local.tee $t (i32.add (local.get $t) (i32.const 4))) (i32.const 256))))
    (call $add_to (i32.const 768) (local.get $a))
    (call $add_to (i32.const 772) (local.get $b))
    (call $add_to (i32.const 776) (local.get $c))
    (call $add_to (i32.const 780) (local.get $d))
    (call $add_to (i32.const 784) (local.get $e))
    (call $add_to (i32.const 788) (local.get $f))
    (call $add_to (i32.const 792) (local.get $g))
    (call $add_to (i32.const 796) (local.get $h)))

  (func $add_to (param $address i32) (param $value i32)
    (i32.store (local.get $address) (i32.add (i32.load (local.get $address)) (local.get $value))))

  ;; Hashes all that can be read from a descriptor. Returns an error number, or 0.
  (func $hash_all (param $descriptor i32) (result i32)
    (local $total i64) (local $filled i32) (local $done i32) (local $errno i32)
    (call $start_hash)
    (block $end
      (loop $more
        (i32.store (i32.const 0) (i32.add (global.get $buffer) (local.get $filled)))
        (i32.store (i32.const 4) (i32.sub (global.get $buffer_bytes) (local.get $filled)))
        (local.set $errno
          (call $fd_read (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (local.get $errno) (then (return (local.get $errno))))
        (br_if $end (i32.eqz (i32.load (i32.const 8))))
        (local.set $total (i64.add (local.get $total) (i64.load32_u (i32.const 8))))
        (local.set $filled (i32.add (local.get $filled) (i32.load (i32.const 8))))
        (local.set $done (i32.const 0))
        (block $partial
          (loop $blocks
            (br_if $partial
              (i32.gt_u (i32.add (local.get $done) (i32.const 64)) (local.get $filled)))
            (call $compress (i32.add (global.get $buffer) (local.get $done)))
            (local.set $done (i32.add (local.get $done) (i32.const 64)))
            (br $blocks)))
        (local.set $filled (i32.sub (local.get $filled) (local.get $done)))
        (memory.copy
          (global.get $buffer)
          (i32.add (global.get $buffer) (local.get $done))
          (local.get $filled))
        (br $more)))
    ;; Padding: a one, zeros, and the length in bits at the end of a block.
    (memory.fill (i32.add (global.get $buffer) (local.get $filled)) (i32.const 0) (i32.const 128))
    (i32.store8 (i32.add (global.get $buffer) (local.get $filled)) (i32.const 0x80))
    (local.set $done
      (select (i32.const 64) (i32.const 128) (i32.lt_u (local.get $filled) (i32.const 56))))
    (local.set $total (i64.shl (local.get $total) (i64.const 3)))
    (local.set $done (i32.add (global.get $buffer) (local.get $done)))
    (i32.store (i32.sub (local.get $done) (i32.const 8))
      (call $swap (i32.wrap_i64 (i64.shr_u (local.get $total) (i64.const 32)))))
    (i32.store (i32.sub (local.get $done) (i32.const 4))
      (call $swap (i32.wrap_i64 (local.get $total))))
    (call $compress (global.get $buffer))
    (if (i32.gt_u (local.get $done) (i32.add (global.get $buffer) (i32.const 64)))
      (then (call $compress (i32.add (global.get $buffer) (i32.const 64)))))
    (i32.const 0))

  (func $length (param $text i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $text))
    (block $found
      (loop $next
        (br_if $found (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  ;; Writes all of a text; ends the program when that cannot be done.
  (func $write (param $descriptor i32) (param $text i32) (param $size i32)
    (block $end
      (loop $more
        (br_if $end (i32.eqz (local.get $size)))
        (i32.store (i32.const 0) (local.get $text))
        (i32.store (i32.const 4) (local.get $size))
        (if (call $fd_write (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8))
          (then (call $proc_exit (i32.const 1))))
        (local.set $text (i32.add (local.get $text) (i32.load (i32.const 8))))
        (local.set $size (i32.sub (local.get $size) (i32.load (i32.const 8))))
        (br $more))))

  ;; The hash in hexadecimal, two blanks, the name.
  (func $show (param $name i32)
    (local $digit i32)
    (loop $digits
      (i32.store8 offset=1024 (local.get $digit)
        (i32.load8_u offset=832
          (i32.and
            (i32.shr_u
              (i32.load offset=768
                (i32.shl (i32.shr_u (local.get $digit) (i32.const 3)) (i32.const 2)))
              (i32.sub
                (i32.const 28)
                (i32.shl (i32.and (local.get $digit) (i32.const 7)) (i32.const 2))))
            (i32.const 15))))
      (br_if $digits
        (i32.lt_u (local.tee $digit (i32.add (local.get $digit) (i32.const 1))) (i32.const 64))))
    (i32.store16 (i32.const 1088) (i32.const 0x2020))
    (call $write (i32.const 1) (i32.const 1024) (i32.const 66))
    (call $write (i32.const 1) (local.get $name) (call $length (local.get $name)))
    (i32.store8 (i32.const 1024) (i32.const 10))
    (call $write (i32.const 1) (i32.const 1024) (i32.const 1)))

  (func $complain (param $name i32)
    (global.set $failed (i32.const 1))
    (call $write (i32.const 2) (i32.const 848) (i32.const 23))
    (call $write (i32.const 2) (local.get $name) (call $length (local.get $name)))
    (i32.store8 (i32.const 1024) (i32.const 10))
    (call $write (i32.const 2) (i32.const 1024) (i32.const 1)))

  (func $hash_file (param $name i32)
    (local $descriptor i32) (local $errno i32)
    ;; Descriptor 3 is the first directory granted; following links, for reading (right 2) only.
    (if (call $path_open (i32.const 3) (i32.const 1) (local.get $name)
          (call $length (local.get $name)) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0)
          (i32.const 8))
      (then (call $complain (local.get $name)) (return)))
    (local.set $descriptor (i32.load (i32.const 8)))
    (local.set $errno (call $hash_all (local.get $descriptor)))
    (drop (call $fd_close (local.get $descriptor)))
    (if (local.get $errno)
      (then (call $complain (local.get $name)))
      (else (call $show (local.get $name)))))

  (func (export "_start")
    (local $count i32) (local $position i32) (local $need i32)
    (if (call $args_sizes_get (i32.const 16) (i32.const 20))
      (then (call $proc_exit (i32.const 2))))
    (local.set $count (i32.load (i32.const 16)))
    ;; Room for the pointers and the text, in pages.
    (local.set $need
      (i32.add
        (global.get $arguments)
        (i32.add (i32.shl (local.get $count) (i32.const 2)) (i32.load (i32.const 20)))))
    (if (i32.gt_u (local.get $need) (i32.shl (memory.size) (i32.const 16)))
      (then
        (if (i32.eq
              (memory.grow
                (i32.sub
                  (i32.shr_u (i32.add (local.get $need) (i32.const 65535)) (i32.const 16))
                  (memory.size)))
              (i32.const -1))
          (then (call $proc_exit (i32.const 2))))))
    (if (call $args_get
          (global.get $arguments)
          (i32.add (global.get $arguments) (i32.shl (local.get $count) (i32.const 2))))
      (then (call $proc_exit (i32.const 2))))
    (if (i32.le_u (local.get $count) (i32.const 1))
      (then
        (if (call $hash_all (i32.const 0))
          (then (call $complain (i32.const 880)))
          (else (call $show (i32.const 880)))))
      (else
        (local.set $position (i32.const 1))
        (loop $names
          (call $hash_file
            (i32.load
              (i32.add (global.get $arguments) (i32.shl (local.get $position) (i32.const 2)))))
          (br_if $names
            (i32.lt_u
              (local.tee $position (i32.add (local.get $position) (i32.const 1)))
              (local.get $count))))))
    (if (global.get $failed) (then (call $proc_exit (i32.const 1))))))
