//! What holds for every build and every executable: the same bytes whatever the number of threads and
//! the folder; a start without home, environment, descriptors, privileges or address space; a refusal
//! where the program cannot be trusted to run.
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasm2native_targets::{StubError, Target};
use wasm2native_tests::case::{self, Case, Outcome};
use wasm2native_tests::run::{Ending, Finished, Run};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{golden, tool};

fn main() -> ExitCode {
    let mut cases = vec![Case::check("one_and_many_threads_give_the_same_bytes", same_bytes)];
    for target in wasm2native_targets::all() {
        let name = format!("alone_and_together_give_the_same_bytes_for_{}", target.name);
        cases.push(Case::new(name, move || same_bytes_for(target)));
    }
    #[cfg(unix)]
    cases.extend([
        Case::check("starts_with_little_address_space", starts_with_little_address_space),
        Case::check("says_when_address_space_is_too_small", says_when_address_space_is_too_small),
        Case::check("starts_with_closed_descriptors", starts_with_closed_descriptors),
        Case::check("starts_without_environment", || starts_under("exec env -i \"$0\"")),
        Case::check("has_no_dynamic_section", has_no_dynamic_section),
        Case::check("frames_larger_than_the_guard_overflow_in_order", large_frames),
        Case::check("refuses_a_processor_that_lacks_a_feature", lacks_processor_feature),
        Case::check("refuses_a_program_of_another_version", other_version),
        Case::check("refuses_a_policy_that_it_does_not_know", unknown_policy),
    ]);
    case::main("invariants", cases)
}

/// Every program of `tests/run`, from two folders, with one thread and with several, twice.
fn same_bytes() -> Result<()> {
    for (name, path) in golden::files(&tool::tests().join("run"), "wat")? {
        let text = std::fs::read_to_string(&path)?;
        if !text.contains("(export \"_start\"") {
            continue;
        }
        let mut first: Option<Vec<u8>> = None;
        for jobs in ["1", "7", "1"] {
            let folder = Scratch::new()?;
            folder.write("input.wat", &text)?;
            tool::succeed(["build", "-q", "-j", jobs, "input.wat", "-o", "output"], folder.path())?;
            let bytes = folder.read("output")?;
            let first = first.get_or_insert_with(|| bytes.clone());
            ensure!(*first == bytes, "{name}: other bytes with {jobs} threads in another folder");
        }
    }
    Ok(())
}

/// A module of many functions, so that several threads have something to do: alone and together with
/// all other targets, with one thread and with several, twice.
fn same_bytes_for(target: &Target) -> Result<Outcome> {
    if let Err(error @ StubError::Absent { .. }) = target.stub() {
        return Ok(Outcome::Skipped(error.to_string()));
    }
    let with_stub = wasm2native_targets::all().iter().filter(|target| target.stub().is_ok());
    let all: Vec<_> = with_stub.map(|target| target.name.as_str()).collect();
    let all = all.join(",");
    let suffix = target.executable_suffix();
    let together = format!("input-{}{suffix}", target.name);
    let alone = format!("input{suffix}");
    let mut first: Option<Vec<u8>> = None;
    for (targets, jobs) in [
        (&target.name, "1"),
        (&target.name, "7"),
        (&all, "1"),
        (&all, "7"),
        (&all, "7"),
        (&target.name, "1"),
    ] {
        let folder = Scratch::new()?;
        folder.write("input.wat", many_functions()?)?;
        tool::succeed(["build", "-q", "-j", jobs, "-t", targets, "input.wat"], folder.path())?;
        let bytes = folder.read(if targets.contains(',') { &together } else { &alone })?;
        let first = first.get_or_insert_with(|| bytes.clone());
        ensure!(*first == bytes, "other bytes for {targets} with {jobs} threads");
    }
    Ok(Outcome::Passed)
}

/// The text of a module of 300 functions that call each other, directly and through a table.
fn many_functions() -> Result<String> {
    use std::fmt::Write as _;
    const COUNT: u32 = 300;
    let mut text = format!(
        "(module (memory 1) (table {COUNT} funcref) (type $t (func (param i64) (result i64)))"
    );
    for index in 0..COUNT {
        let (callee, offset) = ((index * 7 + 3) % COUNT, index * 16);
        write!(
            text,
            "(func $f{index} (type $t) (local f64)
               (i64.store offset={offset} (i32.const 0) (local.get 0))
               (local.set 1 (f64.convert_i64_s (local.get 0)))
               (if (f64.lt (local.get 1) (f64.const {index}))
                 (then (return (call $f{callee} (i64.mul (local.get 0) (i64.const {index}))))))
               (call_indirect (type $t) (i64.load offset={offset} (i32.const 0)) (i32.const {callee})))
             (elem (i32.const {index}) $f{index})
             (data (i32.const {offset}) \"{index}\")"
        )?;
    }
    text.push_str(r#"(func (export "_start") (drop (call $f0 (i64.const 1)))))"#);
    Ok(text)
}

const HELLO: &str = include_str!("run/hello.wat");

/// The program above, built with `flags`.
fn hello(flags: &[&str]) -> Result<(Scratch, PathBuf)> {
    let folder = Scratch::new()?;
    folder.write("hello.wat", HELLO)?;
    let arguments =
        ["build", "-q", "hello.wat", "-o", "hello"].into_iter().chain(flags.iter().copied());
    tool::succeed(arguments, folder.path())?;
    let path = folder.path().join("hello");
    Ok((folder, path))
}

/// Runs an executable by a line of shell, in which `$0` is the executable.
fn shell(line: &str, executable: &Path) -> Result<Finished> {
    Run::program("sh").arguments(["-c", line]).arguments([executable]).run()
}

fn greets(finished: &Finished) -> Result<()> {
    ensure!(
        finished.ending == Ending::Status(0) && finished.stdout == b"hello\n",
        "{}; stdout {:?}; stderr:\n{}",
        finished.ending,
        finished.stdout_text(),
        finished.stderr_text()
    );
    Ok(())
}

fn starts_under(line: &str) -> Result<()> {
    let (_folder, executable) = hello(&[])?;
    greets(&shell(line, &executable)?)
}

fn starts_with_little_address_space() -> Result<()> {
    let (_folder, executable) = hello(&["--memory-strategy", "check"])?;
    greets(&shell("ulimit -v 262144; exec \"$0\"", &executable)?)
}

fn says_when_address_space_is_too_small() -> Result<()> {
    let (_folder, executable) = hello(&["--memory-strategy", "guard"])?;
    let finished = shell("ulimit -v 262144; exec \"$0\"", &executable)?;
    let stderr = finished.stderr_text();
    let says = stderr.contains("--memory-strategy check") && stderr.lines().count() == 1;
    ensure!(finished.ending == Ending::Status(125) && says, "{}: {stderr}", finished.ending);
    Ok(())
}

fn starts_with_closed_descriptors() -> Result<()> {
    let (folder, executable) = hello(&[])?;
    let finished = shell("exec \"$0\" <&- >&- 2>&-", &executable)?;
    ensure!(finished.ending == Ending::Status(0), "{}", finished.ending);
    drop(folder);
    Ok(())
}

/// A static executable that asks for no interpreter and no library.
fn has_no_dynamic_section() -> Result<()> {
    use object::{Object, ObjectKind};
    let (_folder, executable) = hello(&[])?;
    let bytes = std::fs::read(&executable)?;
    let file = object::File::parse(&*bytes).context("the executable cannot be read")?;
    ensure!(
        matches!(file.kind(), ObjectKind::Dynamic | ObjectKind::Executable),
        "{:?}",
        file.kind()
    );
    ensure!(file.imports()?.is_empty(), "it imports {:?}", file.imports()?);
    ensure!(bytes.len() <= 200 << 10, "hello takes {} bytes", bytes.len());
    Ok(())
}

/// A recursion whose every frame (320 KB) is larger than the stack's guard: it must not step over it.
fn large_frames() -> Result<()> {
    use std::fmt::Write as _;
    const VALUES: usize = 40_000;
    let mut text = "(module (memory 1) (func $f (param i32) (result i64) (local".to_owned();
    text.push_str(&" i64".repeat(VALUES));
    text.push(')');
    for local in 1..=VALUES {
        let offset = local % 1000;
        write!(text, "(local.set {local} (i64.load offset={offset} (local.get 0)))")?;
    }
    text.push_str("(drop (call $f (local.get 0))) (i64.const 0)");
    for local in 1..=VALUES {
        write!(text, "(local.get {local}) i64.add")?;
    }
    text.push_str(r#") (func (export "_start") (drop (call $f (i32.const 0)))))"#);
    let folder = Scratch::new()?;
    folder.write("frames.wat", &text)?;
    tool::succeed(["build", "-q", "frames.wat", "-o", "frames"], folder.path())?;
    let finished = Run::program(folder.path().join("frames")).run()?;
    let stderr = finished.stderr_text();
    let says = stderr.contains("trap: call stack exhausted");
    ensure!(finished.ending == Ending::Status(134) && says, "{}: {stderr}", finished.ending);
    Ok(())
}

/// Replaces the bytes at `offset` behind the only place where `pattern` stands in the program above,
/// which must then refuse to start, in one sentence that contains `words`.
fn refuses(pattern: &[u8], offset: usize, replacement: &[u8], words: &str) -> Result<()> {
    let (_folder, executable) = hello(&["--env", "A=B"])?;
    let mut bytes = std::fs::read(&executable)?;
    let places: Vec<usize> =
        (0..bytes.len()).filter(|&place| bytes[place..].starts_with(pattern)).collect();
    // The stub compares with the pattern too; what the compiler writes comes behind the stub.
    let place = *places.last().context("the pattern is not in the executable")?;
    bytes[place + offset..][..replacement.len()].copy_from_slice(replacement);
    std::fs::write(&executable, &bytes)?;
    let finished = Run::program(&executable).run()?;
    let stderr = finished.stderr_text();
    let says = stderr.contains(words) && stderr.lines().count() == 1 && finished.stdout.is_empty();
    ensure!(finished.ending == Ending::Status(125) && says, "{}: {stderr}", finished.ending);
    Ok(())
}

fn lacks_processor_feature() -> Result<()> {
    let features = std::mem::offset_of!(wasm2native_abi::program::ProgramHeader, cpu_features);
    refuses(&wasm2native_abi::program::PROGRAM_MAGIC, features, &[0xff; 4], "this processor lacks")
}

fn other_version() -> Result<()> {
    let version = std::mem::offset_of!(wasm2native_abi::program::ProgramHeader, abi_version);
    refuses(&wasm2native_abi::program::PROGRAM_MAGIC, version, &[0xee; 4], "version")
}

fn unknown_policy() -> Result<()> {
    use wasm2native_abi::policy::{Record, RecordKind};
    let mut record = Vec::new();
    let encoded = Record { kind: RecordKind::EnvironmentSet, flags: 0, bytes: b"A\0B" };
    encoded.encode(|bytes| record.extend_from_slice(bytes));
    refuses(&record, 0, &[0xee; 2], "policy")
}
