//! Runs a tool of the stub's toolchain, unaffected by the build that this process may be part of.

use super::Failure;
use std::process::Command;

/// A command without the settings that cargo and rustup leave to their children: they belong to
/// another compiler, and another target folder's lock.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let foreign = (text.starts_with("CARGO_") && text != "CARGO_HOME")
            || (text.starts_with("RUST") && text != "RUSTUP_HOME")
            || matches!(
                text,
                "CARGO"
                    | "LD_LIBRARY_PATH"
                    | "MAKEFLAGS"
                    | "MFLAGS"
                    | "TARGET"
                    | "HOST"
                    | "OUT_DIR"
                    | "PROFILE"
                    | "OPT_LEVEL"
                    | "DEBUG"
            );
        if foreign {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it and returns standard output and standard error.
pub(crate) fn run(command: &mut Command) -> Result<(String, String), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().map_err(|error| Failure(format!("cannot run {program}: {error}")))?;
    let standard_error = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(Failure(format!("{program} failed ({}):\n{standard_error}", output.status)));
    }
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), standard_error))
}
