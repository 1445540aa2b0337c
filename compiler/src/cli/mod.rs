//! Command lines to calls of the library; one file a command.
//!
//! Invariants: data goes to standard output, everything for people to standard error; nothing is
//! half-written; after a failure the exit status is that of its code.

mod account;
mod arguments;
mod bug;
mod build;
mod compilation;
mod destination;
mod embed;
mod emit;
mod execute;
mod grants;
mod input;
mod inspect;
mod misspelt;
mod output;
mod policy;
mod policy_source;
mod policy_text;
mod progress;
mod run;
mod targets;
mod terminal;
mod verify;
mod version;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;
use terminal::Terminal;
use wasm2native::{Code, Diagnostic, EXIT_USAGE};

/// Why a command stops: a message to show, and through its code the exit status.
pub(crate) type Failure = Box<Diagnostic>;

/// Parses the command line, runs the command, shows its failure.
pub(crate) fn main() -> ExitCode {
    bug::install_hook();
    match std::panic::catch_unwind(run_command_line) {
        Ok(exit_code) => exit_code,
        // The hook has told about it.
        Err(_) => ExitCode::from(Code::Internal.exit_status()),
    }
}

fn run_command_line() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse_command_line(&misspelt::with_suggestion(error)),
    };
    let terminal = Terminal::new(&arguments.global);
    if terminal.is_json() {
        bug::use_json();
    }
    let result = match &arguments.command {
        Command::Build(arguments) => build::run(arguments, &terminal),
        Command::Run(arguments) => run::run(arguments, &terminal),
        Command::Inspect(arguments) => inspect::run(arguments, &terminal),
        Command::Policy(arguments) => policy::run(arguments, &terminal),
        Command::Verify(arguments) => verify::run(arguments, &terminal),
        Command::Targets(arguments) => targets::run(arguments, &terminal),
        Command::Version(arguments) => version::run(arguments, &terminal),
    };
    let result = match (result, terminal.lost_result()) {
        (Ok(_), Some(lost)) => Err(Box::new(lost)),
        (result, _) => result,
    };
    match result {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            terminal.message(&failure);
            ExitCode::from(failure.code.exit_status())
        }
    }
}

/// Shows what is wrong with the command line, or the help that it asks for.
fn refuse_command_line(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !help && wants_json() {
        let text = error.to_string();
        let title = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
        let mut message = Diagnostic::error(Code::Usage, title);
        for line in rest {
            message = message.hint(line.trim());
        }
        Terminal::json().message(&message);
        return ExitCode::from(EXIT_USAGE);
    }
    // A closed standard output or error cannot be told anybody.
    let _ = error.print();
    if help { ExitCode::SUCCESS } else { ExitCode::from(EXIT_USAGE) }
}

/// Whether the command line, which could not be parsed, asks for messages as JSON.
fn wants_json() -> bool {
    let arguments: Vec<_> = std::env::args_os().collect();
    arguments.iter().any(|argument| argument == "--message-format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--message-format" && pair[1] == "json")
}
