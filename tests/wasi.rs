//! WASI through real executables: `tests/wasi`, one behaviour a program.
//!
//! `.wat` programs say what they do, as those of `tests/run`. `.c` programs are built twice, natively and
//! through wasm2native, and have to do the same in two empty folders (granted as `.`, unless they say
//! otherwise by `//@ build:`).

#[path = "wasi/watched.rs"]
mod watched;

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::ExitCode;
use wasm2native_targets::{System, Target};
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::directive::CProgram;
use wasm2native_tests::run::{Ending, Finished, Run, Runner};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{c_compiler, golden, program, tool};

fn main() -> ExitCode {
    let folder = tool::tests().join("wasi");
    let mut cases = Vec::new();
    for (name, path) in golden::files(&folder, "wat").expect("tests/wasi is readable") {
        if program::is_case(&path).expect("tests/wasi is well formed") {
            cases.push(on_target(name, move |target, _| {
                program::check(&path, target).map(|()| Outcome::Passed)
            }));
        }
    }
    for (name, path) in golden::files(&folder, "c").expect("tests/wasi is readable") {
        cases.push(on_target(name, move |target, runner| parity(&path, target, runner)));
    }
    cases.push(on_target("standard_streams_may_be_closed".to_owned(), closed_streams));
    cases.push(on_target("a_pipe_that_nobody_reads_is_an_error".to_owned(), broken_pipe));
    cases.push(on_target("a_socket_that_listens_can_be_inherited".to_owned(), listening_socket));
    cases.push(on_target("files_named_in_arguments_are_granted".to_owned(), named_files));
    cases.push(on_target("a_pipe_can_be_named_in_arguments".to_owned(), named_pipes));
    for (name, run) in watched::CASES {
        cases.push(on_target(name.to_owned(), run));
    }
    case::main("wasi", cases)
}

/// A case that runs executables of the target that is asked for.
fn on_target(
    name: String,
    run: impl Fn(&Target, &Runner) -> Result<Outcome> + Send + Sync + 'static,
) -> Case {
    Case::new(name, move || {
        let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
        match Runner::for_target(target) {
            Ok(runner) => run(target, &runner),
            Err(reason) => Ok(Outcome::Skipped(reason)),
        }
    })
}

fn parity(path: &Path, target: &Target, runner: &Runner) -> Result<Outcome> {
    if c_compiler::zig().is_none() {
        return Ok(Outcome::Skipped(c_compiler::NO_ZIG.to_owned()));
    }
    let scratch = Scratch::new()?;
    for (triple, name) in [("x86_64-linux-musl", "native"), ("wasm32-wasi", "program.wasm")] {
        c_compiler::compile(triple, [path], name, scratch.path())?;
    }
    let CProgram { flags, arguments, stdin } = CProgram::read(path)?;
    let mut build = vec!["build", "-q", "program.wasm", "-o", "program", "-t", &target.name];
    build.extend(flags.iter().map(String::as_str));
    tool::succeed(build, scratch.path())?;
    let run = |run: Run, folder: &str| -> Result<Finished> {
        let folder = scratch.path().join(folder);
        std::fs::create_dir(&folder)?;
        run.clear_environment().arguments(&arguments).stdin(stdin.clone()).folder(&folder).run()
    };
    let native = run(Run::program(scratch.path().join("native")), "one")?;
    let ours = run(runner.command(&scratch.path().join("program")), "two")?;
    ensure!(
        native.ending == ours.ending,
        "{} instead of {}; stderr:\n{}",
        ours.ending,
        native.ending,
        ours.stderr_text()
    );
    golden::compare("stdout", &native.stdout_text(), &ours.stdout_text())?;
    golden::compare("stderr", &native.stderr_text(), &ours.stderr_text())?;
    Ok(Outcome::Passed)
}

/// Builds a program that is no case of its own.
fn build(name: &str, target: &Target) -> Result<Scratch> {
    build_with(name, target, &["--dir", "."])
}

/// A folder with a program of that name, built with these grants.
fn build_with(name: &str, target: &Target, grants: &[&str]) -> Result<Scratch> {
    let scratch = Scratch::new()?;
    let path = tool::tests().join("wasi").join(name);
    let path = path.to_str().context("the path is UTF-8")?;
    let build = ["build", "-q", path, "-o", "program", "-t", &target.name];
    tool::succeed([&build[..], grants].concat(), scratch.path())?;
    Ok(scratch)
}

/// Runs a shell's command in a program's folder.
fn in_shell(scratch: &Scratch, command: &str) -> Result<Finished> {
    Run::program("sh").arguments(["-c", command]).folder(scratch.path()).run()
}

/// A program that is started without a standard stream does not get a file in its place: the file that it opens
/// is 4, the first number behind the directory. To use the stream is an error, 8, `badf`; on Windows it is an empty
/// one.
fn closed_streams(target: &Target, runner: &Runner) -> Result<Outcome> {
    let program = match runner.shell_words("./program") {
        Ok(program) => program,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let badf = if target.system == System::Windows { 0 } else { 8 };
    let inputs = [("</dev/null", 0), ("<&-", badf), ("<&- >&- 2>&-", badf), ("</dev/null >&-", 0)];
    let outputs =
        [(">/dev/null", 0), (">&-", badf), (">&- 2>&-", 17 * badf), ("2>&- </dev/null", 16 * badf)];
    for (name, base, cases) in
        [("closed_input.wat", 4 * 16, inputs), ("closed_output.wat", 0, outputs)]
    {
        let scratch = build(name, target)?;
        for (streams, errors) in cases {
            let ending = in_shell(&scratch, &format!("exec {program} {streams}"))?.ending;
            ensure!(ending == Ending::Status(base + errors), "{name} {streams}: {ending}");
        }
    }
    Ok(Outcome::Passed)
}

/// 64 is `pipe`: the program is told, not ended by a signal.
fn broken_pipe(target: &Target, runner: &Runner) -> Result<Outcome> {
    let program = match runner.shell_words("./program") {
        Ok(program) => program,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let scratch = build("broken_pipe.wat", target)?;
    let finished = in_shell(&scratch, &format!("({program}; echo $? >&2) | :"))?;
    ensure!(finished.stderr_text() == "64", "{}", finished.stderr_text());
    Ok(Outcome::Passed)
}

/// Does with each file that it is passed what the word before says, and the same with one beside it.
const NAMED: &str = r#"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void act(char verb, const char *path) {
    char text[100] = "";
    FILE *file = verb == 'd' ? NULL : fopen(path, verb == 'w' ? "w" : "r");
    if (verb == 'd') { printf("%s %d\n", path, unlink(path)); return; }
    if (!file) { printf("%s is not there\n", path); return; }
    if (verb == 'w') { printf("%s %d\n", path, fputs("new", file)); }
    else { printf("%s %s\n", path, fgets(text, sizeof text, file)); }
    fclose(file);
}
int main(int count, char **arguments) {
    for (int i = 1; i + 1 < count; i += 2) {
        char beside[4096];
        act(arguments[i][0], arguments[i + 1]);
        strcpy(beside, arguments[i + 1]);
        char *slash = strrchr(beside, '/');
        strcpy(slash ? slash + 1 : beside, "secret");
        act(arguments[i][0], beside);
    }
}
"#;

/// What arguments name is granted, with the right that was built in, and nothing beside it.
fn named_files(target: &Target, runner: &Runner) -> Result<Outcome> {
    if c_compiler::zig().is_none() {
        return Ok(Outcome::Skipped(c_compiler::NO_ZIG.to_owned()));
    }
    let scratch = Scratch::new()?;
    scratch.write("program.c", NAMED)?;
    c_compiler::compile("wasm32-wasi", ["program.c"], "program.wasm", scratch.path())?;
    let here = scratch.path().join("work");
    std::fs::create_dir_all(here.join("sub"))?;
    for (rights, dir) in [("ro", false), ("rw", false), ("ro", true), ("rw", true)] {
        for name in ["file", "work/file", "work/sub/file", "secret", "work/secret"] {
            scratch.write(name, "old")?;
        }
        scratch.write("work/sub/secret", "old")?;
        let mut build = vec!["build", "-q", "program.wasm", "-o", "program", "-t", &target.name];
        build.extend(["--grant-args", rights]);
        build.extend(if dir { &["--dir", ".::.::ro"][..] } else { &[] });
        tool::succeed(&build, scratch.path())?;
        let absolute = scratch.path().join("file");
        let absolute = absolute.to_str().context("the path is UTF-8")?;
        let mut words = vec!["read", "file", "read", "./sub/file", "read", "../file"];
        words.extend(["write", "sub/file", "write", "../made", "delete", "../file"]);
        if target.system != System::Windows {
            words.splice(0..0, ["read", absolute]);
        }
        let run = runner.command(&scratch.path().join("program")).arguments(&words);
        let finished = run.clear_environment().folder(&here).run()?;
        ensure!(finished.ending == Ending::Status(0), "{}", finished.stderr_text());
        let mut expected = String::new();
        for pair in words.chunks(2) {
            let [verb, path] = pair else { continue };
            let granted = dir && !path.starts_with("..") && *path != absolute;
            let beside = path
                .rsplit_once('/')
                .map_or("secret".to_owned(), |(start, _)| format!("{start}/secret"));
            for (path, granted) in [(*path, true), (&beside, granted)] {
                let writes = rights == "rw" && path != beside;
                expected += &match (*verb, granted, writes) {
                    ("read", true, _) => format!("{path} old\n"),
                    ("write", _, true) => format!("{path} 0\n"),
                    ("delete", ..) => format!("{path} {}\n", if writes { 0 } else { -1 }),
                    _ => format!("{path} is not there\n"),
                };
            }
        }
        golden::compare("stdout", expected.trim_end(), finished.stdout_text().trim_end())?;
        ensure!(scratch.path().join("made").exists() == (rights == "rw"), "`made` with {rights}");
        ensure!(scratch.path().join("file").exists() == (rights == "ro"), "`file` with {rights}");
        ensure!(scratch.read("work/sub/secret")? == b"old" && scratch.read("secret")? == b"old");
        let _ = std::fs::remove_file(scratch.path().join("made"));
    }
    Ok(Outcome::Passed)
}

/// What shells write for `<(...)`, and `/dev/stdin`: names of pipes, which have no path of their own.
fn named_pipes(target: &Target, runner: &Runner) -> Result<Outcome> {
    if target.system != System::Linux {
        return Ok(Outcome::Skipped("its loader here does not have its own devices".to_owned()));
    }
    let program = match runner.shell_words("./program") {
        Ok(program) => program,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    if c_compiler::zig().is_none() {
        return Ok(Outcome::Skipped(c_compiler::NO_ZIG.to_owned()));
    }
    let scratch = Scratch::new()?;
    scratch.write("program.c", NAMED)?;
    c_compiler::compile("wasm32-wasi", ["program.c"], "program.wasm", scratch.path())?;
    for preset in ["cli", "all"] {
        let build = ["build", "-q", "program.wasm", "-o", "program", "-t", &target.name];
        tool::succeed([&build[..], &["--grant", preset]].concat(), scratch.path())?;
        for (name, redirection) in [
            ("/dev/stdin", ""),
            ("/dev/fd/0", ""),
            ("/dev/fd/5", "5<&0 </dev/null"),
            ("/proc/self/fd/5", "5<&0 </dev/null"),
        ] {
            let command = format!("printf contents | {program} read {name} {redirection}");
            let finished = in_shell(&scratch, &command)?;
            let output = finished.stdout_text();
            let first = output.lines().next().unwrap_or_default();
            ensure!(first == format!("{name} contents"), "{preset}: {command}: {output}");
        }
    }
    Ok(Outcome::Passed)
}

/// A listening socket as standard input, as services that wait for connections are started.
#[cfg(unix)]
fn listening_socket(target: &Target, runner: &Runner) -> Result<Outcome> {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    if target.system == System::Windows {
        return Ok(Outcome::Skipped("the system has no sockets among its files".to_owned()));
    }
    let scratch = build("echo.wat", target)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut connection = TcpStream::connect(listener.local_addr()?)?;
    connection.write_all(b"ping")?;
    let run = runner.command(&scratch.path().join("program"));
    let finished = run.stdin_from(std::os::fd::OwnedFd::from(listener)).run()?;
    ensure!(finished.ending == Ending::Status(0), "{}", finished.ending);
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    ensure!(answer == b"ping", "it answered {answer:?}");
    Ok(Outcome::Passed)
}

#[cfg(not(unix))]
fn listening_socket(_: &Target, _: &Runner) -> Result<Outcome> {
    Ok(Outcome::Skipped("the system has no sockets among its files".to_owned()))
}
