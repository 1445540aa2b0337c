//! Programs in `tests/run`: each is built in several ways, run, and compared with what it says.

use anyhow::{Result, ensure};
use std::process::ExitCode;
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::run::{Ending, Runner};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{golden, program, tool};

fn main() -> ExitCode {
    let mut cases = programs();
    cases.push(Case::new("exit_statuses_0_to_255", every_exit_status));
    case::main("run", cases)
}

fn programs() -> Vec<Case> {
    let files = golden::files(&tool::tests().join("run"), "wat").expect("tests/run is readable");
    let run = |(name, path): (String, std::path::PathBuf)| {
        Case::new(name, move || {
            if !program::is_case(&path)? {
                return Ok(Outcome::Skipped("it is a program of another test".to_owned()));
            }
            let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
            if let Err(reason) = Runner::for_target(target) {
                return Ok(Outcome::Skipped(reason));
            }
            program::check(&path, target).map(|()| Outcome::Passed)
        })
    };
    files.into_iter().map(run).collect()
}

/// One executable, 256 runs: the number that it is given is its exit status.
fn every_exit_status() -> Result<Outcome> {
    let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
    let runner = match Runner::for_target(target) {
        Ok(runner) => runner,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let scratch = Scratch::new()?;
    let program = tool::tests().join("run/exit_status.wat");
    let program = program.to_string_lossy();
    tool::succeed(["build", "-q", &program, "-o", "exit", "-t", &target.name], scratch.path())?;
    for status in 0..=255 {
        let run = runner.command(&scratch.path().join("exit")).arguments([status.to_string()]);
        let finished = run.run()?;
        let (ending, stderr) = (finished.ending, finished.stderr_text());
        ensure!(
            ending == Ending::Status(status),
            "{ending} instead of {status}; stderr:\n{stderr}"
        );
    }
    Ok(Outcome::Passed)
}
