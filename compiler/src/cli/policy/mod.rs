//! `policy`: what a program may do, as files and executables say it; one file a command.

mod audit;
mod check;
mod diff;
mod explain;
mod source;
mod trace;
mod write;

use super::Failure;
use super::terminal::Terminal;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Run a program, and write the smallest policy with which it could do what it did
    Audit(audit::AuditArguments),
    /// Compare two policies; the exit status is 4 when the second grants more
    Diff(diff::DiffArguments),
    /// Say in sentences what a policy grants
    Explain(explain::ExplainArguments),
    /// Check a policy file and say what it grants
    Check(check::CheckArguments),
}

/// Runs the command.
pub(crate) fn run(arguments: &PolicyArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &arguments.command {
        PolicyCommand::Audit(arguments) => audit::run(arguments, terminal),
        PolicyCommand::Diff(arguments) => diff::run(arguments, terminal),
        PolicyCommand::Explain(arguments) => explain::run(arguments, terminal),
        PolicyCommand::Check(arguments) => check::run(arguments, terminal),
    }
}
