//! A linked Mach-O executable as text: segments, sections, symbols, the tables that load commands
//! refer to, and the bytes of the program's small sections.

use anyhow::Result;
use object::macho::{self, MachHeader64};
use object::read::macho::{
    LoadCommandVariant, MachHeader as _, MachOFile64, Section, Segment as _,
};
use object::{LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _};
use std::fmt::Write as _;

/// The text for `file`.
pub(crate) fn map(file: &[u8]) -> Result<String> {
    let header = MachHeader64::<LittleEndian>::parse(file, 0)?;
    let macho: MachOFile64<'_, LittleEndian> = MachOFile64::parse(file)?;
    let mut text = format!(
        "cpu {:#x}, flags {:#x}, entry {:#x}, {} bytes\n",
        header.cputype(LittleEndian),
        header.flags(LittleEndian),
        macho.entry(),
        file.len()
    );
    writeln!(
        text,
        "{} load commands, {:#x} bytes",
        header.ncmds(LittleEndian),
        header.sizeofcmds(LittleEndian)
    )?;
    for command in header.load_commands(LittleEndian, file, 0)? {
        let command = command?;
        match command.variant()? {
            LoadCommandVariant::Segment64(segment, contents) => {
                describe_segment(&mut text, segment, contents)?;
            }
            LoadCommandVariant::Symtab(it) => {
                table(&mut text, "symbols", it.symoff, it.nsyms)?;
                table(&mut text, "strings", it.stroff, it.strsize)?;
            }
            LoadCommandVariant::Dysymtab(it) => {
                let [local, external, undefined] = [
                    (it.ilocalsym, it.nlocalsym),
                    (it.iextdefsym, it.nextdefsym),
                    (it.iundefsym, it.nundefsym),
                ]
                .map(|(first, count)| (first.get(LittleEndian), count.get(LittleEndian)));
                writeln!(
                    text,
                    "kinds of symbols: local {local:?}, external {external:?}, undefined \
                     {undefined:?}"
                )?;
                table(&mut text, "indirect symbols", it.indirectsymoff, it.nindirectsyms)?;
            }
            LoadCommandVariant::DyldInfo(it) => {
                table(&mut text, "rebases", it.rebase_off, it.rebase_size)?;
                table(&mut text, "exports", it.export_off, it.export_size)?;
            }
            LoadCommandVariant::LinkeditData(it) => {
                let name = match command.cmd() {
                    macho::LC_DYLD_CHAINED_FIXUPS => "chained fixups",
                    macho::LC_DYLD_EXPORTS_TRIE => "exports",
                    macho::LC_FUNCTION_STARTS => "function starts",
                    macho::LC_DATA_IN_CODE => "data in code",
                    macho::LC_CODE_SIGNATURE => "signature",
                    _ => "unknown",
                };
                table(&mut text, name, it.dataoff, it.datasize)?;
            }
            _ => writeln!(text, "command {:#x}", command.cmd())?,
        }
    }
    text.push_str("\nsymbols\n");
    for symbol in macho.symbols() {
        writeln!(text, "  {} {:#x}", symbol.name()?, symbol.address())?;
    }
    text.push_str("\ncontents\n");
    for section in macho.sections().filter(|section| section.size() <= 0x400) {
        let (segment, name) = (section.segment_name()?.unwrap_or_default(), section.name()?);
        let is_header = name == wasm2native_abi::stub::SECTION_MACHO;
        if is_header || segment.starts_with("__W2N_") {
            writeln!(text, "  {segment},{name}")?;
            // Behind the links come the functions, which the linker leaves alone.
            let bytes = section.data()?;
            let bytes = if is_header { &bytes[..64.min(bytes.len())] } else { bytes };
            lines(&mut text, bytes)?;
        }
    }
    text.push_str("  tables of numbers\n");
    for command in header.load_commands(LittleEndian, file, 0)? {
        let command = command?;
        let place = match command.variant()? {
            LoadCommandVariant::Dysymtab(it) => Some((it.indirectsymoff, it.nindirectsyms, 4)),
            LoadCommandVariant::LinkeditData(it)
                if command.cmd() == macho::LC_DYLD_CHAINED_FIXUPS =>
            {
                Some((it.dataoff, it.datasize, 1))
            }
            _ => None,
        };
        let Some((offset, count, size)) = place else { continue };
        let (offset, count) = (offset.get(LittleEndian), count.get(LittleEndian));
        let (start, end) = (offset as usize, (offset + count * size) as usize);
        lines(&mut text, file.get(start..end).unwrap_or_default())?;
    }
    Ok(text)
}

fn lines(text: &mut String, bytes: &[u8]) -> Result<()> {
    for line in bytes.chunks(16) {
        let line: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "    {}", line.join(" "))?;
    }
    Ok(())
}

type Number = object::U32<LittleEndian>;

fn table(text: &mut String, name: &str, offset: Number, count: Number) -> Result<()> {
    let (offset, count) = (offset.get(LittleEndian), count.get(LittleEndian));
    Ok(writeln!(text, "{name}: {count:#x} at {offset:#x}")?)
}

fn describe_segment(
    text: &mut String,
    segment: &macho::SegmentCommand64<LittleEndian>,
    contents: &[u8],
) -> Result<()> {
    let access = |protection: u32| -> String {
        [(1, 'r'), (2, 'w'), (4, 'x')]
            .map(|(bit, letter)| if protection & bit != 0 { letter } else { '-' })
            .into_iter()
            .collect()
    };
    writeln!(
        text,
        "segment {:12} {} of {} vaddr {:#x} memory {:#x} offset {:#x} file {:#x}",
        String::from_utf8_lossy(segment.name()),
        access(segment.initprot(LittleEndian)),
        access(segment.maxprot(LittleEndian)),
        segment.vmaddr(LittleEndian),
        segment.vmsize(LittleEndian),
        segment.fileoff(LittleEndian),
        segment.filesize(LittleEndian),
    )?;
    for section in segment.sections(LittleEndian, contents)? {
        writeln!(
            text,
            "  {:12} vaddr {:#x} size {:#x} offset {:#x} align {} flags {:#x}",
            String::from_utf8_lossy(section.name()),
            section.addr(LittleEndian),
            section.size(LittleEndian),
            section.offset(LittleEndian),
            1_u64 << section.align(LittleEndian),
            section.flags(LittleEndian),
        )?;
    }
    Ok(())
}
