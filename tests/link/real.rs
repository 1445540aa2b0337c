//! Executables with the stubs that users get: each is linked, and every structure that its system's
//! loader reads is read by the crate `object` and by LLVM's tools, which must agree, and keeps the rules
//! of that loader.

use crate::input;
use crate::llvm::{llvm, output};
use crate::macho::compare_segments;
use crate::program::Program;
use anyhow::{Context, Result, ensure};
use object::pe::ImageSectionHeader;
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::read::pe::PeFile64;
use object::{LittleEndian, Object as _, elf, pe};
use std::path::Path;
use wasm2native_targets::{Format, System, Target};
use wasm2native_tests::case::{Case, Outcome};

/// A case for each target.
pub(crate) fn cases() -> Vec<Case> {
    let case = |target: &'static Target| {
        Case::new(format!("real-stub/{}", target.name), move || agrees(target))
    };
    wasm2native_targets::all().iter().map(case).collect()
}

fn agrees(target: &Target) -> Result<Outcome> {
    let object = Program::complete(target.architecture).write();
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("program");
    let Some(readobj) = llvm("llvm-readobj") else {
        link(target, &object, target.stub()?)?;
        return Ok(Outcome::Skipped("LLVM's `llvm-readobj` is not here".to_owned()));
    };
    for stub in [target.stub()?, target.wast_stub()?] {
        let bytes = link(target, &object, stub)?;
        std::fs::write(&file, &bytes)?;
        match target.system.format() {
            Format::Elf => elf_agrees(target, &bytes, &readobj, &file)?,
            Format::Pe => pe_agrees(&bytes, &readobj, &file)?,
            Format::MachO => {
                compare_segments(&output(&readobj, &["--macho-segment"], &file)?, &bytes)?;
            }
        }
    }
    Ok(Outcome::Passed)
}

fn link(target: &Target, object: &[u8], stub: Vec<u8>) -> Result<Vec<u8>> {
    let linked = wasm2native_link::link(&input(target, &stub, object));
    Ok(linked.with_context(|| format!("with the stub of {}", target.name))?.bytes)
}

/// Every field of every program header; then the rules of the system.
fn elf_agrees(target: &Target, bytes: &[u8], readobj: &Path, file: &Path) -> Result<()> {
    let header = elf::FileHeader64::<object::Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let programs = header.program_headers(endian, bytes)?;
    let mut expected = Vec::new();
    for program in programs {
        expected.push(format!("Offset: {:#X}", program.p_offset(endian)));
        expected.push(format!("VirtualAddress: {:#X}", program.p_vaddr(endian)));
        expected.push(format!("FileSize: {}", program.p_filesz(endian)));
        expected.push(format!("MemSize: {}", program.p_memsz(endian)));
        expected.push(format!("Alignment: {}", program.p_align(endian)));
    }
    let text = output(readobj, &["--program-headers", "--dynamic-table", "--notes"], file)?;
    let fields = ["Offset: 0x", "VirtualAddress:", "FileSize:", "MemSize:", "Alignment:"];
    // Notes, which follow, have offsets of their own.
    let headers = text.split("DynamicSection").next().unwrap_or_default();
    let headers = headers.split("NoteSection").next().unwrap_or_default();
    same_lines(headers, &fields, &expected)?;

    let interpreter = programs.iter().find(|program| program.p_type(endian) == elf::PT_INTERP);
    let interpreter = interpreter.and_then(|program| program.data(endian, bytes).ok());
    let needed: Vec<_> = text.lines().filter(|line| line.contains("NEEDED")).collect();
    if target.system == System::Freebsd {
        ensure!(interpreter == Some(b"/libexec/ld-elf.so.1\0"), "interpreter {interpreter:?}");
        ensure!(needed.len() == 1 && needed[0].contains("[libc.so.7]"), "{needed:?}");
        ensure!(header.e_ident.os_abi == elf::ELFOSABI_FREEBSD, "the ABI is another system's");
        // `imgact_elf.c`: the headers lie in the first page, which alone is read for them.
        let end = header.e_phoff(endian) + 56 * programs.len() as u64;
        ensure!(end <= 4096, "program headers end at {end:#x}");
        ensure!(text.contains("NT_FREEBSD_ABI_TAG"), "the note with the system's version is lost");
    } else {
        ensure!(interpreter.is_none() && needed.is_empty(), "it needs {interpreter:?} {needed:?}");
    }
    Ok(())
}

/// Every field of every section, the imports and the headers that the loader goes by.
fn pe_agrees(bytes: &[u8], readobj: &Path, file: &Path) -> Result<()> {
    let parsed = PeFile64::parse(bytes)?;
    let mut expected = Vec::new();
    for section in parsed.section_table().iter() {
        expected.extend(pe_section(section));
    }
    let options = ["--file-headers", "--sections", "--coff-imports", "--coff-basereloc"];
    let text = output(readobj, &options, file)?;
    let sections = text.split("Sections [").nth(1).context("no sections")?;
    let sections = sections.split("\n]").next().unwrap_or_default();
    let fields = ["VirtualSize:", "VirtualAddress:", "RawDataSize:", "PointerToRawData:"];
    same_lines(sections, &fields, &expected)?;

    let optional = &parsed.nt_headers().optional_header;
    for line in [
        format!("SizeOfImage: {}", optional.size_of_image.get(LittleEndian)),
        format!("SizeOfHeaders: {}", optional.size_of_headers.get(LittleEndian)),
        format!("SectionCount: {}", parsed.section_table().len()),
    ] {
        ensure!(text.contains(&line), "`{line}` is not in:\n{text}");
    }
    let characteristics = optional.dll_characteristics.get(LittleEndian);
    for flag in [
        pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
        pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
        pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
    ] {
        ensure!(characteristics & flag == flag, "flags {characteristics:#x} lack {flag:#x}");
    }
    let mut libraries: Vec<_> =
        parsed.imports()?.iter().map(|import| import.library().to_owned()).collect();
    libraries.dedup();
    for library in &libraries {
        let name = String::from_utf8_lossy(library);
        ensure!(text.contains(&format!("Name: {name}\n")), "LLVM does not see {name}");
    }
    Ok(())
}

fn pe_section(section: &ImageSectionHeader) -> [String; 4] {
    let get = |value: object::U32<LittleEndian>| value.get(LittleEndian);
    [
        format!("VirtualSize: {:#X}", get(section.virtual_size)),
        format!("VirtualAddress: {:#X}", get(section.virtual_address)),
        format!("RawDataSize: {}", get(section.size_of_raw_data)),
        format!("PointerToRawData: {:#X}", get(section.pointer_to_raw_data)),
    ]
}

/// The lines of `text` that begin with one of `fields` are the expected ones.
fn same_lines(text: &str, fields: &[&str], expected: &[String]) -> Result<()> {
    let found: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| fields.iter().any(|field| line.starts_with(field)))
        .collect();
    let expected: Vec<_> = expected.iter().map(|line| line.replace("0X", "0x")).collect();
    ensure!(found == expected, "{found:#?} instead of {expected:#?}");
    Ok(())
}
