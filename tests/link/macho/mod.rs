//! Mach-O: maps of both architectures, whatever the kind of fixups in the stub; what is refused;
//! damaged input; what other readers say.

mod map;
mod refusal;
mod stub;
mod tools;

pub(crate) use tools::compare_segments;

use crate::program::Program;
use crate::{compare_map, input, mutation, sizes_add_up};
use anyhow::{Result, ensure};
use stub::{Fixups, StubOptions};
use wasm2native_abi::section;
use wasm2native_link::Executable;
use wasm2native_targets::Target;
use wasm2native_tests::case::{Case, Outcome};
use wasm2native_tests::run::{Ending, Runner};

const TARGETS: [&str; 2] = ["x86_64-macos", "aarch64-macos"];
const FIXUPS: [Fixups; 3] = [Fixups::Rebases, Fixups::Chains, Fixups::ChainsOfOffsets];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = refusal::cases();
    for name in TARGETS {
        let target = target(name);
        cases.push(Case::check(format!("map/{name}"), move || map_is_as_accepted(target)));
        cases.push(Case::check(format!("fixups-of-stubs/{name}"), move || {
            fixups_make_no_difference(target)
        }));
        cases.push(Case::new(format!("runs/{name}"), move || results_run(target)));
        cases.push(Case::check(format!("sections-read-back/{name}"), move || {
            sections_read_back(target)
        }));
        cases.push(Case::new(format!("llvm/{name}"), move || tools::llvm_agrees(target)));
        cases.push(Case::new(format!("signature/{name}"), move || {
            tools::signature_is_verified(target)
        }));
        cases.push(Case::check(format!("links-are-equal/{name}"), move || links_are_equal(target)));
        cases.push(Case::check(format!("random-damage/{name}"), move || {
            let stubs = [Fixups::Rebases, Fixups::Chains]
                .map(|fixups| stub::build(&StubOptions::new(target, fixups)));
            mutation::random_damage(target, stubs)
        }));
        cases.push(Case::check(format!("truncation/{name}"), move || {
            mutation::truncation(target, &stub::build(&StubOptions::new(target, Fixups::Chains)))
        }));
    }
    cases
}

/// The target of this name.
fn target(name: &str) -> &'static Target {
    let mut all = wasm2native_targets::all().iter();
    all.find(|target| target.name == name).expect("the two targets for macOS have descriptions")
}

fn link(target: &Target, fixups: Fixups) -> Result<Executable> {
    let stub = stub::build(&StubOptions::new(target, fixups));
    let object = Program::complete(target.architecture).write();
    Ok(wasm2native_link::link(&input(target, &stub, &object))?)
}

fn map_is_as_accepted(target: &Target) -> Result<()> {
    // Each kind of fixups has a map.
    let fixups = if target.name == TARGETS[0] { Fixups::Rebases } else { Fixups::Chains };
    let executable = link(target, fixups)?;
    sizes_add_up(&executable)?;
    compare_map(&target.name, &map::map(&executable.bytes)?)
}

fn fixups_make_no_difference(target: &Target) -> Result<()> {
    let [rebases, others @ ..] = FIXUPS.map(|fixups| link(target, fixups));
    let rebases = rebases?;
    for other in others {
        let other = other?;
        for name in [section::PROGRAM_CODE, section::PROGRAM_READ_ONLY, section::PROGRAM_DATA] {
            let [one, other] = [&rebases, &other]
                .map(|executable| wasm2native_link::read_section(&executable.bytes, name));
            ensure!(one?.is_some_and(|one| Some(one) == other.ok().flatten()), "{name} differs");
        }
    }
    Ok(())
}

fn results_run(target: &Target) -> Result<Outcome> {
    let runner = match Runner::for_target(target) {
        Ok(runner) => runner,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let scratch = tempfile::tempdir()?;
    for (number, fixups) in FIXUPS.into_iter().enumerate() {
        let path = scratch.path().join(format!("program{number}"));
        std::fs::write(&path, link(target, fixups)?.bytes)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        }
        let ending = runner.command(&path).run()?.ending;
        ensure!(ending == Ending::Status(42), "{fixups:?}: it ends with {ending}, not with 42");
    }
    Ok(Outcome::Passed)
}

fn sections_read_back(target: &Target) -> Result<()> {
    let bytes = link(target, Fixups::Chains)?.bytes;
    let read = |name| wasm2native_link::read_section(&bytes, name);
    ensure!(read(section::MANIFEST)?.as_deref() == Some(crate::MANIFEST));
    ensure!(read(section::POLICY)?.as_deref() == Some(crate::POLICY));
    ensure!(read(section::SCRIPT)?.is_none());
    let names: Vec<_> =
        wasm2native_link::sections(&bytes)?.into_iter().map(|(name, _)| name).collect();
    let expected = [
        "__TEXT,__text",
        wasm2native_abi::stub::SECTION,
        "__DATA,__bss",
        section::PROGRAM_CODE,
        section::POLICY,
        section::PROGRAM_READ_ONLY,
        section::MANIFEST,
        section::PROGRAM_DATA,
        section::PROGRAM_ZERO,
        section::MEMORY_IMAGE,
    ];
    ensure!(names == expected, "{names:?}");
    Ok(())
}

fn links_are_equal(target: &Target) -> Result<()> {
    let [one, other] = [(); 2].map(|()| link(target, Fixups::Chains));
    ensure!(one?.bytes == other?.bytes, "they differ");
    Ok(())
}
