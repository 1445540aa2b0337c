//! Where a process cannot replace itself, it waits for the program.

use super::Executable;
use std::ffi::{OsStr, OsString};
use std::io::{Result, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

pub(super) fn bytes(bytes: &[u8], _argv0: &OsStr, arguments: &[OsString]) -> Result<ExitCode> {
    let mut file = tempfile::Builder::new().prefix("wasm2native-run-").suffix(".exe").tempfile()?;
    file.write_all(bytes)?;
    run(&file.into_temp_path(), arguments)
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
        Executable::Bytes(bytes, _) => {
            let mut builder = tempfile::Builder::new();
            builder.prefix("wasm2native-run-").suffix(".exe");
            let mut file = builder.tempfile()?;
            file.write_all(bytes)?;
            kept.insert(file.into_temp_path())
        }
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
