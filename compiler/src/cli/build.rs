//! `build`: a module to the outputs asked for.

use super::compilation::Compilation;
use super::emit::{Emit, Kind};
use super::input::Input;
use super::progress::Progress;
use super::terminal::Terminal;
use super::{Failure, output};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use wasm2native::{Builder, Code, Diagnostic, Error, Report, Sizes, Target, quoted};

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// The module, .wasm or .wat; `-` is standard input
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// Where to write the result; `-` is standard output [default: the input's name without extension]
    #[arg(short, long, value_name = "PATH", help_heading = "Output")]
    output: Option<PathBuf>,
    /// The target, repeatable or a list with commas, or `all` [default: this machine]
    #[arg(short, long, value_name = "TARGET", value_delimiter = ',', help_heading = "Output")]
    target: Vec<String>,
    /// What to write: exe, obj, clif or asm, each with =PATH (repeatable, or a list) [default: exe]
    #[arg(long, value_name = "KIND[=PATH]", value_delimiter = ',', help_heading = "Output")]
    emit: Vec<Emit>,
    #[command(flatten)]
    compilation: Compilation,
}

/// Runs the command.
pub(crate) fn run(arguments: &BuildArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let targets = targets(arguments, terminal)?;
    let emits = match &arguments.emit[..] {
        [] => vec![Emit { kind: Kind::Executable, path: None }],
        emits => emits.to_vec(),
    };
    check_names(arguments, &targets, &emits)?;
    let mut input = Input::read(&arguments.input)?;
    for (position, target) in targets.iter().enumerate() {
        let infix = match targets.len() {
            1 => String::new(),
            _ => format!("-{}", target.description().name),
        };
        let last = position + 1 == targets.len();
        build_for(*target, &infix, arguments, &emits, &mut input, last, terminal)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn targets(arguments: &BuildArguments, terminal: &Terminal) -> Result<Vec<Target>, Failure> {
    let input = arguments.input.display().to_string();
    let refuse = |error: Error| Box::new(error.diagnostic(&input));
    let mut targets: Vec<Target> = Vec::new();
    for spelling in &arguments.target {
        if spelling == "all" {
            targets.extend(Target::all());
            continue;
        }
        let (target, ignored) = Target::spelled(spelling).map_err(refuse)?;
        if let Some(ignored) = ignored {
            let ignored = quoted(&ignored);
            terminal.note(&format!("`{ignored}` in the target makes no difference: executables use no C library of the system"));
        }
        targets.push(target);
    }
    if arguments.target.is_empty() {
        targets.push(Target::host().map_err(refuse)?);
    }
    let mut seen = Vec::new();
    targets.retain(|target| {
        let name = target.description().name.to_string();
        let new = !seen.contains(&name);
        seen.push(name);
        new
    });
    Ok(targets)
}

/// Refuses names that cannot be given to all outputs.
fn check_names(
    arguments: &BuildArguments,
    targets: &[Target],
    emits: &[Emit],
) -> Result<(), Failure> {
    let usage = |title: &str, hint: &str| -> Result<(), Failure> {
        Err(Box::new(Diagnostic::error(Code::Usage, title).hint(hint)))
    };
    let named = emits.iter().any(|emit| emit.path.is_some());
    if targets.len() > 1 && (arguments.output.is_some() || named) {
        return usage("one output name for several targets", "leave out `-o` and `=PATH`");
    }
    for (position, emit) in emits.iter().enumerate() {
        if emits[..position].iter().any(|earlier| earlier.kind == emit.kind) {
            return usage(
                &format!("`--emit {}` is given twice", emit.kind.name()),
                "leave one out",
            );
        }
    }
    let unnamed = emits.iter().filter(|emit| emit.path.is_none()).count();
    let has_executable =
        emits.iter().any(|emit| emit.kind == Kind::Executable && emit.path.is_none());
    if arguments.output.is_some() && unnamed != 1 && !has_executable {
        return usage("`-o` does not say which output it names", "write `--emit KIND=PATH`");
    }
    if arguments.input.as_os_str() == "-" {
        let spared = usize::from(arguments.output.is_some());
        if unnamed > spared {
            return usage("standard input has no name to call the output by", "name it with `-o`");
        }
    }
    Ok(())
}

/// Where an output goes. `-o` names the executable, or else the only output without a path.
fn path_of(
    emit: &Emit,
    infix: &str,
    target: Target,
    arguments: &BuildArguments,
    emits: &[Emit],
) -> PathBuf {
    if let Some(path) = &emit.path {
        return path.clone();
    }
    let has_executable =
        emits.iter().any(|emit| emit.kind == Kind::Executable && emit.path.is_none());
    if let Some(path) = &arguments.output
        && (emit.kind == Kind::Executable || !has_executable)
    {
        return path.clone();
    }
    let suffix = match emit.kind {
        Kind::Executable => target.description().system.executable_suffix(),
        kind => kind.suffix(),
    };
    output::default_path(&arguments.input, infix, suffix)
}

fn build_for(
    target: Target,
    infix: &str,
    arguments: &BuildArguments,
    emits: &[Emit],
    input: &mut Input,
    last: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let started = Instant::now();
    let name = input.name.clone();
    let refuse = |error: Error| Box::new(error.diagnostic(&name));
    let outputs: Vec<(Kind, PathBuf)> = emits
        .iter()
        .map(|emit| (emit.kind, path_of(emit, infix, target, arguments, emits)))
        .collect();
    for (position, (_, path)) in outputs.iter().enumerate() {
        output::check(path, input.path.as_deref())?;
        if outputs[..position].iter().any(|(_, earlier)| earlier == path) {
            let title = format!("two outputs are named `{}`", quoted(&path.display().to_string()));
            let hint = "give each its own path, as in `--emit exe=PATH,obj=PATH`";
            return Err(Box::new(Diagnostic::error(Code::Usage, title).hint(hint)));
        }
    }
    let find =
        |wanted: Kind| outputs.iter().find(|(kind, _)| *kind == wanted).map(|(_, path)| path);
    let progress = Progress::new(terminal);
    let builder = arguments.compilation.builder(&input.bytes, &name)?;
    let builder = builder.target(target).observer(&progress);

    for kind in [Kind::Clif, Kind::Assembly] {
        let Some(path) = find(kind) else { continue };
        let text = text_of(&builder, kind).map_err(refuse)?;
        output::write(path, text.as_bytes(), false)?;
        show_output(kind, path, None, None, started, terminal);
    }
    if find(Kind::Object).is_none() && find(Kind::Executable).is_none() {
        return Ok(());
    }

    let compiled = builder.compile().map_err(refuse)?;
    for warning in &compiled.report.warnings {
        terminal.message(&warning.diagnostic(&input.short_name()));
    }
    if let Some(path) = find(Kind::Object) {
        output::write(path, compiled.object(), false)?;
        show_output(Kind::Object, path, Some(&compiled.report), None, started, terminal);
    }
    let Some(path) = find(Kind::Executable) else { return Ok(()) };
    if last {
        // Linking needs the room: the object and the executable are in memory together.
        input.bytes = Vec::new();
    }
    let artifact = compiled.link(&progress).map_err(refuse)?;
    progress.finish();
    output::write(path, &artifact.bytes, true)?;
    let short_name = input.short_name();
    show_input(&short_name, &artifact.report, terminal);
    let sizes = Some(artifact.sizes);
    show_output(Kind::Executable, path, Some(&artifact.report), sizes, started, terminal);
    terminal.report(&format!(
        " {}  {}",
        terminal.strong("grants"),
        artifact.report.policy.in_words()
    ));
    Ok(())
}

fn text_of(builder: &Builder<'_>, kind: Kind) -> Result<String, Error> {
    if kind == Kind::Clif { builder.clif() } else { builder.assembly() }
}

fn show_input(name: &str, report: &Report, terminal: &Terminal) {
    terminal.report(&format!(" {}  {}", terminal.strong(name), report.input_in_words()));
    terminal.note(&format!("sha256 of the input: {}", report.input_sha256));
    terminal.note(&format!("{} functions compiled", report.functions));
}

fn show_output(
    kind: Kind,
    path: &Path,
    report: Option<&Report>,
    sizes: Option<Sizes>,
    started: Instant,
    terminal: &Terminal,
) {
    let seconds = started.elapsed().as_secs_f64();
    let path = path.display().to_string();
    if terminal.is_json() {
        let artifact = serde_json::json!({
            "reason": "artifact",
            "kind": kind.name(),
            "path": path,
            "seconds": seconds,
            "sizes": sizes,
            "report": report,
        });
        terminal.result(&artifact.to_string());
        return;
    }
    let Some(sizes) = sizes else {
        terminal.note(&format!("{} written to `{}`", kind.name(), quoted(&path)));
        return;
    };
    let target = report.map_or("", |report| report.target);
    terminal.report(&format!(
        " {}  {}  {} · {seconds:.1} s",
        terminal.strong(target),
        quoted(&path),
        sizes.in_words()
    ));
}
