//! `policy audit`: runs a program, and writes the smallest policy with which it could do what it did.
//!
//! The program is the one that runs every day, with its record switched on (`WASM2NATIVE_AUDIT`): nothing
//! about it differs from a run without. What a record cannot tell is said in the file.

use super::trace::Trace;
use super::write;
use crate::cli::arguments::{Arguments, Command};
use crate::cli::input::Input;
use crate::cli::terminal::Terminal;
use crate::cli::{Failure, execute, output, run};
use clap::{Args, Parser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasm2native::{Code, Diagnostic, Error, Inspection, PolicyDescription, inspect, quoted};

/// Arguments of `policy audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// Where to write the policy [default: standard output, behind what the program prints]
    ///
    /// A file has the policy alone, whatever the program prints. `-` is standard output.
    #[arg(short, long, alias = "output", value_name = "FILE")]
    out: Option<PathBuf>,
    /// `run` and its arguments, or an executable and its arguments
    #[arg(value_name = "COMMAND", required = true, num_args = 1.., last = true)]
    command: Vec<OsString>,
}

/// A program to be run.
struct Program {
    executable: execute::Executable,
    policy: PolicyDescription,
    arguments: Vec<OsString>,
}

/// Runs the command.
pub(crate) fn run(arguments: &AuditArguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let file = arguments.out.as_deref().filter(|path| path.as_os_str() != "-");
    if let Some(path) = file {
        output::check(path, None)?;
    }
    let program = program(&arguments.command, terminal)?;
    if !program.policy.runtime_variables {
        let message = Diagnostic::error(Code::Usage, "the executable keeps no record")
            .cause("it was built with `--no-runtime-env`")
            .hint("give `run` and the module that it was made from");
        return Err(Box::new(message));
    }
    let record = tempfile::NamedTempFile::new().map_err(|error| cannot_record(&error))?;
    let status = execute::child(
        &program.executable,
        &program.arguments,
        ("WASM2NATIVE_AUDIT", record.path()),
    )?;
    let text = std::fs::read(record.path()).map_err(|error| cannot_record(&error))?;
    let words: Vec<String> =
        program.arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let text = String::from_utf8_lossy(&text);
    let Some(trace) = Trace::read(&text, &program.policy, &words) else {
        let message = Diagnostic::error(Code::Start, "the program left no record")
            .cause("it did not start, or is of a version without records");
        return Err(Box::new(message));
    };
    for refused in &trace.refused {
        terminal.report(&format!("refused  {}", quoted(refused)));
    }
    if !trace.complete {
        terminal.report("the record is not complete: the policy may lack something");
    }
    let policy = write::policy_file(&trace, &program.policy);
    match file {
        Some(path) => output::write(path, policy.as_bytes(), false)?,
        None => terminal.result(policy.trim_end()),
    }
    Ok(status)
}

fn cannot_record(error: &std::io::Error) -> Failure {
    let message = Diagnostic::error(Code::Write, "cannot keep a record of the program");
    Box::new(message.cause(error.to_string()))
}

/// What the words behind `--` mean.
fn program(words: &[OsString], terminal: &Terminal) -> Result<Program, Failure> {
    let Some((first, rest)) = words.split_first() else {
        return Err(Box::new(Diagnostic::error(Code::Usage, "there is no program")));
    };
    if first == "run" {
        let line = std::iter::once(OsString::from("wasm2native")).chain(words.iter().cloned());
        let parsed = Arguments::try_parse_from(line).map_err(|error| {
            let text = error.to_string();
            let title = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Box::new(Diagnostic::error(Code::Usage, title.to_owned()))
        })?;
        let Command::Run(arguments) = parsed.command else {
            return Err(Box::new(Diagnostic::error(Code::Usage, "there is no program to run")));
        };
        let (executable, policy) = match run::prepare(&arguments, terminal)? {
            run::Prepared::Built(artifact, argv0) => {
                let policy = artifact.report.policy.clone();
                (execute::Executable::Bytes(artifact.bytes, argv0), policy)
            }
            run::Prepared::Executable(path) => {
                let policy = policy_of(&path)?;
                (execute::Executable::File(path), policy)
            }
        };
        let arguments = arguments.program_arguments().to_vec();
        return Ok(Program { executable, policy, arguments });
    }
    let path = PathBuf::from(first);
    let policy = policy_of(&path)?;
    Ok(Program { executable: execute::Executable::File(path), policy, arguments: rest.to_vec() })
}

fn policy_of(path: &Path) -> Result<PolicyDescription, Failure> {
    let input = Input::read(path)?;
    let name = quoted(&input.name);
    match inspect(&input.bytes) {
        Ok(Inspection::Executable(executable)) => return Ok(executable.policy),
        Err(error @ Error::Damaged) => {
            let title = format!("cannot run `{name}`");
            return Err(Box::new(Diagnostic { title, ..error.diagnostic(&name) }));
        }
        _ => {}
    }
    let title = format!("`{name}` is no executable made by wasm2native");
    let message = Diagnostic::error(Code::NotOurs, title)
        .hint("write `run` before a module: `wasm2native policy audit -- run app.wasm`");
    Err(Box::new(message))
}
