//! Re-reads a finished executable with a reader of its own and checks what the kernel, the dynamic
//! linker and the stub will rely on, so that a defect of this linker is an error and not a file.
//!
//! It shares no arithmetic with the writer; only the header's functions are read back by the code that
//! read them from the stub. Sources: what Apple's published `mach_loader.c` (kernel) and
//! `UnsafeHeader.cpp`, `Image.cpp`, `ChainedFixups.cpp` (dynamic linker) refuse.

use super::stub::{LINKEDIT, MachoStub, TEXT, is_zero};
use super::verify_signature;
use crate::Job;
use crate::bytes::{ByteOrder, range};
use crate::error::Error;
use crate::stub::{Extent, HEADER_BYTES, Links, Stub};
use object::LittleEndian;
use object::macho::{self, MachHeader64, Section64, SegmentCommand64};
use object::read::macho::{LoadCommandVariant, MachHeader, Nlist, Section, Segment};

type File = MachHeader64<LittleEndian>;

/// A finished executable's load commands, sorted.
#[derive(Default)]
struct Image<'a> {
    segments: Vec<&'a SegmentCommand64<LittleEndian>>,
    sections: Vec<&'a Section64<LittleEndian>>,
    symbols: Option<&'a macho::SymtabCommand<LittleEndian>>,
    symbol_ranges: Option<&'a macho::DysymtabCommand<LittleEndian>>,
    entry: Option<u64>,
    /// File offset, size and alignment of every table in `__LINKEDIT`.
    tables: Vec<(u64, u64, u64)>,
    signature: Option<(u64, u64)>,
    commands_end: u64,
}

/// Checks `file`, linked for `job`.
pub(super) fn verify(file: &[u8], job: &Job<'_>, links: &Links, stub: &Stub) -> Result<(), Error> {
    let image = read(file)?;
    check_segments(file, &image.segments, job.page_bytes)?;
    check_sections(&image)?;
    check_tables(file, &image)?;
    check_symbols(file, &image)?;

    let text = image.segments.iter().find(|segment| segment.name() == TEXT);
    let text = text.ok_or_else(|| Error::invalid("there is no `__TEXT`"))?;
    let entry = image.entry.and_then(|entry| text.vmaddr(LittleEndian).checked_add(entry));
    let entry = entry.map(|vaddr| Extent { vaddr, size_bytes: 1 });
    if !entry.is_some_and(|entry| has_protection(&image, entry, READ_EXECUTE)) {
        return Err(Error::invalid("the entry point is not in code"));
    }

    // The stub's own fixups still say the same, in an image with more segments.
    let again = MachoStub::parse(file, job.architecture, job.page_bytes)
        .map_err(|error| Error::invalid(format_args!("as a stub, {error}")))?;
    if again.stub != *stub {
        return Err(Error::invalid("the stub's header is gone"));
    }
    let stub_header = range(file, stub.header_file_offset, HEADER_BYTES);
    let found = stub_header
        .and_then(|bytes| Links::read(bytes, stub.header_vaddr, ByteOrder::Little))
        .ok_or_else(|| Error::invalid("the stub's header is gone"))?;
    if found != [Some(links.program), links.policy, links.script] {
        return Err(Error::invalid("the stub's links do not read back"));
    }
    // The object decides where its program header is, so that is its own fault.
    if !has_protection(&image, links.program, macho::VM_PROT_READ) {
        return Err(Error::MissingProgram);
    }
    let mut found = found.into_iter().flatten();
    if !found.all(|extent| has_protection(&image, extent, macho::VM_PROT_READ)) {
        return Err(Error::invalid("a link of the stub does not point into read-only data"));
    }

    let (offset, size) = image.signature.ok_or_else(|| Error::invalid("it is not signed"))?;
    verify_signature::verify(file, offset, size, text.filesize(LittleEndian))
}

const READ_EXECUTE: u32 = macho::VM_PROT_READ | macho::VM_PROT_EXECUTE;

fn read(file: &[u8]) -> Result<Image<'_>, Error> {
    let header = File::parse(file, 0).map_err(Error::invalid)?;
    let commands_bytes = header.sizeofcmds(LittleEndian);
    let mut image = Image {
        commands_end: size_of::<File>() as u64 + u64::from(commands_bytes),
        ..Image::default()
    };
    let mut read_bytes = 0;
    for command in header.load_commands(LittleEndian, file, 0).map_err(Error::invalid)? {
        let command = command.map_err(Error::invalid)?;
        read_bytes += command.cmdsize();
        let mut table = |offset: u32, count: u32, entry_bytes: u64, align_bytes| {
            if count != 0 {
                image.tables.push((offset.into(), u64::from(count) * entry_bytes, align_bytes));
            }
        };
        match command.variant().map_err(Error::invalid)? {
            LoadCommandVariant::Segment64(segment, contents) => {
                image.segments.push(segment);
                let sections = segment.sections(LittleEndian, contents).map_err(Error::invalid)?;
                image.sections.extend(sections);
            }
            LoadCommandVariant::Symtab(symbols) => {
                let (offset, count) = (&symbols.symoff, &symbols.nsyms);
                table(offset.get(LittleEndian), count.get(LittleEndian), 16, 8);
                let (offset, count) = (&symbols.stroff, &symbols.strsize);
                table(offset.get(LittleEndian), count.get(LittleEndian), 1, 1);
                image.symbols = Some(symbols);
            }
            LoadCommandVariant::Dysymtab(ranges) => {
                let (offset, count) = (&ranges.indirectsymoff, &ranges.nindirectsyms);
                table(offset.get(LittleEndian), count.get(LittleEndian), 4, 4);
                image.symbol_ranges = Some(ranges);
            }
            LoadCommandVariant::DyldInfo(info) => {
                for (offset, count) in [
                    (&info.rebase_off, &info.rebase_size),
                    (&info.bind_off, &info.bind_size),
                    (&info.weak_bind_off, &info.weak_bind_size),
                    (&info.lazy_bind_off, &info.lazy_bind_size),
                    (&info.export_off, &info.export_size),
                ] {
                    table(offset.get(LittleEndian), count.get(LittleEndian), 1, 8);
                }
            }
            LoadCommandVariant::LinkeditData(data) => {
                let (offset, count) =
                    (data.dataoff.get(LittleEndian), data.datasize.get(LittleEndian));
                table(offset, count, 1, 8);
                if command.cmd() == macho::LC_CODE_SIGNATURE {
                    image.signature = Some((offset.into(), count.into()));
                }
            }
            LoadCommandVariant::EntryPoint(entry) => {
                image.entry = Some(entry.entryoff.get(LittleEndian));
            }
            _ => {}
        }
    }
    if read_bytes != commands_bytes {
        return Err(Error::invalid("the load commands are not as long as the header says"));
    }
    Ok(image)
}

/// Ascending in file and memory, apart from each other by pages, inside the file, never writable code;
/// `__LINKEDIT` takes in the rest.
fn check_segments(
    file: &[u8],
    segments: &[&SegmentCommand64<LittleEndian>],
    page_bytes: u64,
) -> Result<(), Error> {
    let (mut memory_end, mut file_end) = (0, 0);
    let mut names = Vec::with_capacity(segments.len());
    for segment in segments {
        let (vaddr, memory_bytes) = (segment.vmaddr(LittleEndian), segment.vmsize(LittleEndian));
        let (file_offset, file_bytes) = segment.file_range(LittleEndian);
        let (first, ever) = (segment.initprot(LittleEndian), segment.maxprot(LittleEndian));
        let write_execute = macho::VM_PROT_WRITE | macho::VM_PROT_EXECUTE;
        if ever & write_execute == write_execute || first & !ever != 0 {
            return Err(Error::invalid("a segment is both writable and executable"));
        }
        let is_last = segment.name() == LINKEDIT;
        let sizes = if is_last { [memory_bytes, 0] } else { [memory_bytes, file_bytes] };
        if [vaddr, file_offset].iter().chain(&sizes).any(|it| !it.is_multiple_of(page_bytes)) {
            return Err(Error::invalid("a segment is not one of whole pages"));
        }
        if file_bytes > memory_bytes || range(file, file_offset, file_bytes).is_none() {
            return Err(Error::invalid("a segment exceeds the file"));
        }
        if vaddr < memory_end || (file_bytes != 0 && file_offset < file_end) {
            return Err(Error::invalid("segments overlap or are not ascending"));
        }
        let end = vaddr.checked_add(memory_bytes);
        memory_end = end.ok_or_else(|| Error::invalid("a segment exceeds the address space"))?;
        file_end = file_end.max(file_offset + file_bytes);
        names.push(segment.segname());
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::invalid("two segments have the same name"));
    }
    if segments.last().is_none_or(|last| last.name() != LINKEDIT) || file_end != file.len() as u64 {
        return Err(Error::invalid("`__LINKEDIT` is not the end of the file"));
    }
    Ok(())
}

/// In their segments, in memory and in the file, and behind the load commands.
fn check_sections(image: &Image<'_>) -> Result<(), Error> {
    for section in &image.sections {
        let (vaddr, size_bytes) = (section.addr(LittleEndian), section.size(LittleEndian));
        let segment = image.segments.iter().find(|it| it.segname() == section.segname());
        let within = segment.and_then(|it| vaddr.checked_sub(it.vmaddr(LittleEndian)));
        let (Some(segment), Some(within)) = (segment, within) else {
            return Err(Error::invalid("a section is before its segment"));
        };
        let (file_offset, file_bytes) = segment.file_range(LittleEndian);
        let limit = if is_zero(section) { segment.vmsize(LittleEndian) } else { file_bytes };
        if within.checked_add(size_bytes).is_none_or(|end| end > limit) {
            return Err(Error::invalid("a section exceeds its segment"));
        }
        let offset = u64::from(section.offset(LittleEndian));
        if !is_zero(section) && (offset != file_offset + within || offset < image.commands_end) {
            return Err(Error::invalid("a section's address does not agree with its file offset"));
        }
        let align = 1_u64.checked_shl(section.align(LittleEndian)).unwrap_or(0);
        if align == 0 || !vaddr.is_multiple_of(align) {
            return Err(Error::invalid("a section is not aligned"));
        }
    }
    Ok(())
}

/// In `__LINKEDIT`, aligned, apart from each other.
fn check_tables(file: &[u8], image: &Image<'_>) -> Result<(), Error> {
    let mut tables = image.tables.clone();
    tables.sort_unstable();
    let mut end = image.segments.last().map_or(0, |last| last.file_range(LittleEndian).0);
    for (offset, size_bytes, align_bytes) in tables {
        if offset < end || !offset.is_multiple_of(align_bytes) {
            return Err(Error::invalid("tables in `__LINKEDIT` overlap or are not aligned"));
        }
        end = offset + size_bytes;
    }
    if end != file.len() as u64 {
        return Err(Error::invalid("the signature is not the end of `__LINKEDIT`"));
    }
    Ok(())
}

/// Local ones first, undefined ones last; each defined one in the section that it names.
fn check_symbols(file: &[u8], image: &Image<'_>) -> Result<(), Error> {
    let (Some(symbols), Some(ranges)) = (image.symbols, image.symbol_ranges) else {
        return Err(Error::invalid("there is no symbol table"));
    };
    let table = symbols.symbols::<File, _>(LittleEndian, file).map_err(Error::invalid)?;
    let [local, external, undefined] = [
        (&ranges.ilocalsym, &ranges.nlocalsym),
        (&ranges.iextdefsym, &ranges.nextdefsym),
        (&ranges.iundefsym, &ranges.nundefsym),
    ]
    .map(|(first, count)| (first.get(LittleEndian), count.get(LittleEndian)));
    let follow = local.0 == 0
        && external.0 == local.1
        && u64::from(undefined.0) == u64::from(external.0) + u64::from(external.1)
        && table.len() as u64 == u64::from(undefined.0) + u64::from(undefined.1);
    if !follow {
        return Err(Error::invalid("the kinds of symbols do not follow each other"));
    }
    for (index, symbol) in table.iter().enumerate() {
        symbol.name(LittleEndian, table.strings()).map_err(Error::invalid)?;
        if symbol.is_stab() {
            continue;
        }
        let is_external = symbol.n_type() & macho::N_EXT != 0;
        if is_external != (index >= external.0 as usize)
            || symbol.is_undefined() != (index >= undefined.0 as usize)
        {
            return Err(Error::invalid("a symbol is not among those of its kind"));
        }
        if symbol.n_type() & macho::N_TYPE != macho::N_SECT {
            continue;
        }
        let section = usize::from(symbol.n_sect()).checked_sub(1);
        let section = section.and_then(|index| image.sections.get(index));
        let within = section.and_then(|section| {
            let within = symbol.n_value(LittleEndian).checked_sub(section.addr(LittleEndian))?;
            Some(within <= section.size(LittleEndian))
        });
        // The linker itself defines symbols at the start of the image, in no section's range.
        if within != Some(true) && index < local.1 as usize {
            return Err(Error::invalid("a symbol is not in its section"));
        }
    }
    Ok(())
}

/// Whether `extent` lies in a segment with just this protection.
fn has_protection(image: &Image<'_>, extent: Extent, protection: u32) -> bool {
    image.segments.iter().any(|segment| {
        segment.initprot(LittleEndian) == protection
            && extent.vaddr.checked_sub(segment.vmaddr(LittleEndian)).is_some_and(|offset| {
                offset
                    .checked_add(extent.size_bytes.max(1))
                    .is_some_and(|end| end <= segment.vmsize(LittleEndian))
            })
    })
}
