//! What executables say on processors that lack what they were built to use, and that they run on those
//! that do not: under the emulators, which can be any processor. An illegal instruction is never met.

use anyhow::{Context, Result, ensure};
use std::process::ExitCode;
use wasm2native_targets::{StubError, Target};
use wasm2native_tests::case::{self, Case, Outcome};
use wasm2native_tests::run::{Ending, Run, find_program};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::tool;

/// A level, a processor as the emulator calls it, and what that lacks.
type Trial = (&'static str, &'static str, Option<&'static str>);

const X86_64: &[Trial] = &[
    ("baseline", "Nehalem", None),
    ("baseline", "core2duo", Some("sse4.1")),
    ("baseline", "qemu64", Some("ssse3")),
    ("baseline", "Nehalem,popcnt=off", Some("popcnt")),
    ("x86-64-v3", "max", None),
    ("x86-64-v3", "Nehalem", Some("avx")),
    ("x86-64-v3", "max,avx2=off", Some("avx2")),
    ("x86-64-v3", "max,bmi1=off", Some("bmi1")),
    ("x86-64-v3", "max,abm=off", Some("lzcnt")),
    // The processor has them, but the system would not save their registers.
    ("x86-64-v3", "max,xsave=off", Some("avx")),
    ("x86-64-v4", "max", Some("avx512f")),
    ("+avx512vbmi", "max", Some("avx512vbmi")),
    ("+avxvnni", "max", Some("avxvnni")),
];

const AARCH64: &[Trial] = &[
    ("baseline", "cortex-a53", None),
    ("armv8.1-a", "max", None),
    ("armv8.1-a", "cortex-a53", Some("lse")),
    ("armv8.4-a,+fp16", "cortex-a76", None),
    ("+fp16", "cortex-a53", Some("fp16")),
    ("+dotprod", "cortex-a53", Some("dotprod")),
    ("armv8.6-a", "cortex-a76", Some("i8mm")),
    ("armv8.6-a,+fp16", "max", None),
];

const RISCV64: &[Trial] = &[
    ("baseline", "rv64,zba=false,zbb=false,zbc=false,zbs=false", None),
    ("rva22", "rv64", None),
    ("rva22", "rv64,zba=false", Some("zba")),
    ("rva22", "rv64,zbb=false", Some("zbb")),
    ("rva22", "rv64,zbs=false", Some("zbs")),
    ("+zbc", "rv64", None),
    ("+zbc", "rv64,zbc=false", Some("zbc")),
    ("+zbkb", "rv64,zbkb=true", None),
    ("+zbkb", "rv64,zbkb=false", Some("zbkb")),
    ("rva22,+v", "rv64,v=true,vext_spec=v1.0", None),
    ("rva23", "rv64", Some("v")),
    // Wide enough vectors, without floats of 64 bits.
    ("+v", "rv64,Zve32f=true", Some("v")),
];

const S390X: &[Trial] = &[
    ("baseline", "max,vxeh2=off,minste3=off", None),
    ("baseline", "max,vx=off,vxeh=off,vxeh2=off", Some("vector")),
    ("baseline", "max,vxeh=off,vxeh2=off", Some("vector-enhancements-1")),
    ("baseline", "max,minste2=off", Some("miscellaneous-extensions-2")),
    ("z15", "max", None),
    ("z15", "max,vxeh2=off", Some("vector-enhancements-2")),
    ("z15", "max,minste3=off", Some("miscellaneous-extensions-3")),
    ("z17", "max", Some("vector-enhancements-3")),
];

fn main() -> ExitCode {
    let mut cases = Vec::new();
    for (name, trials) in [
        ("x86_64-linux", X86_64),
        ("aarch64-linux", AARCH64),
        ("riscv64-linux", RISCV64),
        ("s390x-linux", S390X),
    ] {
        for trial in trials {
            let (level, processor, _) = trial;
            cases.push(Case::new(format!("{name} {level} on {processor}"), move || {
                check(wasm2native_targets::parse(name)?, *trial)
            }));
        }
    }
    case::main("cpu", cases)
}

fn check(target: &Target, (level, processor, lacks): Trial) -> Result<Outcome> {
    if let Err(error @ StubError::Absent { .. }) = target.stub() {
        return Ok(Outcome::Skipped(error.to_string()));
    }
    let name = format!("qemu-{}", target.architecture.name());
    let Some(emulator) = find_program(&name) else {
        return Ok(Outcome::Skipped(format!("`{name}` is not installed")));
    };
    let program = tool::tests().join("run/sha256sum.wat");
    let program = program.to_string_lossy();
    let folder = Scratch::new()?;
    folder.write("empty", "")?;
    let build = ["build", "-q", "-t", &target.name, "--cpu", level, "--dir", ".", &program];
    tool::succeed(build.into_iter().chain(["-o", "program"]), folder.path())?;
    let run = Run::program(emulator).clear_environment().folder(folder.path());
    let finished = run.arguments(["-cpu", processor, "./program", "empty"]).run()?;
    let stderr = finished.stderr_text();
    let Some(feature) = lacks else {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let is_right = finished.stdout_text().starts_with(hash);
        ensure!(finished.ending == Ending::Status(0) && is_right, "{}: {stderr}", finished.ending);
        return Ok(Outcome::Passed);
    };
    ensure!(finished.ending == Ending::Status(125), "{}: {stderr}", finished.ending);
    // The emulator may have warned of its own settings.
    let sentence = stderr.lines().last().context("it says nothing")?;
    let says =
        format!("program: this processor lacks `{feature}`, which this program was built to use");
    ensure!(sentence.starts_with(&says), "it says: {sentence}");
    let required = wasm2native_targets::levels(target.architecture)[0].adds;
    let remedy = if required.contains(&feature) { "" } else { "; build it with a lower `--cpu`" };
    ensure!(sentence[says.len()..] == *remedy, "it says: {sentence}");
    Ok(Outcome::Passed)
}
