//! Standard streams: every byte, at once, and any of them closed.

use crate::{Scene, finish, starts};
use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::process::Stdio;
use wasm2native_targets::System;
use wasm2native_tests::case::Outcome;

/// Copies its input to its output.
const COPY: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (func (export "_start") (local $at i32) (local $end i32) (local $errno i32)
    (loop $again
      (i32.store (i32.const 0) (i32.const 0x1000))
      (i32.store (i32.const 4) (i32.const 0x8000))
      (local.set $errno
        (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (local.get $errno) (then (call $exit (local.get $errno))))
      (if (i32.eqz (i32.load (i32.const 8))) (then return))
      (local.set $at (i32.const 0x1000))
      (local.set $end (i32.add (i32.const 0x1000) (i32.load (i32.const 8))))
      (loop $rest
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (i32.sub (local.get $end) (local.get $at)))
        (local.set $errno
          (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (local.get $errno) (then (call $exit (local.get $errno))))
        (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
        (br_if $rest (i32.lt_u (local.get $at) (local.get $end))))
      (br $again))))"#;

/// Writes what it knows of its standard streams into a file: for each an `errno` and an `fdstat`. Ends with
/// the number that the file got.
pub(crate) const REPORT: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_fdstat_get"
    (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "report")
  ;; 96 bytes at 64.
  (data (i32.const 32) "\40\00\00\00\60\00\00\00")
  (func (export "_start")
    (i32.store (i32.const 64) (call $fd_fdstat_get (i32.const 0) (i32.const 72)))
    (i32.store (i32.const 96) (call $fd_fdstat_get (i32.const 1) (i32.const 104)))
    (i32.store (i32.const 128) (call $fd_fdstat_get (i32.const 2) (i32.const 136)))
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 9)
                         (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16))
      (then (call $exit (i32.const 100))))
    (if (call $fd_write (i32.load (i32.const 16)) (i32.const 32) (i32.const 1) (i32.const 24))
      (then (call $exit (i32.const 101))))
    (call $exit (i32.load (i32.const 16)))))"#;

/// What the program above says of one stream.
pub(crate) struct Stream {
    pub(crate) errno: u32,
    pub(crate) file_type: u8,
    pub(crate) rights: u64,
}

/// Reads the report.
pub(crate) fn report(bytes: &[u8]) -> Result<[Stream; 3]> {
    ensure!(bytes.len() == 96, "the report has {} bytes", bytes.len());
    let stream = |at: usize| Stream {
        errno: u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")),
        file_type: bytes[at + 8],
        rights: u64::from_le_bytes(bytes[at + 16..at + 24].try_into().expect("eight bytes")),
    };
    Ok([stream(0), stream(32), stream(64)])
}

/// All values and all pairs of values, in more than one read.
pub(crate) fn bytes_pass_untouched(scene: &Scene) -> Result<Outcome> {
    let built = scene.build(COPY, &[])?;
    let pairs = (0..=255_u8).flat_map(|first| (0..=255).flat_map(move |second| [first, second]));
    let bytes: Vec<u8> = pairs.collect();
    let run = scene.runner.command(&built.executable).stdin(bytes.clone()).run()?;
    ensure!(run.stdout == bytes, "a pipe: {} bytes, or others", run.stdout.len());
    // By files.
    built.folder.write("in", &bytes)?;
    let mut command = scene.command(&built);
    command.stdin(std::fs::File::open(built.folder.path().join("in"))?);
    command.stdout(std::fs::File::create(built.folder.path().join("out"))?);
    ensure!(command.status()?.success(), "it failed");
    ensure!(built.folder.read("out")? == bytes, "files: other bytes");
    Ok(Outcome::Passed)
}

/// What is written arrives before more is read.
pub(crate) fn bytes_pass_at_once(scene: &Scene) -> Result<Outcome> {
    let built = scene.build(COPY, &[])?;
    let mut command = scene.command(&built);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("it has an input")?;
    let mut output = child.stdout.take().context("it has an output")?;
    for bytes in [&b"a"[..], b"\n", b"\0", b"\r\n", b"\x1a", b"\xff\xfe", b"line\nrest"] {
        input.write_all(bytes)?;
        let mut answer = vec![0; bytes.len()];
        output.read_exact(&mut answer)?;
        ensure!(answer == bytes, "{answer:?} instead of {bytes:?}");
    }
    drop(input);
    let ending = crate::wait(&mut child)?;
    ensure!(ending == wasm2native_tests::run::Ending::Status(0), "{ending}");
    Ok(Outcome::Passed)
}

/// The file that is opened never takes the place of a stream: it is 4, the first number behind the
/// directory. A stream that is closed is `badf`, 8; on Windows it refers to nothing.
pub(crate) fn closed_streams_in_every_combination(scene: &Scene) -> Result<Outcome> {
    let built = scene.build(REPORT, &["--dir", "."])?;
    let of_closed = if scene.target.system == System::Windows { 0 } else { 8 };
    for closed in 0..8 {
        let mut redirections = String::new();
        for (bit, text) in ["<&-", ">&-", "2>&-"].iter().enumerate() {
            if closed >> bit & 1 != 0 {
                redirections.push_str(text);
                redirections.push(' ');
            }
        }
        let script = format!("exec \"$@\" {redirections}");
        let mut command = match scene.in_shell(&built, &script) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        starts(&finish(&mut command)?, 4, b"", &redirections)?;
        let streams = report(&built.folder.read("report")?)?;
        for (bit, stream) in streams.iter().enumerate() {
            let open = closed >> bit & 1 == 0;
            let expected = if open { 0 } else { of_closed };
            let errno = stream.errno;
            ensure!(errno == expected, "{redirections}: stream {bit} has errno {errno}");
        }
        std::fs::remove_file(built.folder.path().join("report"))?;
    }
    Ok(Outcome::Passed)
}
