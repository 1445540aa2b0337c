//! Re-reads a finished executable with a reader of its own and checks what a kernel and the stub will
//! rely on, so that a defect of this linker is an error and not a file.
//!
//! It shares no arithmetic with the writer. Sources: ELF gABI chapter 5, "Program Header"; Linux'
//! loader, which maps each `PT_LOAD` in order.

use super::stub::Segment;
use crate::bytes::range;
use crate::error::Error;
use crate::object::byte_order;
use crate::stub::{Extent, HEADER_BYTES, Links, Stub};
use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader};

/// Checks `file`, linked for pages of `page_bytes`.
pub(super) fn verify(
    file: &[u8],
    page_bytes: u64,
    links: &Links,
    stub: &Stub,
) -> Result<(), Error> {
    let header = FileHeader64::<Endianness>::parse(file).map_err(Error::invalid)?;
    let endian = header.endian().map_err(Error::invalid)?;
    let segments: Vec<_> = header
        .program_headers(endian, file)
        .map_err(Error::invalid)?
        .iter()
        .map(|header| Segment::read(header, endian))
        .collect();
    let loads: Vec<_> =
        segments.iter().copied().filter(|segment| segment.kind == elf::PT_LOAD).collect();
    check_loads(file, &loads, page_bytes)?;

    let entry = Extent { vaddr: header.e_entry(endian), size_bytes: 1 };
    if within(&loads, entry).is_none_or(|segment| segment.flags & elf::PF_X == 0) {
        return Err(Error::invalid("the entry point is not in code"));
    }
    for segment in segments.iter().filter(|segment| segment.kind == elf::PT_PHDR) {
        let is_first = loads.first().is_some_and(|load| {
            load.file_offset <= segment.file_offset
                && segment.vaddr.wrapping_sub(load.vaddr)
                    == segment.file_offset.wrapping_sub(load.file_offset)
        });
        if segment.file_offset != header.e_phoff(endian) || !is_first {
            return Err(Error::invalid("the program headers are not where their entry says"));
        }
    }
    for function in stub.functions.iter().flatten() {
        let code = Extent { vaddr: *function, size_bytes: 1 };
        if within(&loads, code).is_none_or(|segment| segment.flags & elf::PF_X == 0) {
            return Err(Error::stub("a function of its header is not in code"));
        }
    }

    let stub_header = range(file, stub.header_file_offset, HEADER_BYTES);
    let found = stub_header
        .and_then(|bytes| Links::read(bytes, stub.header_vaddr, byte_order(endian)))
        .ok_or_else(|| Error::invalid("the stub's header is gone"))?;
    if found != [Some(links.program), links.policy, links.script] {
        return Err(Error::invalid("the stub's links do not read back"));
    }
    // The object decides where its program header is, so that is its own fault.
    if !is_read_only(&loads, links.program) {
        return Err(Error::MissingProgram);
    }
    if found.into_iter().flatten().any(|extent| !is_read_only(&loads, extent)) {
        return Err(Error::invalid("a link of the stub does not point into read-only data"));
    }

    let sections = header.sections(endian, file).map_err(Error::invalid)?;
    for section in sections.iter() {
        section.data(endian, file).map_err(Error::invalid)?;
    }
    Ok(())
}

/// Ascending, congruent, inside the file, apart from each other by pages, never writable code.
fn check_loads(file: &[u8], loads: &[Segment], page_bytes: u64) -> Result<(), Error> {
    let mut end_page = 0;
    for load in loads {
        if load.flags & (elf::PF_W | elf::PF_X) == elf::PF_W | elf::PF_X {
            return Err(Error::invalid("a segment is both writable and executable"));
        }
        if !load.align_bytes.is_power_of_two()
            || load.vaddr % load.align_bytes != load.file_offset % load.align_bytes
            || load.vaddr % page_bytes != load.file_offset % page_bytes
        {
            return Err(Error::invalid("a segment's address does not agree with its file offset"));
        }
        if load.file_bytes > load.memory_bytes
            || range(file, load.file_offset, load.file_bytes).is_none()
        {
            return Err(Error::invalid("a segment exceeds the file"));
        }
        let end = load.vaddr.checked_add(load.memory_bytes).map(|end| end.div_ceil(page_bytes));
        let Some(end) = end.filter(|_| load.vaddr / page_bytes >= end_page) else {
            return Err(Error::invalid("segments overlap or are not ascending"));
        };
        end_page = end;
    }
    Ok(())
}

/// The segment that `extent` lies in.
fn within(loads: &[Segment], extent: Extent) -> Option<&Segment> {
    loads.iter().find(|load| {
        extent.vaddr.checked_sub(load.vaddr).is_some_and(|offset| {
            offset.checked_add(extent.size_bytes.max(1)).is_some_and(|end| end <= load.memory_bytes)
        })
    })
}

fn is_read_only(loads: &[Segment], extent: Extent) -> bool {
    within(loads, extent).is_some_and(|load| load.flags & (elf::PF_W | elf::PF_X) == 0)
}
