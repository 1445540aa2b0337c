//! `targets`: what executables can be built for.

use super::Failure;
use super::terminal::Terminal;
use clap::{Args, Subcommand};
use std::process::ExitCode;
use wasm2native::Target;

/// Arguments of `targets`.
#[derive(Debug, Args)]
pub(crate) struct TargetsArguments {
    #[command(subcommand)]
    command: TargetsCommand,
}

/// What to show.
#[derive(Debug, Subcommand)]
enum TargetsCommand {
    /// Show every target in a line
    List,
    /// Show one target in full
    Show {
        /// The target, in any spelling
        #[arg(value_name = "TARGET")]
        target: String,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &TargetsArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &arguments.command {
        TargetsCommand::List => list(terminal),
        TargetsCommand::Show { target } => {
            let target = target.parse::<Target>().map_err(|error| {
                let mut message = error.diagnostic(target);
                message.title = "cannot show the target".to_owned();
                Box::new(message)
            })?;
            show(target, terminal);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(terminal: &Terminal) {
    if terminal.is_json() {
        let values: Vec<_> = Target::all().map(value).collect();
        terminal.result(&serde_json::Value::from(values).to_string());
        return;
    }
    for target in Target::all() {
        let description = target.description();
        let host = if target.is_host() { "  (this machine)" } else { "" };
        terminal.result(&format!("{:<18}{}{host}", description.name, description.triple));
    }
}

fn show(target: Target, terminal: &Terminal) {
    if terminal.is_json() {
        terminal.result(&value(target).to_string());
        return;
    }
    let description = target.description();
    let page = format!("{} bytes", description.page_bytes);
    let tier = description.tier.to_string();
    let fields = [
        ("name", description.name.as_str()),
        ("triple", &description.triple),
        ("minimum system", &description.minimum_system),
        ("baseline cpu", &description.cpu),
        ("page size", &page),
        ("tier", &tier),
        ("outputs", &OUTPUTS.join(", ")),
        ("this machine", if target.is_host() { "yes" } else { "no" }),
    ];
    for (name, value) in fields {
        terminal.result(&format!("{name:<16}{value}"));
    }
}

/// What can be written for every target.
const OUTPUTS: [&str; 4] = ["exe", "obj", "clif", "asm"];

fn value(target: Target) -> serde_json::Value {
    let description = target.description();
    serde_json::json!({
        "name": description.name,
        "triple": description.triple,
        "tier": description.tier,
        "minimum_system": description.minimum_system,
        "cpu": description.cpu,
        "page_bytes": description.page_bytes,
        "outputs": OUTPUTS,
        "host": target.is_host(),
    })
}
