//! Where each output of a build goes.
//!
//! Invariant: all names are decided, and refused, before anything is compiled.

use super::build::BuildArguments;
use super::emit::{Emit, Kind};
use super::{Failure, output};
use std::path::{Path, PathBuf};
use wasm2native::{Code, Diagnostic, Target, quoted};

/// The outputs of one target.
pub(crate) struct Destination {
    /// The target.
    pub(crate) target: Target,
    outputs: Vec<(Kind, PathBuf)>,
}

impl Destination {
    /// Where an output of that kind goes, if one is wanted.
    pub(crate) fn path(&self, wanted: Kind) -> Option<&Path> {
        let output = self.outputs.iter().find(|(kind, _)| *kind == wanted);
        output.map(|(_, path)| path.as_path())
    }
}

/// The destinations of all targets, in their order. `input` is the file that must not be overwritten.
pub(crate) fn choose(
    arguments: &BuildArguments,
    targets: &[Target],
    emits: &[Emit],
    input: Option<&Path>,
) -> Result<Vec<Destination>, Failure> {
    let mut taken: Vec<PathBuf> = Vec::new();
    let mut destinations = Vec::with_capacity(targets.len());
    for target in targets {
        let infix = match targets.len() {
            1 => String::new(),
            _ => format!("-{}", target.description().name),
        };
        let mut outputs = Vec::with_capacity(emits.len());
        for emit in emits {
            let path = path_of(emit, &infix, *target, arguments, emits);
            output::check(&path, input)?;
            if taken.contains(&path) {
                let name = quoted(&path.display().to_string());
                let title = format!("two outputs are named `{name}`");
                let hint = "give each its own path, as in `--emit exe=PATH,obj=PATH`";
                return Err(Box::new(Diagnostic::error(Code::Usage, title).hint(hint)));
            }
            taken.push(path.clone());
            outputs.push((emit.kind, path));
        }
        destinations.push(Destination { target: *target, outputs });
    }
    Ok(destinations)
}

/// Refuses names that cannot be given to all outputs.
pub(crate) fn check_names(
    arguments: &BuildArguments,
    targets: &[Target],
    emits: &[Emit],
) -> Result<(), Failure> {
    let usage = |title: &str, hint: &str| -> Result<(), Failure> {
        Err(Box::new(Diagnostic::error(Code::Usage, title).hint(hint)))
    };
    let named = emits.iter().any(|emit| emit.path.is_some());
    if targets.len() > 1 && (arguments.output.is_some() || named) {
        return usage(
            "one output name for several targets",
            "leave out `-o` and `=PATH`: each output is called after the input and its target, in the current folder",
        );
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
    if arguments.output.is_some() && unnamed != 1 && !has_executable(emits) {
        return usage("`-o` does not say which output it names", "write `--emit KIND=PATH`");
    }
    if arguments.input.as_os_str() == "-" {
        let spared = usize::from(arguments.output.is_some());
        if unnamed > spared {
            let hint = match targets.len() {
                1 => "name it with `-o`",
                _ => "give the input as a file: outputs for several targets are called after it",
            };
            return usage("standard input has no name to call the output by", hint);
        }
    }
    Ok(())
}

/// Whether an executable is wanted that has no path of its own.
fn has_executable(emits: &[Emit]) -> bool {
    emits.iter().any(|emit| emit.kind == Kind::Executable && emit.path.is_none())
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
    if let Some(path) = &arguments.output
        && (emit.kind == Kind::Executable || !has_executable(emits))
    {
        return path.clone();
    }
    let suffix = match emit.kind {
        Kind::Executable => target.description().system.executable_suffix(),
        kind => kind.suffix(),
    };
    output::default_path(&arguments.input, infix, suffix)
}
