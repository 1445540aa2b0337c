//! Re-reads a finished executable with a reader of its own and checks what Windows and the stub will
//! rely on, so that a defect of this linker is an error and not a file.
//!
//! It shares no arithmetic with the writer. Source: Microsoft's "PE Format", "Section Table", "Optional
//! Header", "Section Data".

use super::headers::checksum;
use super::stub::REQUIRED_CHARACTERISTICS;
use super::unwind::entry_bytes;
use crate::bytes::{ByteOrder, array, range};
use crate::error::Error;
use crate::stub::{Extent, HEADER_BYTES, Links, Stub};
use object::LittleEndian as LE;
use object::pe::{self, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders as _, PeFile64};
use std::mem::offset_of;
use wasm2native_targets::Architecture;

/// A section's extent, in memory and in the file, and its flags.
#[derive(Clone, Copy)]
struct Section {
    rva: u64,
    memory_bytes: u64,
    file_offset: u64,
    file_bytes: u64,
    characteristics: u32,
}

/// Checks `file`; `stub` says where its header is there.
pub(super) fn verify(
    file: &[u8],
    architecture: Architecture,
    links: &Links,
    stub: &Stub,
) -> Result<(), Error> {
    let image = PeFile64::parse(file).map_err(Error::invalid)?;
    let headers = image.nt_headers();
    let sections: Vec<_> = image
        .section_table()
        .iter()
        .map(|section| Section {
            rva: section.virtual_address.get(LE).into(),
            memory_bytes: section.virtual_size.get(LE).into(),
            file_offset: section.pointer_to_raw_data.get(LE).into(),
            file_bytes: section.size_of_raw_data.get(LE).into(),
            characteristics: section.characteristics.get(LE),
        })
        .collect();
    check_sections(file, headers, &sections)?;

    let optional = headers.optional_header();
    if optional.dll_characteristics.get(LE) & REQUIRED_CHARACTERISTICS != REQUIRED_CHARACTERISTICS {
        return Err(Error::invalid("it may not be loaded anywhere"));
    }
    if !is_code(&sections, optional.address_of_entry_point.get(LE).into()) {
        return Err(Error::invalid("the entry point is not in code"));
    }
    if stub.functions.iter().flatten().any(|&function| !is_code(&sections, function)) {
        return Err(Error::stub("a function of its header is not in code"));
    }
    for (index, directory) in image.data_directories().enumerate() {
        let extent = Extent {
            vaddr: directory.virtual_address.get(LE).into(),
            size_bytes: directory.size.get(LE).into(),
        };
        if extent.size_bytes != 0 && within(&sections, extent).is_none() {
            return Err(Error::invalid(format_args!("data directory {index} is in no section")));
        }
    }
    check_unwind_table(file, &image, architecture, &sections)?;
    check_links(file, links, stub, &sections)?;

    let field = u64::from(image.dos_header().nt_headers_offset())
        + offset_of!(ImageNtHeaders64, optional_header.check_sum) as u64;
    if checksum(file, field) != optional.check_sum.get(LE) {
        return Err(Error::invalid("its checksum is wrong"));
    }
    Ok(())
}

/// Adjacent, ascending, aligned, inside the file, apart from each other, never writable code.
fn check_sections(
    file: &[u8],
    headers: &ImageNtHeaders64,
    sections: &[Section],
) -> Result<(), Error> {
    let optional = headers.optional_header();
    let page_bytes = u64::from(optional.section_alignment.get(LE));
    let file_align_bytes = u64::from(optional.file_alignment.get(LE));
    let pages = |bytes: u64| bytes.div_ceil(page_bytes) * page_bytes;
    let mut end_file_offset = u64::from(optional.size_of_headers.get(LE));
    let mut end_rva = pages(end_file_offset);
    for section in sections {
        let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
        if section.characteristics & both == both {
            return Err(Error::invalid("a section is both writable and executable"));
        }
        if section.rva != end_rva || section.memory_bytes == 0 {
            return Err(Error::invalid("sections are not adjacent"));
        }
        end_rva = pages(section.rva + section.memory_bytes);
        if section.file_bytes == 0 {
            continue;
        }
        if section.file_offset < end_file_offset
            || !section.file_offset.is_multiple_of(file_align_bytes)
            || !section.file_bytes.is_multiple_of(file_align_bytes)
            || range(file, section.file_offset, section.file_bytes).is_none()
        {
            return Err(Error::invalid("a section exceeds the file or overlaps another one"));
        }
        end_file_offset = section.file_offset + section.file_bytes;
    }
    if end_rva != u64::from(optional.size_of_image.get(LE)) {
        return Err(Error::invalid("the image's size is not that of its sections"));
    }
    Ok(())
}

/// Ascending, apart, each in code, each with a description in the image.
fn check_unwind_table(
    file: &[u8],
    image: &PeFile64<'_>,
    architecture: Architecture,
    sections: &[Section],
) -> Result<(), Error> {
    let Some(directory) = image.data_directory(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return Ok(());
    };
    if directory.size.get(LE) == 0 {
        return Ok(());
    }
    let table = directory.data(file, &image.section_table()).map_err(Error::invalid)?;
    let entry_bytes = entry_bytes(architecture);
    if !(table.len() as u64).is_multiple_of(entry_bytes) {
        return Err(Error::invalid("the exception directory has a partial entry"));
    }
    let mut end = 0;
    for entry in table.chunks_exact(entry_bytes as usize) {
        let word = |index| array(entry, 4 * index).map_or(0, u32::from_le_bytes);
        let (begin, description) = (word(0), word(entry_bytes / 4 - 1));
        // On AArch64 the end is in the description, or both are packed into the word.
        let is_packed = architecture == Architecture::Aarch64 && description & 3 != 0;
        let is_whole = architecture == Architecture::X86_64;
        let next = if is_whole { word(1) } else { begin.saturating_add(1) };
        let run = Extent { vaddr: begin.into(), size_bytes: u64::from(next.saturating_sub(begin)) };
        let is_described = is_packed
            || within(sections, Extent { vaddr: description.into(), size_bytes: 4 }).is_some();
        if begin < end || next <= begin || !is_code_run(sections, run) || !is_described {
            return Err(Error::invalid("the exception directory is not ascending, or not of code"));
        }
        end = next;
    }
    Ok(())
}

/// The links read back, and to read-only data.
fn check_links(file: &[u8], links: &Links, stub: &Stub, sections: &[Section]) -> Result<(), Error> {
    let found = range(file, stub.header_file_offset, HEADER_BYTES)
        .and_then(|bytes| Links::read(bytes, stub.header_vaddr, ByteOrder::Little))
        .ok_or_else(|| Error::invalid("the stub's header is gone"))?;
    if found != [Some(links.program), links.policy, links.script] {
        return Err(Error::invalid("the stub's links do not read back"));
    }
    // The object decides where its program header is, so that is its own fault.
    if !is_read_only(sections, links.program) {
        return Err(Error::MissingProgram);
    }
    if found.into_iter().flatten().any(|extent| !is_read_only(sections, extent)) {
        return Err(Error::invalid("a link of the stub does not point into read-only data"));
    }
    Ok(())
}

/// The section that `extent` lies in.
fn within(sections: &[Section], extent: Extent) -> Option<&Section> {
    sections.iter().find(|section| {
        extent.vaddr.checked_sub(section.rva).is_some_and(|offset| {
            offset
                .checked_add(extent.size_bytes.max(1))
                .is_some_and(|end| end <= section.memory_bytes)
        })
    })
}

fn is_code(sections: &[Section], rva: u64) -> bool {
    is_code_run(sections, Extent { vaddr: rva, size_bytes: 1 })
}

fn is_code_run(sections: &[Section], extent: Extent) -> bool {
    within(sections, extent)
        .is_some_and(|section| section.characteristics & pe::IMAGE_SCN_MEM_EXECUTE != 0)
}

fn is_read_only(sections: &[Section], extent: Extent) -> bool {
    let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
    within(sections, extent).is_some_and(|section| section.characteristics & both == 0)
}
