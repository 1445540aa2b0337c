//! `policy diff`: what a policy grants more, and less, than another.

use super::source;
use crate::cli::Failure;
use crate::cli::terminal::Terminal;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use wasm2native::{EXIT_POLICY, PolicyDifference};

/// Arguments of `policy diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// A policy file, or an executable made by `build`; `-` is standard input
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Another one
    #[arg(value_name = "B")]
    second: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &DiffArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let first = source::read(&arguments.first, terminal)?;
    let second = source::read(&arguments.second, terminal)?;
    let rules = source::rules(&[&first, &second]);
    let difference = PolicyDifference::between(&first.policy, &second.policy, &rules);
    if terminal.is_json() {
        terminal.result(&serde_json::to_string(&difference).unwrap_or_default());
    } else {
        for (sign, lines) in
            [("+", &difference.more), ("-", &difference.less), ("~", &difference.other)]
        {
            for line in lines {
                terminal.result(&format!("{sign} {line}"));
            }
        }
    }
    Ok(ExitCode::from(if difference.more.is_empty() { 0 } else { EXIT_POLICY }))
}
