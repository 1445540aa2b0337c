//! How programs end: by exit codes of any size, by traps, by signals.

use crate::{Scene, finish, starts, wait, with_usual_signals};
use anyhow::{Context, Result, ensure};
use std::io::Read;
use std::process::{Command, Stdio};
use wasm2native_targets::System;
use wasm2native_tests::case::Outcome;
use wasm2native_tests::run::Ending;

/// Ends with the number that is put in its place.
const EXIT: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const CODE))))"#;

/// Says that it runs, and does so for ever.
const SPIN: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (loop $again (br $again))))"#;

/// Says that it runs, and reads its input.
pub(crate) const READ: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

/// Opens a file in the granted directory, which gets the first number that is free, and traps.
const TRAP: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "file")
  (func (export "_start")
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 4) (i32.const 1)
                           (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
    unreachable))"#;

const NOTHING: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

/// Unix keeps eight bits of an exit code. Windows keeps all, of which Wine tells eight, but not that all of
/// them are 0 when others are not.
pub(crate) fn exit_codes_of_more_than_eight_bits(scene: &Scene) -> Result<Outcome> {
    for code in
        [256_u32, 257, 300, 511, 0x0001_0000, 0x1234_5678, 0x7fff_ffff, 0x8000_0000, u32::MAX]
    {
        let built = scene.build(&EXIT.replace("CODE", &format!("0x{code:x}")), &[])?;
        let finished = finish(&mut scene.command(&built))?;
        let expected = match (scene.target.system, code & 0xff) {
            (System::Windows, 0) => 1,
            (_, low) => low as i32,
        };
        starts(&finished, expected, b"", &format!("exit code {code:#x}"))?;
    }
    Ok(Outcome::Passed)
}

/// What the runtime says of a trap does not land in a file of the program's.
pub(crate) fn a_trap_with_closed_streams(scene: &Scene) -> Result<Outcome> {
    let built = scene.build(TRAP, &["--dir", "."])?;
    for streams in ["", "2>&-", ">&- 2>&-", "<&- 2>&-", "<&- >&- 2>&-"] {
        let mut command = match scene.in_shell(&built, &format!("exec \"$@\" {streams}")) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        let finished = finish(&mut command)?;
        let expected = Ending::Status(match scene.target.system {
            System::Windows => wasm2native_abi::EXIT_TRAP_WINDOWS,
            _ => wasm2native_abi::EXIT_TRAP_UNIX,
        });
        ensure!(finished.ending == expected, "`{streams}`: {}", finished.ending);
        ensure!(finished.stdout.is_empty(), "`{streams}`: {:?}", finished.stdout_text());
        let says = finished.stderr_text().contains("unreachable");
        ensure!(says == streams.is_empty(), "`{streams}`: {}", finished.stderr_text());
        let file = built.folder.read("file")?;
        ensure!(file.is_empty(), "`{streams}`: {:?}", String::from_utf8_lossy(&file));
    }
    Ok(Outcome::Passed)
}

pub(crate) fn nothing_is_printed_that_the_program_does_not_print(scene: &Scene) -> Result<Outcome> {
    for flags in [&[][..], &["--dir", "."], &["--grant", "cli"]] {
        let built = scene.build(NOTHING, flags)?;
        starts(&finish(&mut scene.command(&built))?, 0, b"", &format!("{flags:?}"))?;
    }
    Ok(Outcome::Passed)
}

pub(crate) fn an_interrupt_ends_it(scene: &Scene) -> Result<Outcome> {
    ended_by_signal(scene, "INT", 2)
}

pub(crate) fn a_request_to_terminate_ends_it(scene: &Scene) -> Result<Outcome> {
    ended_by_signal(scene, "TERM", 15)
}

/// Makes files in the temporary directory, which is the first that is granted, some of them nested deep; says that
/// it runs, and does so for ever.
const FILL: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $path_create_directory (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
  (data (i32.const 32) "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d")
  (func (export "_start")
    (local $length i32)
    (loop $deeper
      (local.set $length (i32.add (local.get $length) (i32.const 1)))
      (if (call $path_create_directory (i32.const 3) (i32.const 32) (local.get $length))
        (then unreachable))
      (local.set $length (i32.add (local.get $length) (i32.const 1)))
      (br_if $deeper (i32.lt_u (local.get $length) (i32.const 32))))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 48)))
    (loop $again (br $again))))"#;

/// A signal that asks a program to end takes its temporary directory along, and is what ended it; one that it was
/// started to ignore does neither.
pub(crate) fn a_signal_removes_the_temporary_directory(scene: &Scene) -> Result<Outcome> {
    if scene.target.system == System::Windows {
        return Ok(Outcome::Skipped("the system has no signals".to_owned()));
    }
    if !scene.runner.is_direct() {
        return Ok(Outcome::Skipped("an emulator has handlers of its own".to_owned()));
    }
    let built = scene.build(FILL, &["--dir", "tmp:"])?;
    built.folder.write("temporary/other", "")?;
    let temporary = built.folder.path().join("temporary");
    let entries = || -> Result<usize> { Ok(std::fs::read_dir(&temporary)?.count()) };
    for (ignored, names) in [("", "HUP"), ("", "INT"), ("", "TERM"), ("HUP", "HUP INT")] {
        let script = match ignored {
            "" => "exec \"$@\"".to_owned(),
            signal => format!("trap '' {signal}; exec \"$@\""),
        };
        let mut words = vec!["sh".into(), "-c".into(), script.into(), "sh".into()];
        match scene.runner.words(&built.executable) {
            Ok(program) => words.extend(program),
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        }
        let mut command = match with_usual_signals(&words) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        command.current_dir(built.folder.path()).env("TMPDIR", &temporary);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut ready = [0; 6];
        child.stdout.as_mut().context("it has an output")?.read_exact(&mut ready)?;
        ensure!(entries()? == 2, "{names}: it has no temporary directory");
        let mut number = 0;
        for name in names.split(' ') {
            number = match name {
                "HUP" => 1,
                "INT" => 2,
                _ => 15,
            };
            let kill = format!("kill -{name} {}", child.id());
            ensure!(Command::new("sh").args(["-c", &kill]).status()?.success(), "{kill}");
        }
        let ending = wait(&mut child)?;
        ensure!(ending == Ending::Signal(number), "{names}: {ending} instead of signal {number}");
        ensure!(entries()? == 1, "{names}: its temporary directory is still there");
    }
    Ok(Outcome::Passed)
}

/// By the signal itself, whether it works or waits, so that whoever started it sees what ended it.
fn ended_by_signal(scene: &Scene, name: &str, number: i32) -> Result<Outcome> {
    if scene.target.system == System::Windows {
        return Ok(Outcome::Skipped("the system has no signals".to_owned()));
    }
    for text in [SPIN, READ] {
        let built = scene.build(text, &[])?;
        let words = scene.runner.words(&built.executable);
        let mut command = match words.and_then(|words| with_usual_signals(&words)) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        command.current_dir(built.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut ready = [0; 6];
        child.stdout.as_mut().context("it has an output")?.read_exact(&mut ready)?;
        let kill = format!("kill -{name} {}", child.id());
        ensure!(Command::new("sh").args(["-c", &kill]).status()?.success(), "{kill}");
        let ending = wait(&mut child)?;
        ensure!(ending == Ending::Signal(number), "{ending} instead of signal {number}");
        let mut stderr = String::new();
        child.stderr.as_mut().context("it has an output")?.read_to_string(&mut stderr)?;
        // Some emulators say it too, as shells do.
        ensure!(stderr.is_empty() || !scene.runner.is_direct(), "it says {stderr}");
    }
    Ok(Outcome::Passed)
}
