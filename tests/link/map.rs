//! A linked executable as text: segments, sections, symbols, and the bytes of the program's small
//! sections, for comparison with what was accepted once.

use anyhow::Result;
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags};
use std::fmt::Write as _;

/// The text for `file`.
pub(crate) fn map(file: &[u8]) -> Result<String> {
    let elf: ElfFile64<'_, Endianness> = ElfFile64::parse(file)?;
    let endian = elf.endian();
    let header = elf.elf_header();
    let mut text = format!(
        "machine {}, entry {:#x}, {} bytes\n\nsegments\n",
        header.e_machine(endian),
        header.e_entry(endian),
        file.len()
    );
    for segment in elf.elf_program_headers() {
        let kind = match segment.p_type(endian) {
            1 => "load".to_owned(),
            4 => "note".to_owned(),
            6 => "headers".to_owned(),
            0x6474_e551 => "stack".to_owned(),
            other => format!("{other:#x}"),
        };
        let flags = segment.p_flags(endian);
        let access: String = [(4, 'r'), (2, 'w'), (1, 'x')]
            .map(|(bit, letter)| if flags & bit != 0 { letter } else { '-' })
            .into_iter()
            .collect();
        writeln!(
            text,
            "  {kind:8} {access} vaddr {:#x} offset {:#x} file {:#x} memory {:#x} align {:#x}",
            segment.p_vaddr(endian),
            segment.p_offset(endian),
            segment.p_filesz(endian),
            segment.p_memsz(endian),
            segment.p_align(endian),
        )?;
    }
    text.push_str("\nsections\n");
    for section in elf.sections() {
        let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
        let header = section.elf_section_header();
        writeln!(
            text,
            "  {:20} type {} flags {sh_flags:#x} vaddr {:#x} offset {:#x} size {:#x} align {:#x}",
            section.name()?,
            header.sh_type(endian),
            section.address(),
            header.sh_offset(endian),
            section.size(),
            section.align(),
        )?;
    }
    text.push_str("\nsymbols\n");
    for symbol in elf.symbols() {
        let (name, address, size) = (symbol.name()?, symbol.address(), symbol.size());
        writeln!(text, "  {name} {address:#x}..{:#x}", address + size)?;
    }
    text.push_str("\ncontents\n");
    for section in elf.sections().filter(|section| section.size() <= 0x400) {
        let name = section.name()?;
        // What runs is the program's; the id is a hash of all the rest.
        let is_header = name == wasm2native_abi::stub::SECTION;
        if is_header || name.starts_with(".w2n.") {
            writeln!(text, "  {name}")?;
            // Behind the links come the functions, which the linker leaves alone.
            let bytes = section.data()?;
            let bytes = if is_header { &bytes[..64.min(bytes.len())] } else { bytes };
            for line in bytes.chunks(16) {
                let line: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
                writeln!(text, "    {}", line.join(" "))?;
            }
        }
    }
    Ok(text)
}
