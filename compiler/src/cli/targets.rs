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

/// What can be written for every target.
const OUTPUTS: [&str; 4] = ["exe", "obj", "clif", "asm"];

fn list(terminal: &Terminal) {
    if terminal.is_json() {
        let values: Vec<_> = Target::all().map(value).collect();
        terminal.result(&serde_json::Value::from(values).to_string());
        return;
    }
    const SIZE_COLUMN: usize = 5;
    let heading = ["name", "triple", "tier", "minimum system", "cpu", "stub", ""];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(Target::all().map(row));
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column == SIZE_COLUMN { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        terminal.result(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

fn row(target: Target) -> [String; 7] {
    let description = target.description();
    let host = if target.is_host() { "this machine" } else { "" };
    [
        description.name.clone(),
        description.triple.clone(),
        description.tier.to_string(),
        description.minimum_system.clone(),
        description.cpu.clone(),
        stub_size(target),
        host.to_owned(),
    ]
}

/// The size of the target's stub, without a program.
fn stub_bytes(target: Target) -> Option<usize> {
    target.description().stub().ok().map(|stub| stub.len())
}

fn stub_size(target: Target) -> String {
    stub_bytes(target).map_or("none".to_owned(), |bytes| format!("{} KiB", bytes.div_ceil(1024)))
}

fn show(target: Target, terminal: &Terminal) {
    if terminal.is_json() {
        terminal.result(&value(target).to_string());
        return;
    }
    let description = target.description();
    let architecture = description.architecture;
    let fields = [
        ("name", description.name.clone()),
        ("triple", description.triple.clone()),
        ("format", description.format().name().to_owned()),
        ("minimum system", description.minimum_system.clone()),
        ("page size", format!("up to {} bytes", description.page_bytes)),
        ("tier", description.tier.to_string()),
        ("tested", description.runner.in_words().to_owned()),
        ("stub", stub_size(target)),
        ("outputs", OUTPUTS.join(", ")),
        ("this machine", if target.is_host() { "yes" } else { "no" }.to_owned()),
    ];
    for (name, value) in fields {
        terminal.result(&format!("{name:<16}{value}"));
    }
    terminal.result("cpu levels, each with the features that it adds");
    for level in wasm2native_targets::levels(architecture) {
        let default = if level.name == description.cpu { "(default) " } else { "" };
        let line = format!("  {:<14}{default}{}", level.name, level.adds.join(", "));
        terminal.result(line.trim_end());
    }
    let single = wasm2native_targets::single_features(architecture);
    if !single.is_empty() {
        terminal.result(&format!("more cpu features\n  {}", single.join(", ")));
    }
}

fn value(target: Target) -> serde_json::Value {
    let description = target.description();
    let architecture = description.architecture;
    let levels: Vec<_> = wasm2native_targets::levels(architecture)
        .iter()
        .map(|level| serde_json::json!({ "name": level.name, "adds": level.adds }))
        .collect();
    serde_json::json!({
        "name": description.name,
        "triple": description.triple,
        "architecture": architecture.name(),
        "system": description.system.name(),
        "format": description.format().name(),
        "tier": description.tier,
        "tested": description.runner.in_words(),
        "minimum_system": description.minimum_system,
        "cpu": description.cpu,
        "cpu_levels": levels,
        "cpu_features": wasm2native_targets::single_features(architecture),
        "page_bytes": description.page_bytes,
        "stub_bytes": stub_bytes(target),
        "outputs": OUTPUTS,
        "host": target.is_host(),
    })
}
