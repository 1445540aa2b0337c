//! `policy explain`: what a policy grants, in sentences.

use super::source;
use crate::cli::Failure;
use crate::cli::terminal::Terminal;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A policy file, or an executable made by `build`; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &ExplainArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let source = source::read(&arguments.file, terminal)?;
    if terminal.is_json() {
        terminal.result(&serde_json::to_string(&source.policy).unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    }
    for sentence in source.policy.in_sentences(&source::rules(&[&source])) {
        terminal.result(&sentence);
    }
    Ok(ExitCode::SUCCESS)
}
