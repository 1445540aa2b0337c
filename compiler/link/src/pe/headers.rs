//! The executable's headers: the stub's, with a header for each of the program's sections.
//!
//! The section table grows behind the stub's own. Where the headers then no longer fit their place in
//! the file, all that follows in the file moves behind them; nothing moves in memory. Source:
//! Microsoft's "PE Format", "Optional Header", "Section Table", "Debug Directory".

use super::layout::{Kind, Layout, UNWIND_SECTION};
use super::stub::{MAXIMUM_SECTIONS, PeStub, SECTION_HEADER_BYTES};
use crate::bytes::{align_up, array, array_mut};
use crate::error::Error;
use crate::stub::{Extent, Stub};
use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_EXCEPTION, ImageDebugDirectory, ImageNtHeaders64, ImageSectionHeader,
};
use object::{U16, U32, pod};
use sha2::{Digest, Sha256};
use std::mem::offset_of;

/// How much space the headers take.
#[derive(Clone, Copy)]
pub(super) struct HeaderSpace {
    /// Their size in the file.
    pub(super) size_bytes: u64,
    /// How far the stub's contents move in the file.
    pub(super) shift_bytes: u64,
}

impl HeaderSpace {
    /// Makes room for the headers of `count` further sections.
    pub(super) fn plan(stub: &PeStub<'_>, count: usize) -> Result<Self, Error> {
        let needed = stub.sections.len() + count;
        let no_room = |room| Error::NoRoomForHeaders { needed, room };
        if needed > MAXIMUM_SECTIONS {
            return Err(no_room(MAXIMUM_SECTIONS));
        }
        let table_end = stub.sections_file_offset + needed as u64 * SECTION_HEADER_BYTES;
        let before = stub.header_bytes.len() as u64;
        let size_bytes = align_up(table_end, stub.file_align_bytes).map(|end| end.max(before));
        match size_bytes {
            Some(size_bytes) if size_bytes <= stub.first_rva => {
                Ok(Self { size_bytes, shift_bytes: size_bytes - before })
            }
            _ => {
                let room = (stub.first_rva - stub.sections_file_offset) / SECTION_HEADER_BYTES;
                Err(no_room((room as usize).min(MAXIMUM_SECTIONS)))
            }
        }
    }

    /// The stub's header, where it is in the output.
    pub(super) fn moved(&self, stub: &Stub) -> Stub {
        Stub { header_file_offset: stub.header_file_offset + self.shift_bytes, ..stub.clone() }
    }
}

/// The name of the stub's section of that name, where another table takes its place.
const FORMER_UNWIND_SECTION: [u8; 8] = *b".w2nold\0";

/// What is not known from stub and layout alone.
pub(super) struct Details {
    /// The exception directory's table, where it is not the stub's own.
    pub(super) unwind_table: Option<Extent>,
    /// File offset of the symbol table and number of its symbols, if there are any.
    pub(super) symbols: Option<(u64, u32)>,
}

/// Writes the headers over those of the stub in `file`, but for what depends on the file's contents.
pub(super) fn write(
    stub: &PeStub<'_>,
    space: HeaderSpace,
    layout: &Layout,
    details: Details,
    file: &mut [u8],
) -> Result<(), Error> {
    let mut sections = stub.sections.clone();
    for section in sections.iter_mut().filter(|section| section.size_of_raw_data.get(LE) != 0) {
        let before = u64::from(section.pointer_to_raw_data.get(LE));
        section.pointer_to_raw_data = number(before + space.shift_bytes);
    }
    if details.unwind_table.is_some() {
        for section in &mut sections {
            if section.raw_name() == UNWIND_SECTION.as_bytes() {
                section.name = FORMER_UNWIND_SECTION;
            }
        }
    }
    sections.extend(layout.sections.iter().map(|section| ImageSectionHeader {
        name: short_name(section.kind),
        virtual_size: number(section.memory_bytes),
        virtual_address: number(section.rva),
        size_of_raw_data: number(section.file_bytes),
        pointer_to_raw_data: number(section.file_offset),
        pointer_to_relocations: number(0),
        pointer_to_linenumbers: number(0),
        number_of_relocations: U16::new(LE, 0),
        number_of_linenumbers: U16::new(LE, 0),
        characteristics: U32::new(LE, section.kind.characteristics()),
    }));
    let mut directories = stub.directories.clone();
    if let Some(table) = details.unwind_table {
        let directory = &mut directories[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
        directory.virtual_address = number(table.vaddr);
        directory.size = number(table.size_bytes);
    }

    let mut headers = stub.headers;
    headers.file_header.number_of_sections.set(LE, sections.len() as u16);
    headers.file_header.time_date_stamp.set(LE, 0);
    let (symbols_offset, symbols) = details.symbols.unwrap_or((0, 0));
    headers.file_header.pointer_to_symbol_table = number(symbols_offset);
    headers.file_header.number_of_symbols.set(LE, symbols);
    let optional = &mut headers.optional_header;
    let total = |flag| {
        let with = sections.iter().filter(|section| section.characteristics.get(LE) & flag != 0);
        number(with.map(|section| u64::from(section.size_of_raw_data.get(LE))).sum())
    };
    optional.size_of_code = total(object::pe::IMAGE_SCN_CNT_CODE);
    optional.size_of_initialized_data = total(object::pe::IMAGE_SCN_CNT_INITIALIZED_DATA);
    let end = align_up(layout.end_rva, stub.section_align_bytes);
    optional.size_of_image = number(end.ok_or(Error::TooLarge { what: "the program's image" })?);
    optional.size_of_headers = number(space.size_bytes);
    optional.check_sum.set(LE, 0);

    let start = stub.headers_file_offset as usize;
    let mut bytes = pod::bytes_of(&headers).to_vec();
    bytes.extend_from_slice(pod::bytes_of_slice(&directories));
    file[start..start + bytes.len()].copy_from_slice(&bytes);
    let start = stub.sections_file_offset as usize;
    file[start..space.size_bytes as usize].fill(0);
    let bytes = pod::bytes_of_slice(&sections);
    file[start..start + bytes.len()].copy_from_slice(bytes);
    move_debug_directory(stub, space, file)
}

/// Debug information is the one thing that refers to contents of sections by file offset.
fn move_debug_directory(
    stub: &PeStub<'_>,
    space: HeaderSpace,
    file: &mut [u8],
) -> Result<(), Error> {
    let Some((file_offset, size_bytes)) = stub.debug_directory else { return Ok(()) };
    let entry_bytes = size_of::<ImageDebugDirectory>() as u64;
    let field = offset_of!(ImageDebugDirectory, pointer_to_raw_data) as u64;
    for entry in 0..size_bytes / entry_bytes {
        let place = file_offset + space.shift_bytes + entry * entry_bytes + field;
        let outside = || Error::stub("its debug directory is cut short");
        let pointer = array_mut(file, place).ok_or_else(outside)?;
        let before = u32::from_le_bytes(*pointer);
        if before != 0 {
            *pointer = before.wrapping_add(space.shift_bytes as u32).to_le_bytes();
        }
    }
    Ok(())
}

/// Sections and files are limited to what 32 bits count.
fn number(value: u64) -> U32<LE> {
    U32::new(LE, value as u32)
}

fn short_name(kind: Kind) -> [u8; 8] {
    let mut name = [0; 8];
    name[..kind.name().len()].copy_from_slice(kind.name().as_bytes());
    name
}

/// Fills in what depends on all the rest of `file`. The time stamp, by which debuggers and crash
/// collectors tell executables apart, is a hash: nothing about a file depends on when it was made. The
/// checksum counts the stamp.
pub(super) fn fill_in(stub: &PeStub<'_>, file: &mut [u8]) {
    fill_in_at(stub.headers_file_offset as usize, file);
}

const STAMP: usize = offset_of!(ImageNtHeaders64, file_header.time_date_stamp);
const CHECKSUM: usize = offset_of!(ImageNtHeaders64, optional_header.check_sum);

fn fill_in_at(start: usize, file: &mut [u8]) {
    let hash = Sha256::digest(&*file);
    let stamp = start + STAMP;
    // All zeros and all ones mean that there is none.
    let value = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]).clamp(1, u32::MAX - 1);
    file[stamp..stamp + 4].copy_from_slice(&value.to_le_bytes());
    let place = start + CHECKSUM;
    let sum = checksum(file, place as u64);
    file[place..place + 4].copy_from_slice(&sum.to_le_bytes());
}

/// Whether time stamp and checksum of `file` are what [`fill_in`] would write.
pub(crate) fn has_own_identity(file: &[u8]) -> Result<bool, Error> {
    // As in `IMAGE_DOS_HEADER`, "e_lfanew".
    let start = array(file, 0x3c).map(u32::from_le_bytes);
    let start = start.map_or(usize::MAX, |start| start as usize);
    let end = start.checked_add(size_of::<ImageNtHeaders64>()).filter(|&end| end <= file.len());
    if !file.starts_with(b"MZ") || end.is_none() {
        return Err(Error::unreadable("its headers are not there"));
    }
    let mut again = file.to_vec();
    again[start + STAMP..start + STAMP + 4].fill(0);
    again[start + CHECKSUM..start + CHECKSUM + 4].fill(0);
    fill_in_at(start, &mut again);
    Ok(again == file)
}

/// The checksum of a file as IMAGEHLP's `CheckSumMappedFile` computes it: the one's complement sum of
/// its 16-bit words, less the field at `field`, plus its size.
pub(super) fn checksum(file: &[u8], field: u64) -> u32 {
    let word = |bytes: &[u8]| {
        u64::from(bytes[0]) | bytes.get(1).map_or(0, |&second| u64::from(second) << 8)
    };
    let words: u64 = file.chunks(2).map(word).sum();
    let own = array::<4>(file, field).unwrap_or_default();
    let mut sum = words - word(&own[..2]) - word(&own[2..]);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (sum as u32).wrapping_add(file.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_section_headers() {
        for kind in [
            Kind::Code,
            Kind::Policy,
            Kind::Script,
            Kind::Manifest,
            Kind::Unwind,
            Kind::ReadOnly,
            Kind::Data,
            Kind::Zero,
            Kind::Image,
        ] {
            assert_eq!(&short_name(kind)[..kind.name().len()], kind.name().as_bytes());
        }
    }

    #[test]
    fn checksums_carry_around_and_leave_their_field_out() {
        assert_eq!(checksum(&[1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff], 4), 0x0604 + 8);
        assert_eq!(checksum(&[0xff, 0xff, 2, 0, 0, 0, 0, 0], 4), 2 + 8);
        assert_eq!(checksum(&[0, 0, 0, 0, 7], 0), 7 + 5);
    }
}
