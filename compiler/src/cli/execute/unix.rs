//! On Unix a process replaces itself.

use super::Executable;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{Result, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use tempfile::TempPath;

pub(super) fn bytes(bytes: &[u8], argv0: &OsStr, arguments: &[OsString]) -> Result<ExitCode> {
    let path = private_file(bytes)?;
    let file = File::open(&path)?;
    let through_descriptor = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    if through_descriptor.exists() {
        // The name goes before the program runs, so that nothing is left behind however it ends.
        path.close()?;
        return Err(Command::new(through_descriptor).arg0(argv0).args(arguments).exec());
    }
    let status = Command::new(&path).arg0(argv0).args(arguments).status()?;
    Ok(exit_code(status))
}

pub(super) fn file(path: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    Err(command(path).args(arguments).exec())
}

/// A command that starts the executable `path`.
fn command(path: &Path) -> Command {
    // A name without a slash would be looked for in `PATH`.
    let is_name = path.components().count() == 1;
    Command::new(if is_name { Path::new(".").join(path) } else { path.to_owned() })
}

/// Writes `bytes` where only this user may read and execute them.
fn private_file(bytes: &[u8]) -> Result<TempPath> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("wasm2native-run-").permissions(Permissions::from_mode(0o700));
    let mut file = builder.tempfile()?;
    file.write_all(bytes)?;
    // A file that is open for writing cannot be executed.
    Ok(file.into_temp_path())
}

pub(super) fn child(
    executable: &Executable,
    arguments: &[OsString],
    (name, value): (&str, &Path),
) -> Result<ExitCode> {
    let mut kept = None;
    let mut command = match executable {
        Executable::File(path) => command(path),
        Executable::Bytes(bytes, argv0) => {
            let mut command = Command::new(kept.insert(private_file(bytes)?));
            command.arg0(argv0);
            command
        }
    };
    Ok(exit_code(command.args(arguments).env(name, value).status()?))
}

/// As a shell tells it: a signal is 128 and its number.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
