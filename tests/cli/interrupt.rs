//! What is typed at a terminal reaches all that runs there; the tool that audits a program outlives it.

use anyhow::{Context, Result, ensure};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wasm2native_tests::run::{self, Ending};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::tool;

/// Opens a file, says so, and waits for ever, as long as its input stays open.
const READ_AND_WAIT: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
  (data (i32.const 32) "in/notes")
  (func (export "_start")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 8) (i32.const 0)
                      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))))"#;

/// Nothing that is waited for takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A signal for a program and its audit ends the program; the policy of what it used until then is written, and
/// nothing else stays.
pub(crate) fn the_policy_is_written() -> Result<()> {
    for (name, number) in [("INT", 2), ("QUIT", 3)] {
        let folder = Scratch::new()?;
        folder.write("wait.wat", READ_AND_WAIT)?;
        folder.write("in/notes", "")?;
        folder.write("temporary/other", "")?;
        let temporary = folder.path().join("temporary");
        let words = ["policy", "audit", "-o", "used.toml", "--", "run", "--dir", ".", "wait.wat"];
        let mut command = tool::command(words, folder.path())?.into_command();
        command.env("TMPDIR", &temporary).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut ready = [0; 6];
        child.stdout.as_mut().context("it has an output")?.read_exact(&mut ready)?;
        let kill = format!("kill -{name} -{}", child.id());
        ensure!(Command::new("sh").args(["-c", &kill]).status()?.success(), "{kill}");
        let ending = run::wait(&mut child, Instant::now(), PATIENCE)?;
        ensure!(ending == Ending::Status(128 + number), "{name}: {ending}");
        let policy = String::from_utf8(folder.read("used.toml")?)?;
        let says = ["host = \"in\"\nmode = \"ro\"", "The record of the run is not complete"];
        ensure!(says.iter().all(|text| policy.contains(text)), "{name}: {policy}");
        ensure!(std::fs::read_dir(&temporary)?.count() == 1, "{name}: it left temporary files");
    }
    Ok(())
}
