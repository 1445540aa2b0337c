//! `policy`: what programs may do, apart from any program; one file a subcommand.

mod check;

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

/// The subcommands.
#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Check a policy file and say what it grants
    Check(check::CheckArguments),
}

/// Runs the command.
pub(crate) fn run(arguments: &PolicyArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &arguments.command {
        PolicyCommand::Check(arguments) => check::run(arguments, terminal),
    }
}
