//! Programs in the text format with what they print and how they end: `tests/run/*.wat`.
//!
//! | directive | says |
//! |---|---|
//! | `build: FLAGS` | a new executable, built with these flags |
//! | `run: ARGUMENTS` | a new run of it |
//! | `env: NAME=VALUE` | in the run's environment; repeatable |
//! | `stdin: TEXT` | a line of its input; repeatable |
//! | `status: N` | its exit status, 0 without it |
//! | `stdout: TEXT`, `stderr: TEXT` | a line of its output, see [`crate::golden::compare`]; repeatable |
//!
//! Each executable is built in several `VARIANTS`, which must all do the same. A case without `run`
//! is no case of its own.

use crate::directive::{self, Directive, words};
use crate::golden;
use crate::run::{Ending, Finished, Runner};
use crate::scratch::Scratch;
use crate::tool;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use wasm2native_targets::{System, Target};

/// Flags besides a case's own, which may not change what the program does.
const VARIANTS: [&[&str]; 3] =
    [&[], &["--memory-strategy", "check"], &["-O", "0", "--memory-strategy", "guard"]];

const KEYS: [&str; 7] = ["build", "run", "env", "stdin", "status", "stdout", "stderr"];

/// A build with its runs.
#[derive(Default)]
struct Build {
    flags: String,
    runs: Vec<Expected>,
}

/// A run with what is expected of it.
#[derive(Clone, Default)]
struct Expected {
    arguments: String,
    environment: Vec<String>,
    stdin: Vec<String>,
    status: i32,
    stdout: Vec<String>,
    stderr: Vec<String>,
}

/// Whether a case says how it is run.
///
/// # Errors
/// When it cannot be read.
pub fn is_case(path: &Path) -> Result<bool> {
    let directives = directive::read(&std::fs::read_to_string(path)?, &KEYS)?;
    Ok(directives.iter().any(|directive| directive.key == "run"))
}

/// Builds and runs a case as it says; when blessing, writes down what came out instead of comparing.
///
/// # Errors
/// When something differs from what is expected.
pub fn check(path: &Path, target: &Target) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    let mut builds = read(&text)?;
    let runner = Runner::for_target(target).map_err(anyhow::Error::msg)?;
    let scratch = Scratch::new()?;
    scratch.write("program.wat", &text)?;
    let executable = scratch.path().join("program");
    let mut failures = Vec::new();
    for build in &mut builds {
        for variant in VARIANTS {
            let mut arguments = vec!["build", "-q", "program.wat", "-o", "program", "-t"];
            arguments.push(&target.name);
            arguments.extend(variant);
            let flags = words(&build.flags);
            arguments.extend(flags.iter().map(String::as_str));
            tool::succeed(&arguments, scratch.path())?;
            for expected in &mut build.runs {
                let finished = execute(&runner, &executable, scratch.path(), expected)?;
                let Err(error) = compare(expected, &finished, target) else { continue };
                if golden::blessing() && variant.is_empty() {
                    accept(expected, &finished)?;
                } else {
                    let run = &expected.arguments;
                    failures.push(format!("build {arguments:?}, run `{run}`: {error:#}"));
                }
            }
        }
    }
    if golden::blessing() {
        golden::accept(path, &directive::rewrite(&text, &write(&builds)))?;
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

fn read(text: &str) -> Result<Vec<Build>> {
    let mut builds: Vec<Build> = Vec::new();
    for Directive { key, value } in directive::read(text, &KEYS)? {
        if key == "build" {
            builds.push(Build { flags: value, runs: Vec::new() });
            continue;
        }
        if builds.is_empty() {
            builds.push(Build::default());
        }
        let build = builds.last_mut().expect("there is one now");
        if key == "run" {
            build.runs.push(Expected { arguments: value, ..Expected::default() });
            continue;
        }
        let run = build.runs.last_mut().with_context(|| format!("`{key}` before `run`"))?;
        match key.as_str() {
            "env" => run.environment.push(value),
            "stdin" => run.stdin.push(value),
            "status" => run.status = value.parse().context("status")?,
            "stdout" => run.stdout.push(value),
            _ => run.stderr.push(value),
        }
    }
    Ok(builds)
}

/// The directives that [`read`] reads back.
fn write(builds: &[Build]) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut add = |key: &str, value: &str| {
        directives.push(Directive { key: key.to_owned(), value: value.to_owned() });
    };
    for (position, build) in builds.iter().enumerate() {
        if position > 0 || !build.flags.is_empty() {
            add("build", &build.flags);
        }
        for run in &build.runs {
            add("run", &run.arguments);
            run.environment.iter().for_each(|value| add("env", value));
            run.stdin.iter().for_each(|value| add("stdin", value));
            if run.status != 0 {
                add("status", &run.status.to_string());
            }
            run.stdout.iter().for_each(|value| add("stdout", value));
            run.stderr.iter().for_each(|value| add("stderr", value));
        }
    }
    directives
}

fn execute(
    runner: &Runner,
    executable: &Path,
    folder: &Path,
    expected: &Expected,
) -> Result<Finished> {
    let mut run = runner.command(executable).arguments(words(&expected.arguments)).folder(folder);
    for variable in &expected.environment {
        let (name, value) = variable.split_once('=').context("env needs NAME=VALUE")?;
        run = run.variable(name, value);
    }
    let stdin: String = expected.stdin.iter().map(|line| format!("{line}\n")).collect();
    run.stdin(stdin).run()
}

/// What the cases write for the end by a trap, as it is on Unix.
const TRAP_STATUS: i32 = wasm2native_abi::EXIT_TRAP_UNIX;

fn compare(expected: &Expected, finished: &Finished, target: &Target) -> Result<()> {
    let status = Ending::Status(match expected.status {
        TRAP_STATUS if target.system == System::Windows => wasm2native_abi::EXIT_TRAP_WINDOWS,
        status => status,
    });
    ensure!(
        finished.ending == status,
        "{} instead of {status}; stderr:\n{}",
        finished.ending,
        finished.stderr_text()
    );
    golden::compare("stdout", &expected.stdout.join("\n"), &finished.stdout_text())?;
    golden::compare("stderr", &expected.stderr.join("\n"), &finished.stderr_text())
}

/// Makes what came out the expectation, but for what matches already.
fn accept(expected: &mut Expected, finished: &Finished) -> Result<()> {
    let Ending::Status(status) = finished.ending else {
        anyhow::bail!("{} cannot be an expectation", finished.ending);
    };
    expected.status = status;
    let (stdout, stderr) = (finished.stdout_text(), finished.stderr_text());
    if !golden::matches(&expected.stdout.join("\n"), &stdout) {
        expected.stdout = stdout.lines().map(str::to_owned).collect();
    }
    if !golden::matches(&expected.stderr.join("\n"), &stderr) {
        expected.stderr = stderr.lines().map(str::to_owned).collect();
    }
    Ok(())
}
