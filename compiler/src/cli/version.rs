//! `version`: which tool this is.

use super::Failure;
use super::terminal::Terminal;
use clap::Args;
use std::process::ExitCode;
use wasm2native::Target;

/// Arguments of `version`.
#[derive(Debug, Args)]
pub(crate) struct VersionArguments {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &VersionArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    if !(arguments.json || terminal.is_json()) {
        terminal.result(&format!("wasm2native {version}"));
        return Ok(ExitCode::SUCCESS);
    }
    let host = Target::host().ok().map(|target| target.description().name.to_string());
    let value = serde_json::json!({ "name": "wasm2native", "version": version, "host": host });
    terminal.result(&value.to_string());
    Ok(ExitCode::SUCCESS)
}
