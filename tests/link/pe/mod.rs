//! The linker for Windows: maps of what it makes, results that run, what it refuses.

mod map;
mod refusal;
mod stub;

use crate::mutation::{self, Random};
use crate::program::Program;
use crate::{MANIFEST, POLICY, input};
use anyhow::{Context as _, Result, ensure};
use object::{SymbolKind, elf};
use std::path::Path;
use stub::StubOptions;
use wasm2native_abi::section;
use wasm2native_link::Executable;
use wasm2native_targets::{Architecture, System, Target};
use wasm2native_tests::case::{Case, Outcome};
use wasm2native_tests::run::{Ending, Runner};
use wasm2native_tests::{golden, tool};

const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

/// All cases.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = refusal::cases();
    for architecture in ARCHITECTURES {
        let name = target(architecture).name;
        cases.push(Case::check(format!("map/{name}"), move || map_is_as_accepted(architecture)));
        cases.push(Case::new(format!("runs/{name}"), move || results_run(architecture)));
        cases.push(Case::check(format!("stub-is-intact/{name}"), move || {
            stub_is_intact(architecture)
        }));
        cases.push(Case::check(format!("sections-read-back/{name}"), move || {
            sections_read_back(architecture)
        }));
        cases.push(Case::check(format!("random-damage/{name}"), move || {
            random_damage(architecture)
        }));
        cases.push(Case::check(format!("truncation/{name}"), move || truncation(architecture)));
    }
    cases
}

/// The Windows target of the architecture.
fn target(architecture: Architecture) -> Target {
    let is_it = |it: &&Target| it.architecture == architecture && it.system == System::Windows;
    wasm2native_targets::all().iter().find(is_it).expect("there is a target for it").clone()
}

/// The program of `program.rs`, called by a function with a frame.
fn program(architecture: Architecture) -> Program {
    let mut program = Program::empty(architecture);
    let value = program.number("value", 2);
    let entry = program.entry(value);
    let (code, call, kind, addend): (Vec<u8>, _, _, _) = if architecture == Architecture::Aarch64 {
        let words: [u32; 5] = [
            0xa9bf_7bfd, // stp x29, x30, [sp, #-16]!
            0x9100_03fd, // mov x29, sp
            0x9400_0000, // bl entry
            0xa8c1_7bfd, // ldp x29, x30, [sp], #16
            0xd65f_03c0, // ret
        ];
        (words.map(u32::to_le_bytes).concat(), 8, elf::R_AARCH64_CALL26, 0)
    } else {
        let code = [
            0x55, // push rbp
            0x48, 0x89, 0xe5, // mov rbp, rsp
            0xe8, 0, 0, 0, 0, // call entry
            0x48, 0x89, 0xec, // mov rsp, rbp
            0x5d, // pop rbp
            0xc3, // ret
        ];
        (code.to_vec(), 5, elf::R_X86_64_PLT32, -4)
    };
    let name = "a function with a frame";
    let framed = program.define(program.text, name, SymbolKind::Text, &code, 16);
    let start = program.object.symbol(framed).value;
    program.relocate(program.text, start + call, kind, entry, addend);
    program.header(framed);
    program.image(&vec![0x1a; wasm2native_abi::program::IMAGE_PAGE_BYTES as usize]);
    program
}

fn link(options: &StubOptions) -> Result<Executable> {
    let object = program(options.architecture).write();
    let target = target(options.architecture);
    Ok(wasm2native_link::link(&input(&target, &stub::build(options), &object))?)
}

fn map_is_as_accepted(architecture: Architecture) -> Result<()> {
    let executable = link(&StubOptions::new(architecture))?;
    let sizes = executable.sizes;
    ensure!(
        sizes.code + sizes.data + sizes.runtime + sizes.other == executable.bytes.len() as u64,
        "{sizes:?} do not add up"
    );
    ensure!(link(&StubOptions::new(architecture))?.bytes == executable.bytes, "it differs");
    let path = tool::tests().join("link").join(format!("{}.map", target(architecture).name));
    let text = map::map(architecture, &executable.bytes)?;
    if golden::blessing() {
        return golden::accept(&path, &text);
    }
    let expected = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    golden::compare("the map", &expected, &text)
}

/// Stubs whose headers fit more sections, stubs whose contents have to move, and large alignments.
fn variants(architecture: Architecture) -> [StubOptions; 3] {
    let good = StubOptions::new(architecture);
    [
        good.clone(),
        StubOptions { headers_offset: 0x1c0, ..good.clone() },
        StubOptions { file_align_bytes: 0x1000, ..good },
    ]
}

fn results_run(architecture: Architecture) -> Result<Outcome> {
    let runner = match Runner::for_target(&target(architecture)) {
        Ok(runner) => runner,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let scratch = tempfile::tempdir()?;
    for (number, options) in variants(architecture).iter().enumerate() {
        let path = scratch.path().join(format!("program{number}.exe"));
        std::fs::write(&path, link(options)?.bytes)?;
        let ending = run(&runner, scratch.path(), &path)?;
        ensure!(ending == Ending::Status(42), "variant {number} ends with {ending}, not with 42");
    }
    Ok(Outcome::Passed)
}

fn run(runner: &Runner, scratch: &Path, executable: &Path) -> Result<Ending> {
    let run = runner.command(executable).variable("WINEPREFIX", scratch.join("prefix"));
    Ok(run.variable("WINEDEBUG", "-all").run()?.ending)
}

/// The stub's sections keep their contents and addresses wherever they are in the file.
fn stub_is_intact(architecture: Architecture) -> Result<()> {
    use object::read::pe::PeFile64;
    use object::{Object as _, ObjectSection as _};
    for options in variants(architecture) {
        let (stub, file) = (stub::build(&options), link(&options)?.bytes);
        let (before, after) = (PeFile64::parse(&stub[..])?, PeFile64::parse(&file[..])?);
        for (old, new) in before.sections().zip(after.sections()) {
            let (name, bytes) = (old.name()?, new.data()?);
            // Another table takes the place of this one.
            let new_name = if name == ".pdata" { ".w2nold" } else { name };
            ensure!(new.name()? == new_name && old.address() == new.address());
            let filled_in = match name {
                wasm2native_abi::stub::SECTION_PE => 0..64,
                ".rdata" => stub::DEBUG_POINTER,
                _ => 0..0,
            };
            let is_same = |(at, (old, new))| old == new || filled_in.contains(&at);
            ensure!(old.data()?.len() == bytes.len(), "the size of {name} differs");
            ensure!(old.data()?.iter().zip(bytes).enumerate().all(is_same), "{name} differs");
            if name == ".rdata" {
                let pointer = bytes[stub::DEBUG_POINTER].try_into().map(u32::from_le_bytes)?;
                ensure!(file[pointer as usize..].starts_with(stub::DEBUG_BYTES));
            }
        }
        let [old, new] = [&before, &after].map(|image| image.imports());
        ensure!(old?.len() == 1 && new?.len() == 1);
    }
    Ok(())
}

fn sections_read_back(architecture: Architecture) -> Result<()> {
    let bytes = link(&StubOptions::new(architecture))?.bytes;
    let read = |name| wasm2native_link::read_section(&bytes, name);
    ensure!(read(section::MANIFEST)?.as_deref() == Some(MANIFEST));
    ensure!(read(section::POLICY)?.as_deref() == Some(POLICY));
    ensure!(read(section::SCRIPT)?.is_none());
    let image = read(section::MEMORY_IMAGE)?;
    ensure!(
        image.is_some_and(|image| image.len() as u64 == wasm2native_abi::program::IMAGE_PAGE_BYTES)
    );
    Ok(())
}

/// Damages stub and object in turn.
fn random_damage(architecture: Architecture) -> Result<()> {
    let target = target(architecture);
    let good_object = program(architecture).write();
    let good_stub =
        stub::build(&StubOptions { headers_offset: 0x1c0, ..StubOptions::new(architecture) });
    let positions = mutation::positions(&good_stub);
    let mut random = Random::new(0x2545_f491_4f6c_dd1d ^ architecture as u64);
    let mut refused = 0;
    for round in 0..mutation::ROUNDS {
        let (mut stub, mut object) = (good_stub.clone(), good_object.clone());
        if round % 8 == 0 {
            random.damage(&mut object);
        } else {
            random.damage_at(&positions, &mut stub);
        }
        // A result that is not refused has been checked by the linker itself.
        refused += u64::from(wasm2native_link::link(&input(&target, &stub, &object)).is_err());
    }
    ensure!(refused > mutation::ROUNDS / 10, "only {refused} damaged inputs were refused");
    Ok(())
}

/// Cuts the stub short at every length that may matter.
fn truncation(architecture: Architecture) -> Result<()> {
    let target = target(architecture);
    let stub = stub::build(&StubOptions::new(architecture));
    let object = program(architecture).write();
    for end in mutation::positions(&stub).into_iter().step_by(3) {
        let result = wasm2native_link::link(&input(&target, &stub[..end], &object));
        ensure!(result.is_err(), "a stub of {end} bytes was linked");
    }
    Ok(())
}
