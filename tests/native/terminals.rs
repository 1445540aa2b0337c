//! Terminals: programs know them from pipes, and what is typed there reaches them.

use crate::streams::{REPORT, report};
use crate::{Scene, wait};
use anyhow::{Context, Result, ensure};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use wasm2native_targets::System;
use wasm2native_tests::case::Outcome;
use wasm2native_tests::run::{Ending, find_program};

/// Both ends of a terminal: that of who types and looks, and that of programs.
fn terminal() -> Result<(File, File)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("no terminal")?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(&name, flags, Mode::empty())?;
    Ok((master.into(), slave.into()))
}

/// `isatty` of the C library of programs: a character device that cannot be sought.
const CHARACTER_DEVICE: u8 = 2;
const SEEK_OR_TELL: u64 = 1 << 2 | 1 << 5;

pub(crate) fn terminals_are_told_from_pipes(scene: &Scene) -> Result<Outcome> {
    if scene.target.system == System::Windows {
        let reason = "Wine without a window has no console of its own";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let built = scene.build(REPORT, &["--dir", "."])?;
    for mix in 0..8 {
        let (_master, slave) = terminal()?;
        let stream = |bit: u32| -> Result<Stdio> {
            Ok(if mix >> bit & 1 != 0 { slave.try_clone()?.into() } else { Stdio::piped() })
        };
        let mut command = scene.command(&built);
        command.stdin(stream(0)?).stdout(stream(1)?).stderr(stream(2)?);
        let ending = wait(&mut command.spawn()?)?;
        ensure!(ending == Ending::Status(4), "{mix}: {ending}");
        let streams = report(&built.folder.read("report")?)?;
        for (bit, stream) in streams.iter().enumerate() {
            let is_terminal =
                stream.file_type == CHARACTER_DEVICE && stream.rights & SEEK_OR_TELL == 0;
            ensure!(stream.errno == 0, "{mix}: errno {}", stream.errno);
            let expected = mix >> bit & 1 != 0;
            ensure!(is_terminal == expected, "{mix}: stream {bit}, type {}", stream.file_type);
        }
    }
    Ok(Outcome::Passed)
}

/// Says that it runs, and waits for input that does not come.
const WAIT: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

/// Typed at the terminal that controls it, as at every other program.
pub(crate) fn control_c_ends_it(scene: &Scene) -> Result<Outcome> {
    if scene.target.system == System::Windows {
        return Ok(Outcome::Skipped("the system has no controlling terminals".to_owned()));
    }
    if find_program("setsid").is_none() {
        return Ok(Outcome::Skipped("`setsid` is not installed".to_owned()));
    }
    let built = scene.build(WAIT, &[])?;
    let words = match scene.runner.words(&built.executable) {
        Ok(words) => words,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let (mut master, slave) = terminal()?;
    let mut command = Command::new("setsid");
    command.arg("--ctty").args(words);
    command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
    let mut child = command.spawn()?;
    // The end of programs is held by the program alone from here on.
    drop(command);
    let mut ready = [0; 5];
    master.read_exact(&mut ready)?;
    ensure!(&ready == b"ready", "{:?}", ready.escape_ascii().to_string());
    master.write_all(b"\x03")?;
    let ending = wait(&mut child)?;
    ensure!(ending == Ending::Signal(2), "{ending} instead of signal 2");
    Ok(Outcome::Passed)
}
