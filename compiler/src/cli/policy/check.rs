//! `policy check`: whether a policy file is understood and can be kept, and what it says in words.

use crate::cli::policy_source::{DEFAULT, PolicySource};
use crate::cli::policy_text;
use crate::cli::terminal::Terminal;
use crate::cli::{Failure, build};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use wasm2native::{Diagnostic, Error, Target, quoted};

/// Arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The policy file
    #[arg(value_name = "FILE", default_value = DEFAULT)]
    file: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &CheckArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let source = PolicySource::read(&arguments.file)?;
    let name = quoted(&arguments.file.display().to_string());
    let refuse = |error: Error| {
        let message = error.diagnostic(&name);
        let title = format!("the policy file `{name}` is wrong");
        Box::new(Diagnostic { title, code: wasm2native::Code::PolicyFile, ..message })
    };
    let targets = build::parse_targets(&source.file.targets, terminal).map_err(refuse)?;
    let policy = source.file.describe(source.embedded()?, &targets).map_err(refuse)?;
    let targets: Vec<&str> =
        targets.iter().map(|target: &Target| target.description().name.as_str()).collect();
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
