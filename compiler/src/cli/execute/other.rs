//! Where a process cannot replace itself, it waits for the program.

use std::ffi::{OsStr, OsString};
use std::io::{Result, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

pub(super) fn bytes(bytes: &[u8], _argv0: &OsStr, arguments: &[OsString]) -> Result<ExitCode> {
    let mut file = tempfile::Builder::new().prefix("wasm2native-run-").suffix(".exe").tempfile()?;
    file.write_all(bytes)?;
    run(&file.into_temp_path(), arguments)
}

pub(super) fn file(path: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    run(path, arguments)
}

fn run(path: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    let status = Command::new(path).args(arguments).status()?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
