//! Where a process cannot replace itself, it waits for the program.

use super::Executable;
use std::ffi::{OsStr, OsString};
use std::io::{Result, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use tempfile::TempPath;

pub(super) fn bytes(bytes: &[u8], _argv0: &OsStr, arguments: &[OsString]) -> Result<ExitCode> {
    run(&private_file(bytes)?, arguments)
}

/// Writes `bytes` to a file that is removed with the result.
fn private_file(bytes: &[u8]) -> Result<TempPath> {
    let mut file = tempfile::Builder::new().prefix("wasm2native-run-").suffix(".exe").tempfile()?;
    file.write_all(bytes)?;
    Ok(file.into_temp_path())
}

pub(super) fn file(path: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    run(path, arguments)
}

pub(super) fn child(
    executable: &Executable,
    arguments: &[OsString],
    (name, value): (&str, &Path),
) -> Result<ExitCode> {
    let mut kept = None;
    let path = match executable {
        Executable::File(path) => path.as_path(),
        Executable::Bytes(bytes, _) => kept.insert(private_file(bytes)?),
    };
    let status = Command::new(path).args(arguments).env(name, value).status()?;
    Ok(exit_code(status))
}

fn run(path: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    Ok(exit_code(Command::new(path).args(arguments).status()?))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}
