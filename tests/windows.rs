//! Programs for Windows in their surroundings: how they are started, what they are given and how they
//! end. A small program for Windows starts them, `tests/loaders/winstart.c`.

use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::ExitCode;
use wasm2native_targets::{Architecture, System, Target};
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::run::{Ending, Runner};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{c_compiler, tool};

/// A name and what it checks.
type Check = (&'static str, fn(&Setting) -> Result<()>);

const CHECKS: [Check; 6] = [
    ("exit_statuses_have_32_bits", exit_statuses),
    ("standard_streams_may_be_absent", absent_streams),
    ("one_handle_may_be_two_streams", one_handle),
    ("a_pipe_that_nobody_reads_is_an_error", broken_pipe),
    ("arguments_are_split_as_the_system_does", split_arguments),
    ("folders_are_granted_by_any_spelling", spellings),
];

fn main() -> ExitCode {
    let cases = CHECKS.map(|(name, check)| {
        Case::new(name, move || {
            let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
            if target.system != System::Windows {
                return Ok(Outcome::Skipped("they are for Windows only".to_owned()));
            }
            let runner = match Runner::for_target(target) {
                Ok(runner) => runner,
                Err(reason) => return Ok(Outcome::Skipped(reason)),
            };
            if c_compiler::zig().is_none() {
                return Ok(Outcome::Skipped(c_compiler::NO_ZIG.to_owned()));
            }
            check(&Setting::new(target, runner)?).map(|()| Outcome::Passed)
        })
    });
    case::main("windows", cases.into())
}

/// A folder with the program that starts others.
struct Setting {
    target: &'static Target,
    runner: Runner,
    scratch: Scratch,
}

impl Setting {
    fn new(target: &'static Target, runner: Runner) -> Result<Self> {
        let scratch = Scratch::new()?;
        let triple = match target.architecture {
            Architecture::Aarch64 => "aarch64-windows-gnu",
            _ => "x86_64-windows-gnu",
        };
        let source = [tool::tests().join("loaders/winstart.c")];
        c_compiler::compile(triple, source, "winstart.exe", scratch.path())?;
        Ok(Self { target, runner, scratch })
    }

    fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Builds `program.exe`.
    fn build(&self, source: &str, flags: &[&str]) -> Result<()> {
        let source = tool::tests().join(source);
        let source = source.to_str().context("the path is UTF-8")?;
        let mut arguments = vec!["build", "-q", source, "-o", "program.exe"];
        arguments.extend(["-t", &self.target.name]);
        arguments.extend(flags);
        tool::succeed(arguments, self.folder()).map(drop)
    }

    /// Starts it: its exit status, and what it wrote to standard output before.
    fn start(&self, mode: &str, arguments: &[&str]) -> Result<(u32, String)> {
        let run = self.runner.command(&self.folder().join("winstart.exe"));
        let run = run.arguments([mode, "program.exe"]).arguments(arguments).folder(self.folder());
        let finished = run.run()?;
        let (stdout, stderr) = (finished.stdout_text(), finished.stderr_text());
        if finished.ending != Ending::Status(0) {
            bail!("winstart: {}; {stderr}", finished.ending);
        }
        let (before, status) = match stdout.trim_end().rsplit_once('\n') {
            Some((before, status)) => (format!("{before}\n"), status),
            None => (String::new(), stdout.trim_end()),
        };
        Ok((status.parse().with_context(|| format!("`{status}`; {stderr}"))?, before))
    }
}

fn exit_statuses(setting: &Setting) -> Result<()> {
    setting.build("run/exit_status.wat", &[])?;
    for status in ["0", "3", "256", "65536", "305419896", "2147483648", "4294967295"] {
        let (ended, _) = setting.start("as-is", &[status])?;
        ensure!(ended.to_string() == status, "{ended} instead of {status}");
    }
    setting.build("run/traps.wat", &["--invoke", "unreachable"])?;
    let (ended, _) = setting.start("as-is", &[])?;
    ensure!(ended == 3, "{ended} after a trap");
    setting.build("run/exit_status.wat", &["--dir", "missing"])?;
    let (ended, _) = setting.start("as-is", &["0"])?;
    ensure!(ended == 125, "{ended} without a granted folder");
    Ok(())
}

/// As `standard_streams_may_be_closed` of `wasi.rs`.
fn absent_streams(setting: &Setting) -> Result<()> {
    setting.build("wasi/closed_input.wat", &["--dir", "."])?;
    for mode in ["as-is", "none", "stale"] {
        let (ended, _) = setting.start(mode, &[])?;
        ensure!([4 * 16, 4 * 16 + 8].contains(&ended), "{mode}: {ended}");
    }
    Ok(())
}

/// A program that closes the one writes to the other.
fn one_handle(setting: &Setting) -> Result<()> {
    setting.build("windows/close_output.wat", &[])?;
    let (ended, _) = setting.start("same", &[])?;
    let written = setting.scratch.read("both")?;
    ensure!(ended == 0 && written == b"one\ntwo\n", "{ended}: {written:?}");
    Ok(())
}

/// 64 is `pipe`.
fn broken_pipe(setting: &Setting) -> Result<()> {
    setting.build("wasi/broken_pipe.wat", &[])?;
    let (ended, _) = setting.start("unread", &[])?;
    ensure!(ended == 64, "{ended}");
    Ok(())
}

/// The rules of the C runtime («Parsing C command-line arguments»), through a batch of quotes.
fn split_arguments(setting: &Setting) -> Result<()> {
    setting.build("windows/arguments.wat", &[])?;
    let given =
        ["a", "", "b c", "d\"e", "f\\", "g\\\\\"h i", "ü 日 😀", "*.txt", "%PATH%", "--help"];
    let (ended, printed) = setting.start("as-is", &given)?;
    let expected: String = given.iter().map(|argument| format!("{argument}\n")).collect();
    ensure!(ended == 0 && printed == expected, "{ended}: {printed}");
    Ok(())
}

/// The program opens a file beneath the first granted folder.
fn spellings(setting: &Setting) -> Result<()> {
    std::fs::create_dir_all(setting.folder().join("one/two"))?;
    let absolute = windows_path(&setting.folder().join("one/two"))?;
    for spelled in [
        "one/two".to_owned(),
        r"one\two".to_owned(),
        r".\one\..\one\two\".to_owned(),
        absolute.clone(),
        absolute.replace('\\', "/"),
        format!(r"\\?\{absolute}"),
    ] {
        setting.build("wasi/closed_input.wat", &["--dir", &spelled])?;
        let (ended, _) = setting.start("as-is", &[])?;
        // Behind the folder, 3, and the empty `/`, 4.
        ensure!(ended == 5 * 16, "{spelled}: {ended}");
        let file = setting.folder().join("one/two/file");
        ensure!(file.exists(), "{spelled}: no file was made");
        std::fs::remove_file(file)?;
    }
    Ok(())
}

/// A path of this machine as Windows spells it; Wine has the whole machine under `Z:`.
fn windows_path(path: &Path) -> Result<String> {
    let path = path.to_str().context("the path is UTF-8")?;
    let is_windows = wasm2native_targets::host().is_some_and(|host| host.system == System::Windows);
    Ok(if is_windows { path.to_owned() } else { format!("Z:{}", path.replace('/', "\\")) })
}
