//! Input that is cut, changed, or enormous: an error that says where, in bounded time and memory, and
//! no output file. What fits the limits of the format builds.

use anyhow::{Result, ensure};
use std::process::ExitCode;
use std::time::Duration;
use wasm2native_tests::case::{self, Case};
use wasm2native_tests::run::{Ending, Limits};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{golden, oracle, tool};

fn main() -> ExitCode {
    let mut cases = vec![
        Case::check("every_truncation_is_an_error", every_truncation_is_an_error),
        Case::check("mutations_do_not_panic", mutations_do_not_panic),
        Case::check("a_truncated_file_leaves_no_output", a_truncated_file_leaves_no_output),
        Case::check("a_truncated_executable_is_damaged", a_truncated_executable_is_damaged),
        Case::check("functions_past_the_limit", || refuse(&functions(1_000_001))),
        Case::check("locals_up_to_the_limit", || accept(&locals(50_000))),
        Case::check("locals_past_the_limit", || refuse(&locals(50_001))),
        Case::check("locals_past_32_bits", || refuse(&locals(u32::MAX))),
        Case::check("nesting_100_deep", || accept(&nesting(100))),
        Case::check("nesting_10000_deep", || accept(&nesting(10_000))),
        Case::check("br_table_60000_entries", || accept(&br_table(60_000))),
        Case::check("br_table_count_past_the_body", || refuse(&cut_br_table())),
        Case::check("functions_1000000", || accept(&functions(1_000_000))),
        Case::check("a_section_that_claims_4_gib", || {
            refuse(b"\0asm\x01\0\0\0\x0a\xff\xff\xff\xff\x0f")
        }),
        Case::check("a_vector_that_claims_4_gib", || {
            refuse(b"\0asm\x01\0\0\0\x01\x05\xff\xff\xff\xff\x0f")
        }),
    ];
    let regressions = tool::tests().join("fuzz/regressions");
    for (name, path) in golden::files(&regressions, "bin").expect("the folder is readable") {
        cases.push(Case::check(format!("regression_{name}"), move || {
            let bytes = std::fs::read(&path)?;
            oracle::parse(&bytes);
            oracle::compile(&bytes);
            Ok(())
        }));
    }
    case::main("bad_input", cases)
}

fn sample() -> Result<Vec<u8>> {
    Ok(wat::parse_file(tool::tests().join("run/sha256sum.wat"))?)
}

fn every_truncation_is_an_error() -> Result<()> {
    let module = sample()?;
    for length in 0..module.len() {
        oracle::parse(&module[..length]);
    }
    Ok(())
}

/// A reproducible sequence of numbers (Marsaglia's xorshift, 64 bits).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn mutations_do_not_panic() -> Result<()> {
    let module = sample()?;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..3000 {
        let mut mutated = module.clone();
        for _ in 0..=numbers.below(3) {
            let position = numbers.below(mutated.len());
            mutated[position] = numbers.below(256) as u8;
        }
        oracle::parse(&mutated);
        if round % 60 == 0 {
            oracle::compile(&mutated);
        }
    }
    Ok(())
}

fn a_truncated_file_leaves_no_output() -> Result<()> {
    let module = sample()?;
    for part in 1..8 {
        refuse(&module[..module.len() * part / 8])?;
    }
    Ok(())
}

/// Told from what others made, as long as its beginning tells that it is ours.
fn a_truncated_executable_is_damaged() -> Result<()> {
    let scratch = Scratch::new()?;
    scratch.write("input.wasm", sample()?)?;
    tool::succeed(["build", "-q", "input.wasm", "-o", "output"], scratch.path())?;
    let executable = scratch.read("output")?;
    let length = executable.len();
    for (end, status) in [(length - 1, 6), (length * 15 / 16, 6), (64, 1)] {
        scratch.write("cut", &executable[..end])?;
        for command in
            ["inspect cut", "verify cut", "run cut", "build cut", "policy audit -- ./cut"]
        {
            let finished = tool::command(command.split(' '), scratch.path())?.run()?;
            let stderr = finished.stderr_text();
            ensure!(finished.ending == Ending::Status(status), "{command}, {end}: {stderr}");
            let is_known = stderr.contains("wasm2native made, and is damaged");
            ensure!(is_known == (status == 6), "{command}, {end}: {stderr}");
        }
    }
    Ok(())
}

/// Builds `module` with bounded time, and bounded memory where the system can bound it.
fn build(module: &[u8]) -> Result<(Ending, String, bool)> {
    const MEMORY_KIB: u64 = 4 << 20;
    let scratch = Scratch::new()?;
    scratch.write("input.wasm", module)?;
    let arguments = ["build", "-q", "--invoke", "f", "input.wasm", "-o", "output"];
    let run = if cfg!(unix) {
        let script = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"");
        let tool = tool::path()?.as_os_str();
        wasm2native_tests::run::Run::program("sh")
            .arguments(["-c", &script])
            .arguments([tool])
            .arguments(arguments)
            .folder(scratch.path())
    } else {
        tool::command(arguments, scratch.path())?
    };
    let limits = Limits { time: Duration::from_secs(600), ..Limits::default() };
    let finished = run.limits(limits).run()?;
    let exists = scratch.path().join("output").exists();
    Ok((finished.ending, finished.stderr_text(), exists))
}

/// The module must be refused, with a place in the file.
fn refuse(module: &[u8]) -> Result<()> {
    let (ending, stderr, exists) = build(module)?;
    ensure!(ending == Ending::Status(1), "{ending} instead of exit status 1:\n{stderr}");
    ensure!(stderr.starts_with("error["), "no error of ours:\n{stderr}");
    ensure!(stderr.contains("offset 0x"), "no offset:\n{stderr}");
    ensure!(!exists, "an output file was left");
    Ok(())
}

/// The module must build.
fn accept(module: &[u8]) -> Result<()> {
    let (ending, stderr, exists) = build(module)?;
    ensure!(ending == Ending::Status(0), "{ending} instead of exit status 0:\n{stderr}");
    ensure!(exists, "no output file");
    Ok(())
}

/// An unsigned number in LEB128 (core specification, 5.2.2).
fn leb128(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn section(kind: u8, contents: &[u8]) -> Vec<u8> {
    let size = u32::try_from(contents.len()).expect("a section under 4 GiB");
    [&[kind][..], &leb128(size), contents].concat()
}

/// A module of `count` functions of type [] → [] with the given body, of which the first is exported
/// as `f`.
fn module(count: u32, body: &[u8]) -> Vec<u8> {
    let body_bytes = u32::try_from(body.len()).expect("a body under 4 GiB");
    let body = [&leb128(body_bytes)[..], body].concat();
    let number = leb128(count);
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[&number[..], &vec![0; count as usize]].concat()),
        section(7, b"\x01\x01f\x00\x00"),
        section(10, &[&number[..], &body.repeat(count as usize)].concat()),
    ]
    .concat()
}

fn functions(count: u32) -> Vec<u8> {
    module(count, &[0, 0x0b])
}

/// One group of `count` locals of type `i64`.
fn locals(count: u32) -> Vec<u8> {
    module(1, &[&[1][..], &leb128(count), &[0x7e, 0x0b]].concat())
}

/// `depth` blocks in each other, left from the innermost.
fn nesting(depth: u32) -> Vec<u8> {
    let depth_bytes = depth as usize;
    let blocks = [0x02, 0x40].repeat(depth_bytes);
    let body = [&[0][..], &blocks, &[0x0c], &leb128(depth), &vec![0x0b; depth_bytes + 1]].concat();
    module(1, &body)
}

/// A `br_table` with `entries` entries that alternate between two blocks.
fn br_table(entries: u32) -> Vec<u8> {
    let table: Vec<u8> = (0..entries).map(|entry| (entry % 2) as u8).collect();
    let start = [0, 0x02, 0x40, 0x02, 0x40, 0x41, 0x07, 0x0e];
    module(1, &[&start[..], &leb128(entries), &table, &[0, 0x0b, 0x0b, 0x0b]].concat())
}

/// A `br_table` that claims more entries than its function has bytes.
fn cut_br_table() -> Vec<u8> {
    module(1, &[&[0, 0x41, 0, 0x0e][..], &leb128(u32::MAX), &[0x0b]].concat())
}
