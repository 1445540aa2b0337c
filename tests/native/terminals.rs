//! Terminals: programs know them from pipes, and what is typed there reaches them.

use crate::endings::READ;
use crate::streams::{REPORT, report};
use crate::{Scene, wait, with_usual_signals};
use anyhow::{Context, Result, ensure};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
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

/// Typed at the terminal that controls it, as at every other program.
pub(crate) fn control_c_ends_it(scene: &Scene) -> Result<Outcome> {
    if scene.target.system == System::Windows {
        return Ok(Outcome::Skipped("the system has no controlling terminals".to_owned()));
    }
    if find_program("setsid").is_none() {
        return Ok(Outcome::Skipped("`setsid` is not installed".to_owned()));
    }
    let built = scene.build(READ, &[])?;
    let words = scene.runner.words(&built.executable).map(|words| {
        let starter = ["setsid", "--ctty"].map(OsString::from);
        starter.into_iter().chain(words).collect::<Vec<_>>()
    });
    let mut command = match words.and_then(|words| with_usual_signals(&words)) {
        Ok(command) => command,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let (mut master, slave) = terminal()?;
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
