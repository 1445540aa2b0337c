//! `build`: a module to the outputs asked for.
//!
//! Invariant: what can be refused is refused before anything is compiled; each output is written whole,
//! as soon as it is made.

use super::account::Account;
use super::compilation::Compilation;
use super::destination::{self, Destination};
use super::emit::{Emit, Kind};
use super::input::Input;
use super::policy_source::PolicySource;
use super::progress::Progress;
use super::terminal::Terminal;
use super::{Failure, output};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use wasm2native::{Builder, Compiled, Error, Listing, Observer, Target, quoted, recognise};

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// The module, .wasm or .wat; `-` is standard input
    #[arg(value_name = "INPUT")]
    pub(super) input: PathBuf,
    /// Where to write the result; `-` is standard output [default: the input's name without extension]
    #[arg(short, long, value_name = "PATH", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// The target, repeatable or a list with commas, or `all` [default: this machine]
    #[arg(short, long, value_name = "TARGET", value_delimiter = ',', help_heading = "Output")]
    target: Vec<String>,
    /// What to write: exe, obj, clif or asm, each with =PATH (repeatable, or a list) [default: exe]
    #[arg(long, value_name = "KIND[=PATH]", value_delimiter = ',', help_heading = "Output")]
    emit: Vec<Emit>,
    #[command(flatten)]
    compilation: Compilation,
}

/// Why a build stops.
enum Stop {
    /// The library refused.
    Build(Error),
    /// An output could not be written.
    Output(Failure),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Build(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Output(failure)
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &BuildArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let policy = arguments.compilation.policy(terminal)?;
    let targets = targets(arguments, policy.as_ref(), terminal)?;
    let emits = match &arguments.emit[..] {
        [] => vec![Emit { kind: Kind::Executable, path: None }],
        emits => emits.to_vec(),
    };
    destination::check_names(arguments, &targets, &emits)?;
    let input = Input::read(&arguments.input)?;
    // What is no WebAssembly is refused as such, and nothing is written in its place.
    let is_wasm = {
        use wasm2native::Kind::{Component, Module, Text};
        matches!(recognise(&input.bytes), Module | Component | Text)
    };
    let kept = input.path.as_deref().filter(|_| is_wasm);
    let destinations = destination::choose(arguments, &targets, &emits, kept)?;
    let (name, short_name) = (input.name.clone(), input.short_name());
    let refuse =
        |error: Error| Box::new(arguments.compilation.diagnostic(&error, policy.as_ref(), &name));
    if emits.iter().any(|emit| emit.kind == Kind::Executable) {
        targets.iter().try_for_each(|target| target.ready()).map_err(refuse)?;
    }
    let mut account = Account::new(short_name, &destinations, terminal);
    let progress = Progress::new(terminal);
    let builder = Builder::from_bytes(input.bytes).targets(targets).observer(&progress);
    let builder = arguments.compilation.configure(builder, policy.as_ref(), &name)?;
    list(&builder, &destinations, &account)
        .and_then(|()| compile(builder, &destinations, &progress, &mut account))
        .map_err(|stop| match stop {
            Stop::Build(error) => refuse(error),
            Stop::Output(failure) => failure,
        })?;
    account.finish();
    Ok(ExitCode::SUCCESS)
}

/// Writes the outputs that are text.
fn list(
    builder: &Builder<'_>,
    destinations: &[Destination],
    account: &Account<'_>,
) -> Result<(), Stop> {
    for (kind, listing) in [(Kind::Clif, Listing::Clif), (Kind::Assembly, Listing::Assembly)] {
        if destinations.iter().all(|destination| destination.path(kind).is_none()) {
            continue;
        }
        builder.list_each(listing, |targets, text| {
            for destination in destinations.iter().filter(|each| targets.contains(&each.target)) {
                let Some(path) = destination.path(kind) else { continue };
                output::write(path, text.as_bytes(), false)?;
                account.written(kind, path, None);
            }
            Ok::<_, Stop>(())
        })?;
    }
    Ok(())
}

/// Writes the outputs that are code, one architecture after the other.
fn compile(
    builder: Builder<'_>,
    destinations: &[Destination],
    progress: &Progress,
    account: &mut Account<'_>,
) -> Result<(), Stop> {
    let is_code = |destination: &Destination| {
        [Kind::Object, Kind::Executable].iter().any(|kind| destination.path(*kind).is_some())
    };
    if !destinations.iter().any(is_code) {
        return Ok(());
    }
    builder.compile_each(|compiled| {
        progress.finish();
        account.compiled(compiled.architecture(), progress.compile_seconds(), compiled.warnings());
        for destination in destinations {
            if compiled.targets().contains(&destination.target) {
                link(&compiled, destination, progress, account)?;
            }
        }
        Ok(())
    })
}

/// Writes one target's outputs.
fn link(
    compiled: &Compiled,
    destination: &Destination,
    progress: &dyn Observer,
    account: &mut Account<'_>,
) -> Result<(), Stop> {
    let target = destination.target;
    if let Some(path) = destination.path(Kind::Object) {
        output::write(path, compiled.object(), false)?;
        account.written(Kind::Object, path, Some(&compiled.report(target)));
    }
    if let Some(path) = destination.path(Kind::Executable) {
        let started = Instant::now();
        let artifact = compiled.link(target, progress)?;
        output::write(path, &artifact.bytes, true)?;
        account.linked(path, &artifact, started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The targets that the command line names, else the policy file, else this machine.
fn targets(
    arguments: &BuildArguments,
    policy: Option<&PolicySource>,
    terminal: &Terminal,
) -> Result<Vec<Target>, Failure> {
    let input = arguments.input.display().to_string();
    let refuse = |error: Error| Box::new(error.diagnostic(&input));
    let mut targets = parse_targets(&arguments.target, terminal).map_err(refuse)?;
    if targets.is_empty()
        && let Some(source) = policy
    {
        targets = source.targets(terminal)?;
    }
    if targets.is_empty() {
        targets.push(Target::host().map_err(refuse)?);
    }
    Ok(targets)
}

/// The targets of these spellings, each once.
pub(super) fn parse_targets(
    spellings: &[String],
    terminal: &Terminal,
) -> Result<Vec<Target>, Error> {
    let mut targets: Vec<Target> = Vec::new();
    // A list may be written with spaces behind its commas, or end in one.
    let spellings = spellings.iter().map(|spelling| spelling.trim());
    let named = spellings.clone().filter(|spelling| !spelling.is_empty());
    // A list of nothing but commas is no list.
    if let (Some(spelling), None) = (spellings.clone().next(), named.clone().next()) {
        target(spelling, terminal)?;
    }
    for spelling in named {
        if spelling.eq_ignore_ascii_case("all") {
            targets.extend(Target::all());
        } else {
            targets.push(target(spelling, terminal)?);
        }
    }
    let mut once = Vec::with_capacity(targets.len());
    for target in targets {
        if !once.contains(&target) {
            once.push(target);
        }
    }
    Ok(once)
}

/// The target of that spelling, with notes on what the spelling says too much or too little.
pub(super) fn target(spelling: &str, terminal: &Terminal) -> Result<Target, Error> {
    let spelled = Target::spelled(spelling)?;
    if let Some(ignored) = spelled.ignored {
        let ignored = quoted(&ignored);
        terminal.note(&format!("`{ignored}` in the target makes no difference: executables use no C library of the system"));
    }
    if spelled.completed {
        let name = &spelled.target.description().name;
        terminal.note(&format!("`{}` is {name} on this machine", quoted(spelling)));
    }
    Ok(spelled.target)
}
