//! Every chore of the project: `cargo xtask COMMAND`. One file a command; this one only dispatches.
#![allow(clippy::print_stdout, reason = "chores report to people")]

mod bench;
mod bless;
mod ci;
mod command;
mod fuzz;
mod real;
mod spec;
mod stub;
mod test;
mod tidy;

use anyhow::Result;
use std::process::ExitCode;

/// A command: its name, its arguments and purpose for the list, and its function.
type Chore = (&'static str, &'static str, &'static str, fn(&[String]) -> Result<()>);

const CHORES: &[Chore] = &[
    ("bench", "[FILTER]", "measure, side by side with what is installed", bench::run),
    ("bless", "[FILTER]", "accept what tests print as expected; read the difference", bless::run),
    ("ci", "", "everything that a change must pass", ci::run),
    ("fuzz", "TARGET [SECONDS]", "run a fuzz target", fuzz::run),
    (
        "real",
        "[FILTER] [--target T]",
        "build and run real programs from package registries",
        real::run,
    ),
    ("spec", "[FILTER] [--target T]", "run the WebAssembly suite", spec::run),
    ("stub", "[--target T] [--check]", "build the stubs of targets, or compare them", stub::run),
    ("test", "[FILTER | --target T]", "run everything that can be tested here", test::run),
    ("tidy", "", "check what no compiler checks", tidy::run),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        list();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        list();
        return ExitCode::SUCCESS;
    }
    let Some((.., run)) = CHORES.iter().find(|(chore, ..)| chore == name) else {
        println!("there is no chore `{name}`");
        list();
        return ExitCode::from(2);
    };
    match run(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    for (name, arguments, purpose, _) in CHORES {
        println!("cargo xtask {:30} {purpose}", format!("{name} {arguments}"));
    }
}
