//! `run`: the same build for this machine, into a private file that is run at once.

use super::compilation::Compilation;
use super::input::Input;
use super::progress::Progress;
use super::terminal::Terminal;
use super::{Failure, build, execute};
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasm2native::{
    Artifact, Builder, Code, Diagnostic, Error, Target, Warning, is_our_executable, quoted,
};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The target, which must be this machine's [default: this machine]
    #[arg(short, long, value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    compilation: Compilation,
    /// The module, or an executable made by `build`; everything behind it goes to the program
    #[arg(value_names = ["INPUT", "ARGS"], required = true, num_args = 1.., trailing_var_arg = true)]
    input_and_arguments: Vec<OsString>,
}

impl RunArguments {
    /// The program's arguments, without its name.
    pub(crate) fn program_arguments(&self) -> &[OsString] {
        self.input_and_arguments.get(1..).unwrap_or_default()
    }
}

/// What is run.
pub(super) enum Prepared {
    /// What was built, and what it is told that it is called.
    Built(Box<Artifact>, OsString),
    /// An executable, as it is.
    Executable(PathBuf),
}

/// Runs the command.
pub(crate) fn run(arguments: &RunArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match prepare(arguments, terminal)? {
        Prepared::Built(artifact, argv0) => {
            execute::bytes(&artifact.bytes, &argv0, arguments.program_arguments())
        }
        Prepared::Executable(path) => execute::file(&path, arguments.program_arguments()),
    }
}

/// All but running it.
pub(super) fn prepare(arguments: &RunArguments, terminal: &Terminal) -> Result<Prepared, Failure> {
    let Some(input_path) = arguments.input_and_arguments.first() else {
        return Err(Box::new(Diagnostic::error(Code::Usage, "there is no input")));
    };
    check_target(arguments, &input_path.display().to_string(), terminal)?;
    let input = Input::read(Path::new(input_path))?;
    if let Some(path) = input.path.as_deref()
        && is_our_executable(&input.bytes)
    {
        refuse_options(path, &arguments.compilation)?;
        return Ok(Prepared::Executable(path.to_owned()));
    }

    let refuse = |error: Error| Box::new(error.diagnostic(&input.name));
    let host = Target::host().map_err(refuse)?;
    let progress = Progress::new(terminal);
    let builder = Builder::new(&input.bytes).target(host).observer(&progress);
    let mut policy = arguments.compilation.policy(terminal)?;
    if let Some(source) = &mut policy {
        // The level is for the machines that the targets are; this one takes any that it can run.
        source.file.cpu = None;
    }
    let builder = arguments.compilation.configure(builder, policy.as_ref(), &input.name)?;
    let artifact = builder.build().map_err(|error| {
        Box::new(arguments.compilation.diagnostic(&error, policy.as_ref(), &input.name))
    })?;
    progress.finish();
    for warning in &artifact.report.warnings {
        // Whoever runs a program sees whether its opens fail; whoever ships one does not.
        if *warning != Warning::NoDirectory || terminal.is_verbose() {
            terminal.message(&warning.diagnostic(&input.short_name()));
        }
    }
    // As wasmtime: the last part of the path, so that the program learns nothing of the folders.
    let argv0 = PathBuf::from(input_path);
    let argv0 = argv0.file_name().unwrap_or(input_path).to_owned();
    Ok(Prepared::Built(Box::new(artifact), argv0))
}

/// Refuses to run for another machine than this one.
fn check_target(arguments: &RunArguments, input: &str, terminal: &Terminal) -> Result<(), Failure> {
    let Some(spelling) = &arguments.target else { return Ok(()) };
    let target = build::target(spelling, terminal).map_err(|error| {
        let mut message = error.diagnostic(input);
        message.title = format!("cannot run `{}`", quoted(input));
        Box::new(message)
    })?;
    if target.is_host() {
        return Ok(());
    }
    let name = &target.description().name;
    let here = Target::host().map_or("no target", |host| &host.description().name);
    let title = format!("cannot run `{}` for {name}", quoted(input));
    let message = Diagnostic::error(Code::Usage, title)
        .cause(format!("this machine is {here}"))
        .hint(format!("`wasm2native build --target {name}` makes an executable to run there"));
    Err(Box::new(message))
}

/// Refuses options that an executable cannot take any more.
fn refuse_options(path: &Path, compilation: &Compilation) -> Result<(), Failure> {
    if compilation.is_default() {
        return Ok(());
    }
    let name = quoted(&path.display().to_string());
    let message = Diagnostic::error(Code::Usage, format!("`{name}` is already built"))
        .cause("grants, limits and optimisation are part of an executable and cannot be changed")
        .hint("give the `.wasm` file that it was made from, or leave the options out");
    Err(Box::new(message))
}
