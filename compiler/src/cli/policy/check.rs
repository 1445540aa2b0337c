//! `policy check`: whether a policy file is understood and can be kept, and what it says in words.

use crate::cli::Failure;
use crate::cli::policy_source::{DEFAULT, PolicySource};
use crate::cli::policy_text;
use crate::cli::terminal::Terminal;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The policy file; `-` is standard input
    #[arg(value_name = "FILE", default_value = DEFAULT)]
    file: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &CheckArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let source = PolicySource::read(&arguments.file)?;
    let name = source.name();
    let policy = source.description(terminal)?;
    let targets = &source.file.targets;
    if terminal.is_json() {
        let result = serde_json::json!({
            "file": arguments.file.display().to_string(),
            "valid": true,
            "targets": targets,
            "policy": policy,
        });
        terminal.result(&result.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    terminal.result(&format!("{name}: a valid policy"));
    if !targets.is_empty() {
        policy_text::field(terminal, "targets", &targets.join(", "));
    }
    policy_text::show(terminal, &policy, None);
    Ok(ExitCode::SUCCESS)
}
