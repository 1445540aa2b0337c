//! Running an executable in this process's place: its standard streams, arguments, exit status and
//! signals are the program's own.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod system;

use super::Failure;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasm2native::{Code, Diagnostic};

/// Writes `bytes` where only this user may read them and runs them. Returns only when that fails, or
/// where the system cannot replace a process.
pub(crate) fn bytes(
    bytes: &[u8],
    argv0: &OsStr,
    arguments: &[OsString],
) -> Result<ExitCode, Failure> {
    system::bytes(bytes, argv0, arguments).map_err(|error| {
        refuse(&error).hint("programs are run from the folder for temporary files: set `TMPDIR` to one that allows it").into()
    })
}

/// Runs the executable `path`.
pub(crate) fn file(path: &Path, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    system::file(path, arguments).map_err(|error| refuse(&error).into())
}

/// What is run beside this process.
pub(crate) enum Executable {
    /// An executable's contents, and what it is told that it is called.
    Bytes(Vec<u8>, OsString),
    /// Where an executable is.
    File(PathBuf),
}

/// Runs an executable with one more variable, waits for it, and says how it ended. What is typed to end it ends
/// it alone.
pub(crate) fn child(
    executable: &Executable,
    arguments: &[OsString],
    variable: (&str, &Path),
) -> Result<ExitCode, Failure> {
    let has_ended = Arc::new(AtomicBool::new(false));
    // A handler, unlike a signal that is ignored, is not passed on to the program.
    let held = TYPED_SIGNALS.iter().try_for_each(|signal| {
        signal_hook::flag::register_conditional_default(*signal, Arc::clone(&has_ended)).map(drop)
    });
    let ending = held.and_then(|()| system::child(executable, arguments, variable));
    has_ended.store(true, Ordering::SeqCst);
    ending.map_err(|error| refuse(&error).into())
}

/// The signals that a terminal sends to all that it runs (`SIGINT` and `SIGQUIT`).
#[cfg(unix)]
const TYPED_SIGNALS: [i32; 2] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGQUIT];

/// What the C library makes of Ctrl-C.
#[cfg(not(unix))]
const TYPED_SIGNALS: [i32; 1] = [signal_hook::consts::SIGINT];

fn refuse(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::Start, "cannot start the program").cause(error.to_string())
}
