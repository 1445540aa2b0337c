//! `verify`: whether an executable is intact, and comes from a module.

use super::Failure;
use super::input::Input;
use super::progress::Progress;
use super::terminal::Terminal;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use wasm2native::{Code, Diagnostic, Error, escaped, quoted, verify};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// An executable made by `build`, for any target; `-` is standard input
    #[arg(value_name = "EXE")]
    executable: PathBuf,
    /// The module that it was made from: it is built again with the same settings, and compared
    #[arg(long, value_name = "INPUT")]
    from: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &VerifyArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let executable = Input::read(&arguments.executable)?;
    let module = arguments.from.as_deref().map(Input::read).transpose()?;
    let progress = Progress::new(terminal);
    let input = module.as_ref().map(|module| &module.bytes[..]);
    let name = module.as_ref().map_or(&executable.name, |module| &module.name);
    let verification = verify(&executable.bytes, input, &progress).map_err(|error| {
        let is_other = matches!(error, Error::NotOurs | Error::Damaged);
        let mut message = error.diagnostic(if is_other { &executable.name } else { name });
        message.title = format!("cannot verify `{}`", quoted(&executable.name));
        Box::new(message)
    })?;
    progress.finish();
    if terminal.is_json() {
        terminal.result(&serde_json::to_string(&verification).unwrap_or_default());
    } else {
        for check in verification.checks.iter().filter(|check| check.holds) {
            terminal.result(&format!("{:<10}{}", check.what, escaped(&check.found)));
        }
    }
    match verification.failure() {
        None => Ok(ExitCode::SUCCESS),
        Some(failure) => {
            let title = format!("`{}` is not what it must be", quoted(&executable.name));
            let cause = format!("{}: {}", failure.what, escaped(&failure.found));
            Err(Box::new(Diagnostic::error(Code::Verification, title).cause(cause)))
        }
    }
}
