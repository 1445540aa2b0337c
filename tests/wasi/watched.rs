//! What executables tell whoever runs them: why they were refused something, what they used, and where
//! they trapped.

use super::build_with;
use anyhow::{Result, ensure};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use wasm2native_targets::{System, Target};
use wasm2native_tests::case::Outcome;
use wasm2native_tests::run::{Ending, Finished, Runner};
use wasm2native_tests::scratch::Scratch;

type RunCase = fn(&Target, &Runner) -> Result<Outcome>;

/// The cases, by name.
pub(super) const CASES: [(&str, RunCase); 5] = [
    ("denials_are_explained", denials_are_explained),
    ("a_terminal_is_told_of_denials", a_terminal_is_told),
    ("use_is_recorded", use_is_recorded),
    ("every_end_is_recorded", every_end_is_recorded),
    ("backtraces_are_as_long_as_wanted", backtraces_are_as_long_as_wanted),
];

/// The program, granted a directory `x` as `/x` and nothing else.
fn scene(target: &Target, flags: &[&str]) -> Result<Scratch> {
    let scratch = build_with("refused.wat", target, &[&["--dir", "x::/x"], flags].concat())?;
    std::fs::create_dir(scratch.path().join("x"))?;
    Ok(scratch)
}

fn run(
    scratch: &Scratch,
    runner: &Runner,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Result<Finished> {
    let mut run = runner.command(&scratch.path().join("program")).folder(scratch.path());
    for (name, value) in variables {
        run = run.variable(name, value);
    }
    run.arguments(arguments).run()
}

/// Each denial is told at once, with its reason and what would grant it, also when the program has closed
/// standard error; and again at the end. Without the variable nothing is said but to a terminal.
fn denials_are_explained(target: &Target, runner: &Runner) -> Result<Outcome> {
    let scratch = scene(target, &[])?;
    let silent = run(&scratch, runner, &[], &[])?;
    ensure!(silent.ending == Ending::Status(3), "{}", silent.ending);
    ensure!(silent.stderr_text().is_empty(), "{}", silent.stderr_text());
    let told = run(&scratch, runner, &[("WASM2NATIVE_EXPLAIN", "1")], &[])?;
    ensure!(told.ending == Ending::Status(3), "{}", told.ending);
    let text = told.stderr_text();
    for expected in [
        "sandbox: built with: x as /x (rw); no environment; no network",
        "sandbox: the kernel enforces it: ",
        "open \"/etc/hosts\" (read): not granted; a build with `--dir /etc::/etc::ro` would grant it, or `--dir .::.::ro` if the path is relative to the current directory",
        "open \"/file\" (create): not granted; a build with `--dir .` would grant it if it is in the current directory",
        "open \"/x/../a\"????m\" (read): leads out of `/x`",
        "open \"/x/../a\"??\" (read): leads out of `/x`; a build with `--dir` for the place where it leads",
        "sandbox: open \"/etc/hosts\" (read) was not granted when this program was built.",
        "The last of 4 such: open \"/x/../a\"????m\" (read).",
        "It was built with: x as /x (rw); no environment; no network.",
    ] {
        ensure!(text.contains(expected), "no `{expected}` in:\n{text}");
    }
    ensure!(!text.contains("See WASM2NATIVE_EXPLAIN"), "{text}");
    let denied = [("WASM2NATIVE_EXPLAIN", "1"), ("WASM2NATIVE_DENY", "write")];
    let text = run(&scratch, runner, &denied, &[])?.stderr_text();
    ensure!(text.contains("open \"/x/file\" (create): the whole kind is denied"), "{text}");
    Ok(Outcome::Passed)
}

/// A terminal is told once, when the program failed.
fn a_terminal_is_told(target: &Target, runner: &Runner) -> Result<Outcome> {
    if target.system == System::Windows {
        return Ok(Outcome::Skipped("Wine makes no console of a terminal".to_owned()));
    }
    let scratch = build_with("refused_once.wat", target, &[])?;
    for (arguments, expected) in [
        (
            &[][..],
            "program: sandbox: open \"/etc/hosts\" (read) was not granted when this program was built.\n         It was built with: no files; no environment; no network. See WASM2NATIVE_EXPLAIN=1.\n",
        ),
        (&["succeed"][..], ""),
    ] {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&terminal)?;
        unlockpt(&terminal)?;
        let name = ptsname(&terminal, Vec::new())?;
        let slave = File::options().read(true).write(true).open(name.to_str()?)?;
        let mut command = runner
            .command(&scratch.path().join("program"))
            .arguments(arguments)
            .folder(scratch.path())
            .into_command();
        command.stderr(slave.try_clone()?);
        let status = command.status()?;
        ensure!(status.success() != arguments.is_empty(), "{status}");
        // The terminal has an end only when nobody holds the other side.
        drop((command, slave));
        let mut text = Vec::new();
        let _ = File::from(terminal).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).replace("\r\n", "\n");
        ensure!(text == expected, "{text}");
    }
    Ok(Outcome::Passed)
}

/// Every line of the record is JSON, whatever the program's names are; runs are appended.
fn use_is_recorded(target: &Target, runner: &Runner) -> Result<Outcome> {
    let scratch = scene(target, &[])?;
    let variables = [("WASM2NATIVE_AUDIT", "record.json")];
    for arguments in [&[][..], &["trap"][..]] {
        run(&scratch, runner, &variables, arguments)?;
    }
    let text = std::fs::read_to_string(scratch.path().join("record.json"))?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (first, second) = lines.split_at(lines.len() / 2);
    for (lines, status) in
        [(first, 3), (second, if target.system == System::Windows { 3 } else { 134 })]
    {
        let events: Vec<_> = lines.iter().map(|line| line["event"].as_str()).collect();
        let expected =
            ["start", "denied", "denied", "used", "used", "denied", "denied", "end"].map(Some);
        ensure!(events == expected, "{text}");
        ensure!(
            lines[0]["program"] == "program"
                && lines[0]["directories"].as_array().is_some_and(|all| all[..] == ["/x"]),
            "{text}"
        );
        ensure!(lines[1]["path"] == "/etc/hosts" && lines[1]["reason"] == "not-granted", "{text}");
        // The directory `/` that holds nothing is no grant.
        ensure!(lines[1]["grant"].is_null() && lines[1]["from"].is_null(), "{text}");
        ensure!(lines[3]["access"] == "create" && lines[4]["access"] == "read", "{text}");
        ensure!(lines[4]["path"] == "/x/file" && lines[4]["grant"] == "/x", "{text}");
        ensure!(lines[4]["from"] == "directory" && lines[4]["index"] == 0, "{text}");
        ensure!(lines[5]["path"] == "/x/../a\"\n\u{1b}", "{text}");
        ensure!(lines[6]["path"] == "/x/../a\"\n\u{1b}\u{202e}\u{9b}m", "{text}");
        ensure!(lines[7]["status"] == status && lines[7]["complete"] == true, "{text}");
    }
    let finished = run(&scratch, runner, &[("WASM2NATIVE_AUDIT", "missing/record")], &[])?;
    ensure!(finished.ending == Ending::Status(125), "{}", finished.ending);
    ensure!(finished.stderr_text().contains("cannot write to `missing/record`"));
    let closed = scene(target, &["--no-runtime-env"])?;
    let variables = [("WASM2NATIVE_AUDIT", "record.json"), ("WASM2NATIVE_EXPLAIN", "1")];
    let finished = run(&closed, runner, &variables, &[])?;
    ensure!(finished.stderr_text().is_empty(), "{}", finished.stderr_text());
    ensure!(!closed.path().join("record.json").exists());
    Ok(Outcome::Passed)
}

/// Also by the time limit and by the end of the stack within a call, when the rest is not known. Every program
/// has begun long before its time is over.
fn every_end_is_recorded(target: &Target, runner: &Runner) -> Result<Outcome> {
    let is_windows = target.system == System::Windows;
    let trap = if is_windows { 3 } else { 134 };
    for (flags, arguments, status, is_complete) in [
        (&["--timeout", "3s"][..], &[][..], 124, !is_windows),
        (&["--timeout", "3s"][..], &["wait"][..], 124, false),
        (&[][..], &["use", "up"][..], trap, false),
    ] {
        let scratch = build_with("ends.wat", target, flags)?;
        let finished = run(&scratch, runner, &[("WASM2NATIVE_AUDIT", "record.json")], arguments)?;
        ensure!(finished.ending == Ending::Status(status), "{}", finished.ending);
        let text = std::fs::read_to_string(scratch.path().join("record.json"))?;
        let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let ends: Vec<_> = lines.iter().filter(|line| line["event"] == "end").collect();
        ensure!(ends.len() == 1 && lines.last() == ends.first().copied(), "{text}");
        ensure!(ends[0]["status"] == status && ends[0]["complete"] == is_complete, "{text}");
    }
    Ok(Outcome::Passed)
}

/// Recursion is one line unless everything is asked for.
fn backtraces_are_as_long_as_wanted(target: &Target, runner: &Runner) -> Result<Outcome> {
    let scratch = scene(target, &[])?;
    for (value, lines, expected) in [
        ("1", 4, "   0: recurse\n  ... 70 more of it\n  71: _start"),
        ("full", 73, "  70: recurse func[5] + 0x"),
        ("0", 1, "trap: unreachable"),
    ] {
        let variables = [("WASM2NATIVE_BACKTRACE", value), ("WASM2NATIVE_EXPLAIN", "0")];
        let text = run(&scratch, runner, &variables, &["trap"])?.stderr_text();
        ensure!(text.contains(expected) && text.lines().count() == lines, "{value}:\n{text}");
    }
    Ok(Outcome::Passed)
}
