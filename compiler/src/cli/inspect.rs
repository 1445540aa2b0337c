//! `inspect`: what a file is, in words or as JSON.

use super::Failure;
use super::input::Input;
use super::policy_text::{self, field};
use super::terminal::Terminal;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use wasm2native::{
    ExecutableDescription, ImportDescription, Inspection, ModuleDescription, inspect, quoted, size,
};

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A module, or an executable made by `build` for any target; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &InspectArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let input = Input::read(&arguments.file)?;
    let inspection = inspect(&input.bytes).map_err(|error| {
        let mut message = error.diagnostic(&input.name);
        message.title = format!("cannot inspect `{}`", quoted(&input.name));
        Box::new(message)
    })?;
    if terminal.is_json() {
        let text = serde_json::to_string(&inspection).unwrap_or_default();
        terminal.result(&text);
        return Ok(ExitCode::SUCCESS);
    }
    match inspection {
        Inspection::Module(module) => show_module(&input.short_name(), &module, terminal),
        Inspection::Executable(executable) => {
            show_executable(&input.short_name(), &executable, terminal);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_module(name: &str, module: &ModuleDescription, terminal: &Terminal) {
    terminal.result(&format!("{name}: core module, {}, {}", module.role, size(module.bytes)));
    field(terminal, "sha256", &module.sha256);
    if let Some(language) = &module.language {
        field(terminal, "language", language);
    }
    for (producer, version) in &module.producers {
        field(terminal, "producer", format!("{} {}", quoted(producer), quoted(version)).trim());
    }
    let features = if module.features.is_empty() {
        "none beyond WebAssembly 1.0".to_owned()
    } else {
        module.features.join(", ")
    };
    field(terminal, "features", &features);
    field(terminal, "functions", &module.functions.to_string());
    for (minimum, maximum) in &module.memories {
        let maximum =
            maximum.map_or("no maximum".to_owned(), |maximum| format!("at most {maximum}"));
        field(terminal, "memory", &format!("{minimum} pages, {maximum}"));
    }
    show_imports(&module.imports, terminal);
    terminal.result(&format!("exports ({})", module.exports.len()));
    for export in &module.exports {
        terminal.result(&format!("  {}  {}", quoted(&export.name), export.item));
    }
    if module.needs.is_empty() {
        terminal.result("grants it may need: none");
    } else {
        terminal.result("grants it may need");
        for need in &module.needs {
            let flag = need.flag.unwrap_or("cannot be granted in this version");
            terminal.result(&format!("  {}  {flag}", need.what));
        }
    }
}

fn show_imports(imports: &[ImportDescription], terminal: &Terminal) {
    terminal.result(&format!("imports ({})", imports.len()));
    let mut modules: BTreeMap<&str, Vec<&ImportDescription>> = BTreeMap::new();
    for import in imports {
        modules.entry(&import.module).or_default().push(import);
    }
    for (module, imports) in modules {
        for import in imports {
            let note = match import.provider {
                Some(provider) => format!("  not provided: {provider}"),
                None => String::new(),
            };
            let (module, name) = (quoted(module), quoted(&import.name));
            terminal.result(&format!("  {module}.{name}  {}{note}", import.item));
        }
    }
}

fn show_executable(name: &str, executable: &ExecutableDescription, terminal: &Terminal) {
    terminal.result(&format!("{name}: executable made by wasm2native, {}", size(executable.bytes)));
    field(terminal, "sha256", &executable.sha256);
    for (key, value) in executable.manifest.entries() {
        if key != "format" {
            field(terminal, &quoted(key), &quoted(value));
        }
    }
    policy_text::show(terminal, &executable.policy, Some(&executable.kernel_wall));
    terminal.result("sections");
    for (name, bytes) in &executable.sections {
        terminal.result(&format!("  {:<20}{bytes:>12}", quoted(name)));
    }
}
