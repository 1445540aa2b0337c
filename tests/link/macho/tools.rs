//! What other readers of Mach-O say of our results: LLVM's tools of segments, fixups and symbols,
//! `rcodesign` (the crate `apple-codesign`) of the signature.

use super::stub::Fixups;
use super::{FIXUPS, link};
use crate::llvm::{llvm, output};
use crate::program_in_path;
use anyhow::{Context, Result, bail, ensure};
use object::macho::MachHeader64;
use object::read::macho::{MachHeader as _, Segment as _};
use object::{LittleEndian, Object as _, ObjectSection as _};
use std::path::Path;
use std::process::Command;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_targets::Target;
use wasm2native_tests::case::Outcome;

/// LLVM finds the segments, fixups and symbols that are there.
pub(super) fn llvm_agrees(target: &Target) -> Result<Outcome> {
    let (Some(readobj), Some(objdump)) = (llvm("llvm-readobj"), llvm("llvm-objdump")) else {
        return Ok(Outcome::Skipped(
            "LLVM's `llvm-readobj` and `llvm-objdump` are not here".into(),
        ));
    };
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("program");
    for fixups in FIXUPS {
        let bytes = link(target, fixups)?.bytes;
        std::fs::write(&file, &bytes)?;
        let segments = output(&readobj, &["--macho-segment"], &file)?;
        compare_segments(&segments, &bytes)?;
        output(&objdump, &["--macho", "--private-headers"], &file)?;
        output(&readobj, &["--macho-dysymtab", "--macho-indirect-symbols"], &file)?;

        // The stub's pointers, in both notations one a line.
        let notation = if fixups == Fixups::Rebases { "--rebase" } else { "--dyld-info" };
        let pointers = output(&objdump, &["--macho", notation], &file)?;
        let count = pointers.lines().filter(|line| line.contains("__w2n_stub")).count();
        ensure!(count == RuntimeFunction::COUNT - 1, "{fixups:?}: {count} pointers");
        if fixups != Fixups::Rebases {
            let starts = output(&objdump, &["--macho", "--chained-fixups"], &file)?;
            ensure!(starts.contains("(__W2N_TEXT)\n"), "{starts}");
            let last = starts.lines().rfind(|line| line.contains("seg_offset["));
            ensure!(last.is_some_and(|line| line.ends_with("= 0 (__LINKEDIT)")), "{starts}");
        }

        let symbols = output(&readobj, &["--symbols"], &file)?;
        let address = code_address(&bytes)?;
        let entry = symbols.split("Symbol {").find(|symbol| symbol.contains("Name: _entry "));
        let entry = entry.context("the program's function has no symbol")?;
        ensure!(entry.contains("Section: __text "), "{entry}");
        ensure!(entry.contains(&format!("Value: {address:#X}").replace("0X", "0x")), "{entry}");
    }
    Ok(Outcome::Passed)
}

/// Every line of `llvm-readobj` about a segment, as the crate `object` sees it.
pub(crate) fn compare_segments(text: &str, bytes: &[u8]) -> Result<()> {
    let header = MachHeader64::<LittleEndian>::parse(bytes, 0)?;
    let mut expected = Vec::new();
    for command in header.load_commands(LittleEndian, bytes, 0)? {
        if let Some((segment, _)) = command?.segment_64()? {
            let access = |protection: u32| -> String {
                [(1, 'r'), (2, 'w'), (4, 'x')]
                    .map(|(bit, letter)| if protection & bit != 0 { letter } else { '-' })
                    .into_iter()
                    .collect()
            };
            expected.push(format!("Name: {}", String::from_utf8_lossy(segment.name())));
            expected.push(format!("vmaddr: {:#X}", segment.vmaddr(LittleEndian)));
            expected.push(format!("vmsize: {:#X}", segment.vmsize(LittleEndian)));
            expected.push(format!("fileoff: {}", segment.fileoff(LittleEndian)));
            expected.push(format!("filesize: {}", segment.filesize(LittleEndian)));
            expected.push(format!("maxprot: {}", access(segment.maxprot(LittleEndian))));
            expected.push(format!("initprot: {}", access(segment.initprot(LittleEndian))));
        }
    }
    let fields = ["Name:", "vmaddr:", "vmsize:", "fileoff:", "filesize:", "maxprot:", "initprot:"];
    let found: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| fields.iter().any(|field| line.starts_with(field)))
        .collect();
    let expected: Vec<_> = expected.iter().map(|line| line.replace("0X", "0x")).collect();
    ensure!(found == expected, "{found:#?} instead of {expected:#?}");
    Ok(())
}

/// The address of the program's code.
fn code_address(bytes: &[u8]) -> Result<u64> {
    let file = object::File::parse(bytes)?;
    let code = file
        .sections()
        .find(|section| section.segment_name().is_ok_and(|segment| segment == Some("__W2N_TEXT")));
    Ok(code.context("there is no code")?.address())
}

/// Another implementation finds every page's hash right, and a wrong one wrong.
pub(super) fn signature_is_verified(target: &Target) -> Result<Outcome> {
    let Some(rcodesign) = program_in_path("rcodesign") else {
        return Ok(Outcome::Skipped(
            "`rcodesign` of the crate `apple-codesign` is not here".into(),
        ));
    };
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("program");
    for fixups in FIXUPS {
        let mut bytes = link(target, fixups)?.bytes;
        std::fs::write(&file, &bytes)?;
        // What it misses is a signer's certificate, which an ad-hoc signature has none of.
        let problems = problems(&rcodesign, &file)?;
        ensure!(problems == ["no cryptographic signature present"], "{problems:?}");
        let form = output(&rcodesign, &["print-signature-info"], &file)?;
        for line in ["flags: CodeSignatureFlags(ADHOC | LINKER_SIGNED)", "identifier: wasm2native"]
        {
            ensure!(form.contains(line), "`{line}` is not in:\n{form}");
        }
        let page = bytes.len() / 2;
        bytes[page] ^= 1;
        std::fs::write(&file, &bytes)?;
        let problems = self::problems(&rcodesign, &file)?;
        let mismatch = problems.iter().any(|line| line.starts_with("code digest mismatch"));
        ensure!(mismatch, "a damaged page goes unnoticed: {problems:?}");
    }
    Ok(Outcome::Passed)
}

fn problems(rcodesign: &Path, file: &Path) -> Result<Vec<String>> {
    let output = Command::new(rcodesign).arg("verify").arg(file).output()?;
    let lines = String::from_utf8(output.stdout)?;
    if lines.is_empty() {
        bail!("it says nothing: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(lines.lines().map(str::to_owned).collect())
}
