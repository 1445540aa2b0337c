//! The linker: objects and stubs to executables, which are compared as text with `tests/link/*.map`,
//! and run where an emulator or a loader is; every error; damaged input. Here for ELF on all four
//! architectures; what another format has of its own is in `tests/link/macho` and `tests/link/pe`.
//!
//! The relocation kinds are tested one by one, in range, at the edge and past it, beside their code in
//! `compiler/link/src/relocate`.

#[path = "link/llvm.rs"]
mod llvm;
#[path = "link/macho/mod.rs"]
mod macho;
#[path = "link/map.rs"]
mod map;
#[path = "link/mutation.rs"]
mod mutation;
#[path = "link/pe/mod.rs"]
mod pe;
#[path = "link/program.rs"]
mod program;
#[path = "link/real.rs"]
mod real;
#[path = "link/refusal.rs"]
mod refusal;
#[path = "link/stub.rs"]
mod stub;

use anyhow::{Context, Result, bail, ensure};
use program::Program;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use stub::{Relocations, StubOptions};
use wasm2native_abi::section;
use wasm2native_link::{Executable, Input};
use wasm2native_targets::{Architecture, Target};
use wasm2native_tests::case::{self, Case, Outcome};
use wasm2native_tests::{golden, tool};

const ARCHITECTURES: [Architecture; 4] =
    [Architecture::X86_64, Architecture::Aarch64, Architecture::Riscv64, Architecture::S390x];

const POLICY: &[u8] = b"the policy";
const MANIFEST: &[u8] = b"tool=test\n";

fn main() -> ExitCode {
    let mut cases = refusal::cases();
    cases.extend(pe::cases());
    cases.extend(macho::cases());
    for architecture in ARCHITECTURES {
        let name = architecture.name();
        cases.push(Case::check(format!("map/{name}"), move || map_is_as_accepted(architecture)));
        cases.push(Case::new(format!("runs/{name}"), move || result_runs(architecture)));
        cases.push(Case::check(format!("relocations-of-stubs/{name}"), move || {
            stubs_may_keep_addends_in_place(architecture)
        }));
        cases.push(Case::check(format!("random-damage/{name}"), move || {
            let stubs = [Relocations::Rela, Relocations::Relr].map(|relocations| {
                stub::build(&StubOptions { relocations, ..StubOptions::new(architecture) })
            });
            mutation::random_damage(target(architecture), stubs)
        }));
        cases.push(Case::check(format!("truncation/{name}"), move || {
            let stub = stub::build(&StubOptions::new(architecture));
            mutation::truncation(target(architecture), &stub)
        }));
    }
    cases.push(Case::check("sections-read-back", sections_read_back));
    cases.push(Case::check("links-are-equal", links_are_equal));
    cases.push(Case::check("many-symbols", many_symbols));
    cases.push(Case::new("system-linker-accepts-object", system_linker_accepts_object));
    cases.extend(real::cases());
    case::main("link", cases)
}

/// The ELF target of the architecture that everything is tried for.
fn target(architecture: Architecture) -> &'static Target {
    let is_it = |target: &&Target| {
        target.architecture == architecture && target.system == wasm2native_targets::System::Linux
    };
    wasm2native_targets::all().iter().find(is_it).expect("Linux runs on every architecture")
}

fn input<'a>(target: &'a Target, stub: &'a [u8], object: &'a [u8]) -> Input<'a> {
    Input { target, stub, object, policy: POLICY, manifest: MANIFEST, script: None }
}

fn link(architecture: Architecture, relocations: Relocations) -> Result<Executable> {
    let stub = stub::build(&StubOptions { relocations, ..StubOptions::new(architecture) });
    let object = Program::complete(architecture).write();
    Ok(wasm2native_link::link(&input(target(architecture), &stub, &object))?)
}

fn map_is_as_accepted(architecture: Architecture) -> Result<()> {
    let executable = link(architecture, Relocations::Rela)?;
    sizes_add_up(&executable)?;
    compare_map(architecture.name(), &map::map(&executable.bytes)?)
}

fn sizes_add_up(executable: &Executable) -> Result<()> {
    let sizes = executable.sizes;
    ensure!(
        sizes.code + sizes.data + sizes.runtime + sizes.other == executable.bytes.len() as u64,
        "{sizes:?} do not add up"
    );
    Ok(())
}

/// Compares with the accepted map of this name, or accepts another one when blessing.
fn compare_map(name: &str, text: &str) -> Result<()> {
    let path = tool::tests().join("link").join(format!("{name}.map"));
    if golden::blessing() {
        return golden::accept(&path, text);
    }
    let expected = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    golden::compare("the map", &expected, text)
}

/// Where stubs keep the addends of their relocations makes no difference to the program.
fn stubs_may_keep_addends_in_place(architecture: Architecture) -> Result<()> {
    let [rela, relr] = [Relocations::Rela, Relocations::Relr].map(|it| link(architecture, it));
    let contents =
        |executable: &Executable, name| wasm2native_link::read_section(&executable.bytes, name);
    let (rela, relr) = (rela?, relr?);
    let code = contents(&rela, ".w2n.text")?;
    // The relative table is shorter, but the call and the data are as far away as before.
    ensure!(
        code.is_some()
            && code.map(|it| it.len()) == contents(&relr, ".w2n.text")?.map(|it| it.len())
    );
    ensure!(run(architecture, &relr)?.is_none_or(|status| status == 42), "it does not run");
    Ok(())
}

fn result_runs(architecture: Architecture) -> Result<Outcome> {
    match run(architecture, &link(architecture, Relocations::Rela)?)? {
        None => Ok(Outcome::Skipped("no processor or emulator here runs it".to_owned())),
        Some(42) => Ok(Outcome::Passed),
        Some(status) => bail!("it exits with {status} instead of 42"),
    }
}

/// The exit status, or nothing where the executable cannot run.
fn run(architecture: Architecture, executable: &Executable) -> Result<Option<i32>> {
    let scratch = tempfile::tempdir()?;
    let path = scratch.path().join("program");
    std::fs::write(&path, &executable.bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    let host = wasm2native_targets::host();
    let is_native = host.is_some_and(|host| {
        host.architecture == architecture && host.system == wasm2native_targets::System::Linux
    });
    let mut command = if is_native {
        Command::new(&path)
    } else {
        let Some(emulator) = program_in_path(&format!("qemu-{}", architecture.name())) else {
            return Ok(None);
        };
        let mut command = Command::new(emulator);
        command.arg(&path);
        command
    };
    let status = command.status()?;
    ensure!(status.code().is_some(), "it was ended by a signal: {status}");
    Ok(status.code())
}

fn program_in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn sections_read_back() -> Result<()> {
    for architecture in ARCHITECTURES {
        let bytes = link(architecture, Relocations::Rela)?.bytes;
        let read = |name| wasm2native_link::read_section(&bytes, name);
        ensure!(read(section::MANIFEST)?.as_deref() == Some(MANIFEST));
        ensure!(read(section::POLICY)?.as_deref() == Some(POLICY));
        ensure!(read(section::SCRIPT)?.is_none());
    }
    ensure!(wasm2native_link::read_section(b"#!/bin/sh", section::MANIFEST).is_err());
    Ok(())
}

fn links_are_equal() -> Result<()> {
    for architecture in ARCHITECTURES {
        let [one, other] = [(); 2].map(|()| link(architecture, Relocations::Rela));
        ensure!(one?.bytes == other?.bytes, "{} differs", architecture.name());
    }
    Ok(())
}

/// As many symbols and relocations as a very large program has.
fn many_symbols() -> Result<()> {
    const FUNCTIONS: u64 = 130_000;
    let mut program = Program::empty(Architecture::X86_64);
    let value = program.number("value", 2);
    let entry = program.entry(value);
    program.header(entry);
    let mut last = entry;
    for number in 0..FUNCTIONS {
        // Four jumps to the function before.
        let name = format!("function {number}");
        let code = [0xe9, 0, 0, 0, 0].repeat(4);
        let symbol = program.define(program.text, &name, object::SymbolKind::Text, &code, 16);
        let start = program.object.symbol(symbol).value;
        for offset in [1, 6, 11, 16] {
            program.relocate(program.text, start + offset, object::elf::R_X86_64_PLT32, last, -4);
        }
        last = symbol;
    }
    let stub = stub::build(&StubOptions::new(Architecture::X86_64));
    let object = program.write();
    let target = target(Architecture::X86_64);
    let executable = wasm2native_link::link(&input(target, &stub, &object))?;
    ensure!(run(Architecture::X86_64, &executable)?.is_none_or(|status| status == 42));
    use object::{Object as _, ObjectSymbol as _};
    let file = object::File::parse(&executable.bytes[..])?;
    ensure!(file.symbols().count() as u64 == FUNCTIONS + 1);
    ensure!(file.symbols().all(|symbol| symbol.size() > 0));
    Ok(())
}

/// A program with code, data, a memory image, and a reference to the stub.
const SAMPLE: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "*")
  (func $load (param i32) (result i32) local.get 0 i32.load8_u)
  (func (export "_start") i32.const 8 call $load call $exit))"#;

/// What we link, the system's linker links as well.
fn system_linker_accepts_object() -> Result<Outcome> {
    let Some(linker) = program_in_path("ld") else {
        return Ok(Outcome::Skipped("there is no `ld` here".to_owned()));
    };
    let scratch = tempfile::tempdir()?;
    std::fs::write(scratch.path().join("sample.wat"), SAMPLE)?;
    let target = ["--target", "x86_64-linux", "--emit", "obj", "-o", "sample.o"];
    tool::succeed([&["build", "-q", "sample.wat"], &target[..]].concat(), scratch.path())?;
    for form in [&["-r"][..], &["-pie", "--no-dynamic-linker", "-e", "0"]] {
        let output = Command::new(&linker)
            .args(["-m", "elf_x86_64", "--defsym", "w2n_wasi_proc_exit=0"])
            .args(form)
            .args(["-o", "sample", "sample.o"])
            .current_dir(scratch.path())
            .output()?;
        let text = String::from_utf8_lossy(&output.stderr);
        if text.contains("unrecognised emulation mode") {
            return Ok(Outcome::Skipped("`ld` is for another architecture".to_owned()));
        }
        ensure!(output.status.success(), "{form:?}: {text}");
    }
    Ok(Outcome::Passed)
}
