//! What makes an executable a native program: how it ends, what ends it, its streams, and where it starts.
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

#[path = "native/endings.rs"]
mod endings;
#[path = "native/places.rs"]
mod places;
#[path = "native/streams.rs"]
mod streams;
#[cfg(unix)]
#[path = "native/terminals.rs"]
mod terminals;

use anyhow::{Result, ensure};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use wasm2native_targets::Target;
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::run::{self, Ending, Finished, Runner};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::tool;

/// Nothing that is waited for takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a case is tried with.
struct Scene {
    target: &'static Target,
    runner: Runner,
}

fn main() -> ExitCode {
    let mut cases = Vec::new();
    let mut add = |name: &str, run: fn(&Scene) -> Result<Outcome>| {
        cases.push(Case::new(name, move || {
            let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
            match Runner::for_target(target) {
                Ok(runner) => run(&Scene { target, runner }),
                Err(reason) => Ok(Outcome::Skipped(reason)),
            }
        }));
    };
    macro_rules! cases {
        ($($module:ident: $($name:ident)*;)*) => {
            $($(add(stringify!($name), $module::$name);)*)*
        };
    }
    cases! {
        endings: exit_codes_of_more_than_eight_bits a_trap_with_closed_streams
            nothing_is_printed_that_the_program_does_not_print;
        streams: bytes_pass_untouched bytes_pass_at_once closed_streams_in_every_combination;
        places: with_few_descriptors as_an_unprivileged_user in_a_folder_that_is_gone
            without_any_file_system on_a_root_that_cannot_be_written without_proc;
    }
    #[cfg(unix)]
    cases! {
        endings: an_interrupt_ends_it a_request_to_terminate_ends_it
            a_signal_removes_the_temporary_directory;
        terminals: terminals_are_told_from_pipes control_c_ends_it;
    }
    case::main("native", cases)
}

/// A program that was built.
struct Built {
    folder: Scratch,
    executable: PathBuf,
}

impl Scene {
    /// Builds a program in a folder of its own.
    fn build(&self, text: &str, flags: &[&str]) -> Result<Built> {
        let folder = Scratch::new()?;
        folder.write("program.wat", text)?;
        let build = ["build", "-q", "program.wat", "-o", "program", "-t", &self.target.name];
        tool::succeed(build.iter().chain(flags), folder.path())?;
        let executable = folder.path().join("program");
        Ok(Built { folder, executable })
    }

    /// A command that starts it there, with nothing in its environment but what an emulator needs.
    fn command(&self, built: &Built) -> Command {
        self.runner.command(&built.executable).folder(built.folder.path()).into_command()
    }

    /// The words that start it, for a shell's `exec "$@"`.
    fn in_shell(&self, built: &Built, script: &str) -> Result<Command, String> {
        let words = self.runner.words(&built.executable)?;
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).args(words).current_dir(built.folder.path());
        Ok(command)
    }
}

/// A command of `words` for which signals have their usual meaning, which a process passes on to those that it
/// starts: a shell without a terminal has those behind `&` ignore interrupts.
fn with_usual_signals(words: &[OsString]) -> Result<Command, String> {
    let starter = ["env", "--default-signal=HUP,INT,TERM"];
    let is_there = Command::new(starter[0]).args([starter[1], "true"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        return Err("`env` cannot give signals their usual meaning".to_owned());
    }
    let mut command = Command::new(starter[0]);
    command.arg(starter[1]).args(words);
    Ok(command)
}

/// Waits for a process, for a bounded time.
fn wait(child: &mut Child) -> Result<Ending> {
    run::wait(child, Instant::now(), PATIENCE)
}

/// Runs a command without input, and collects what it printed.
fn finish(command: &mut Command) -> Result<Finished> {
    let output = command.stdin(Stdio::null()).output()?;
    Ok(Finished {
        ending: Ending::from(output.status),
        stdout: output.stdout,
        stderr: output.stderr,
        seconds: 0.0,
    })
}

/// The program did what it should, or said in one sentence why it cannot start.
fn starts_or_says_why(finished: &Finished, status: i32, stdout: &[u8], what: &str) -> Result<()> {
    let stderr = finished.stderr_text();
    if finished.ending == Ending::Status(wasm2native_abi::EXIT_SETUP_FAILED) {
        let sentence = stderr.lines().count() == 1 && finished.stdout.is_empty();
        ensure!(sentence, "{what}: no sentence:\n{stderr}");
        return Ok(());
    }
    starts(finished, status, stdout, what)
}

fn starts(finished: &Finished, status: i32, stdout: &[u8], what: &str) -> Result<()> {
    let stderr = finished.stderr_text();
    let ending = finished.ending;
    ensure!(ending == Ending::Status(status), "{what}: {ending}; stderr:\n{stderr}");
    ensure!(finished.stdout == stdout, "{what}: it printed {:?}", finished.stdout_text());
    ensure!(stderr.is_empty(), "{what}: it complained:\n{stderr}");
    Ok(())
}
