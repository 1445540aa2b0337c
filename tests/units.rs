//! The tests of the stub and of the shim on Windows: their test programs, built for it by the toolchain
//! that builds stubs, one case for each test in them.
//!
//! Where Windows is not at hand, Wine runs them. The standard library starts without a C runtime: what
//! it needs of one, and of a library that Wine 8 lacks, is in `tests/units`.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;
use wasm2native_targets::{Architecture, System, Target};
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::run::{Ending, Limits, Runner, succeed};
use wasm2native_tests::toolchain::{self, CARGO, RUSTC};
use wasm2native_tests::{c_compiler, tool};

/// The linker of the toolchain that builds stubs, see `targets/recipe`.
const LINKER: &str = "ld.lld-22";
/// Libraries that the compiler always names, and that nothing is taken from.
const UNUSED_LIBRARIES: [&str; 6] =
    ["unwind", "mingw32", "mingwex", "msvcrt", "kernel32", "user32"];
/// The slowest tests make some ten thousand calls.
const LIMIT: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let cases = cases().unwrap_or_else(|error| {
        let error = Arc::new(error);
        vec![Case::new("build", move || bail!("{error:#}"))]
    });
    case::main("units", cases)
}

fn cases() -> Result<Vec<Case>> {
    let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
    if let Err(reason) = available(target) {
        let skipped = move || Ok(Outcome::Skipped(reason.clone()));
        return Ok(vec![Case::new("build", skipped)]);
    }
    let mut cases = Vec::new();
    for (package, part) in [("wasi-libc-shim", "--lib"), ("wasm2native-stub", "--bins")] {
        let program = build(target, package, part)?;
        let runner = Runner::for_target(target).map_err(anyhow::Error::msg)?;
        let listed = runner.command(&program).arguments(["--list"]).run()?;
        ensure!(listed.ending == Ending::Status(0), "{}", listed.stderr_text());
        for line in listed.stdout_text().lines() {
            let Some(test) = line.trim_end().strip_suffix(": test") else { continue };
            let (name, test) = (format!("{package}::{test}"), test.to_owned());
            let program = program.clone();
            cases.push(Case::check(name, move || run(target, package, &program, &test)));
        }
    }
    ensure!(!cases.is_empty(), "there are no tests");
    Ok(cases)
}

/// Whether the tests can be built and run.
fn available(target: &Target) -> Result<(), String> {
    if target.system != System::Windows {
        return Err("`cargo test` runs them where a system like it is the host".to_owned());
    }
    Runner::for_target(target)?;
    toolchain::available()?;
    c_compiler::zig().map(drop).ok_or_else(|| c_compiler::NO_ZIG.to_owned())
}

fn run(target: &Target, package: &str, program: &Path, test: &str) -> Result<()> {
    let runner = Runner::for_target(target).map_err(anyhow::Error::msg)?;
    let limits = Limits { time: LIMIT, ..Limits::default() };
    let folder = tool::workspace().join(match package {
        "wasi-libc-shim" => "wasi-libc-shim",
        _ => "runtime-stub",
    });
    let run = runner.command(program).arguments(["--exact", test]).folder(&folder).limits(limits);
    let finished = run.run()?;
    ensure!(
        finished.ending == Ending::Status(0),
        "{}\n{}{}",
        finished.ending,
        finished.stdout_text(),
        finished.stderr_text()
    );
    Ok(())
}

/// Builds the test program of a package.
fn build(target: &Target, package: &str, part: &str) -> Result<PathBuf> {
    let folder = tool::workspace().join("target/units").join(&target.name);
    std::fs::create_dir_all(&folder)?;
    for name in UNUSED_LIBRARIES {
        std::fs::write(folder.join(format!("lib{name}.a")), "!<arch>\n")?;
    }
    let start = folder.join("start.o");
    let sources = tool::tests().join("units");
    compile_c(target, &["-c".as_ref(), &sources.join("start.c")], &start)?;
    let mut flags = vec![
        format!("-Clinker={LINKER}"),
        "-Clinker-flavor=ld.lld".to_owned(),
        "-Clink-self-contained=no".to_owned(),
        format!("-Lnative={}", folder.display()),
        "-Clink-arg=--entry=start".to_owned(),
        format!("-Clink-arg={}", start.display()),
    ];
    flags.extend(UNWINDER.map(|name| format!("-Clink-arg=-Xlink=-alternatename:{name}=start")));
    let mut cargo = Command::new(CARGO);
    for (name, _) in std::env::vars_os() {
        let foreign = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_") && name != "CARGO_HOME"
                || name.starts_with("RUST") && name != "RUSTUP_HOME"
        });
        if foreign {
            cargo.env_remove(&name);
        }
    }
    cargo
        .current_dir(tool::workspace())
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .args(["test", "--quiet", "--locked", "--no-run", "--package", package, part])
        .args(["--message-format", "json-render-diagnostics", "--target", &target.triple])
        .args(["-Zpanic-abort-tests", "-Zbuild-std=std,panic_abort,test"])
        .arg("-Zbuild-std-features=windows_raw_dylib,compiler-builtins-mem")
        .args(["--config", "profile.test.panic=\"abort\""]);
    let messages = String::from_utf8(succeed(&mut cargo)?.stdout)?;
    let program = executable(&messages).context("cargo names no test program")?;
    let library = program.with_file_name("bcryptprimitives.dll");
    compile_c(
        target,
        &["-shared".as_ref(), &sources.join("random.c"), "-ladvapi32".as_ref()],
        &library,
    )?;
    Ok(program)
}

/// Functions that the standard library names for unwinding, which never happens.
const UNWINDER: [&str; 8] = [
    "_GCC_specific_handler",
    "_Unwind_GetDataRelBase",
    "_Unwind_GetIPInfo",
    "_Unwind_GetLanguageSpecificData",
    "_Unwind_GetRegionStart",
    "_Unwind_GetTextRelBase",
    "_Unwind_SetGR",
    "_Unwind_SetIP",
];

/// The executable that cargo's messages tell of.
fn executable(messages: &str) -> Option<PathBuf> {
    const FIELD: &str = "\"executable\":\"";
    let line = messages.lines().rfind(|line| line.contains(FIELD))?;
    let (_, rest) = line.split_once(FIELD)?;
    Some(PathBuf::from(rest.split('"').next()?))
}

fn compile_c(target: &Target, arguments: &[&Path], output: &Path) -> Result<()> {
    let architecture = match target.architecture {
        Architecture::Aarch64 => "aarch64",
        _ => "x86_64",
    };
    let freestanding = ["-ffreestanding", "-nostdlib"].map(Path::new);
    let arguments = freestanding.iter().chain(arguments);
    c_compiler::compile(&format!("{architecture}-windows-gnu"), arguments, output, tool::tests())
}
