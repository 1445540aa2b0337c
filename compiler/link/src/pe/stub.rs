//! Reads a stub that is a PE32+ executable: relocatable, with the header in a section of its own.
//!
//! The addresses of the stub's functions stand in the header itself, where base relocations correct
//! them at load time, so the stub needs no symbols. Invariants of what is returned: sections are
//! adjacent in memory and ascending in the file, as loaders demand; all that they are filled from lies
//! in the file, behind the headers. Source: Microsoft's "PE Format" ("Optional Header", "Section
//! Table", "The .reloc Section"); `wasm2native_abi::stub`.

use crate::bytes::{ByteOrder, align_up, array, range};
use crate::error::Error;
use crate::stub::{HEADER_BYTES, Stub, check_header};
use object::LittleEndian as LE;
use object::pe::{self, ImageDataDirectory, ImageNtHeaders64, ImageSectionHeader};
use object::read::coff::SectionTable;
use object::read::pe::{DataDirectories, ImageNtHeaders as _};
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{FUNCTIONS_OFFSET, SECTION_PE};
use wasm2native_targets::Architecture;

/// Size of a section header.
pub(super) const SECTION_HEADER_BYTES: u64 = 40;
/// Windows loads no image with more sections ("COFF File Header").
pub(super) const MAXIMUM_SECTIONS: usize = 96;
/// What every executable must allow: loading anywhere in 64 bits, and data that is not executable.
pub(super) const REQUIRED_CHARACTERISTICS: u16 = pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
    | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
    | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
/// Alignments of raw data that the format allows.
const FILE_ALIGNMENTS: std::ops::RangeInclusive<u64> = 512..=64 << 10;
/// Larger pages than any section is aligned to.
const MAXIMUM_SECTION_ALIGN_BYTES: u64 = 1 << 20;

/// A stub and what its format's writer needs to extend it.
pub(super) struct PeStub<'a> {
    /// Addresses are relative to the image.
    pub(super) stub: Stub,
    pub(super) headers: ImageNtHeaders64,
    pub(super) headers_file_offset: u64,
    pub(super) directories: Vec<ImageDataDirectory>,
    pub(super) sections: Vec<ImageSectionHeader>,
    pub(super) sections_file_offset: u64,
    /// The headers of the file, and what its sections are filled from: all that is kept of it.
    pub(super) header_bytes: &'a [u8],
    pub(super) raw_bytes: &'a [u8],
    pub(super) section_align_bytes: u64,
    pub(super) file_align_bytes: u64,
    /// The exception directory's table.
    pub(super) unwind_table: &'a [u8],
    /// Where the debug directory is in the file, and its size.
    pub(super) debug_directory: Option<(u64, u64)>,
    /// The first section's address.
    pub(super) first_rva: u64,
    /// The first address behind the image.
    pub(super) end_rva: u64,
}

/// The `Machine` of an architecture, if Windows runs on it.
fn machine(architecture: Architecture) -> Option<u16> {
    match architecture {
        Architecture::X86_64 => Some(pe::IMAGE_FILE_MACHINE_AMD64),
        Architecture::Aarch64 => Some(pe::IMAGE_FILE_MACHINE_ARM64),
        Architecture::Riscv64 | Architecture::S390x => None,
    }
}

impl<'a> PeStub<'a> {
    /// Parses `data`, which must be for `architecture` and pages of `page_bytes`.
    pub(super) fn parse(
        data: &'a [u8],
        architecture: Architecture,
        page_bytes: u64,
    ) -> Result<Self, Error> {
        let dos = pe::ImageDosHeader::parse(data).map_err(Error::stub)?;
        let headers_file_offset = u64::from(dos.nt_headers_offset());
        if headers_file_offset < size_of::<pe::ImageDosHeader>() as u64
            || !headers_file_offset.is_multiple_of(8)
        {
            return Err(Error::stub("its headers are not aligned"));
        }
        let mut offset = headers_file_offset;
        let (headers, directories) =
            ImageNtHeaders64::parse(data, &mut offset).map_err(Error::stub)?;
        check_characteristics(headers, &directories, architecture)?;

        let optional = headers.optional_header;
        let section_align_bytes = u64::from(optional.section_alignment.get(LE));
        let file_align_bytes = u64::from(optional.file_alignment.get(LE));
        if !section_align_bytes.is_power_of_two()
            || !(page_bytes..=MAXIMUM_SECTION_ALIGN_BYTES).contains(&section_align_bytes)
            || !file_align_bytes.is_power_of_two()
            || !FILE_ALIGNMENTS.contains(&file_align_bytes)
            || file_align_bytes > section_align_bytes
        {
            return Err(Error::stub("its sections are not aligned to pages"));
        }
        let table = headers.sections(data, offset).map_err(Error::stub)?;
        let sections_end = offset + table.len() as u64 * SECTION_HEADER_BYTES;
        let size_of_headers = u64::from(optional.size_of_headers.get(LE));
        if sections_end > size_of_headers || !size_of_headers.is_multiple_of(file_align_bytes) {
            return Err(Error::stub("its headers exceed their size"));
        }
        let header_bytes = range(data, 0, size_of_headers)
            .ok_or_else(|| Error::stub("its headers lie outside the file"))?;
        let outside = || Error::stub("its headers exceed their size");
        let first_rva = align_up(size_of_headers, section_align_bytes).ok_or_else(outside)?;
        let extents = Extents { first_rva, size_of_headers, section_align_bytes, file_align_bytes };
        let (end_rva, end_file_offset) = check_sections(&table, extents)?;
        let raw_bytes = range(data, size_of_headers, end_file_offset - size_of_headers)
            .ok_or_else(|| Error::stub("a section lies outside the file"))?;
        let directory_bytes = |index: usize| match directories.get(index) {
            Some(directory) if directory.size.get(LE) != 0 => {
                directory.data(data, &table).map(Some).map_err(Error::stub)
            }
            _ => Ok(None),
        };
        let unwind_table = directory_bytes(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION)?.unwrap_or(&[]);
        let debug_directory = match directories.get(pe::IMAGE_DIRECTORY_ENTRY_DEBUG) {
            Some(directory) if directory.size.get(LE) != 0 => {
                let (offset, size) = directory.file_range(&table).map_err(Error::stub)?;
                Some((offset.into(), size.into()))
            }
            _ => None,
        };
        let relocations = directory_bytes(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC)?
            .ok_or_else(|| Error::stub("it has no base relocations"))?;
        Ok(Self {
            stub: read_header(data, &table, optional.image_base.get(LE), relocations)?,
            headers: *headers,
            headers_file_offset,
            directories: directories.iter().copied().collect(),
            sections: table.iter().copied().collect(),
            sections_file_offset: offset,
            header_bytes,
            raw_bytes,
            section_align_bytes,
            file_align_bytes,
            unwind_table,
            debug_directory,
            first_rva,
            end_rva,
        })
    }
}

/// What the headers promise to loaders, and must not.
fn check_characteristics(
    headers: &ImageNtHeaders64,
    directories: &DataDirectories<'_>,
    architecture: Architecture,
) -> Result<(), Error> {
    let (found, expected) = (headers.file_header.machine.get(LE), machine(architecture));
    if expected != Some(found) {
        return Err(Error::stub(format_args!(
            "it is for PE machine {found:#x}, not for {}",
            architecture.name()
        )));
    }
    let kind = headers.file_header.characteristics.get(LE);
    let required = pe::IMAGE_FILE_EXECUTABLE_IMAGE | pe::IMAGE_FILE_LARGE_ADDRESS_AWARE;
    if kind & required != required || kind & pe::IMAGE_FILE_DLL != 0 {
        return Err(Error::stub("it is not an executable"));
    }
    let characteristics = headers.optional_header.dll_characteristics.get(LE);
    if characteristics & REQUIRED_CHARACTERISTICS != REQUIRED_CHARACTERISTICS
        || kind & pe::IMAGE_FILE_RELOCS_STRIPPED != 0
    {
        return Err(Error::stub("it may not be loaded anywhere, or its data may be executed"));
    }
    if characteristics & pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF != 0 {
        // Windows would end the process at the first call from the stub into the program.
        return Err(Error::stub("it allows indirect calls to functions of its own only"));
    }
    for (index, what) in [
        (pe::IMAGE_DIRECTORY_ENTRY_SECURITY, "it is signed"),
        (pe::IMAGE_DIRECTORY_ENTRY_BOUND_IMPORT, "its imports are bound"),
    ] {
        if directories.get(index).is_some() {
            return Err(Error::stub(what));
        }
    }
    if directories.len() <= pe::IMAGE_DIRECTORY_ENTRY_DEBUG {
        return Err(Error::stub("it has too few data directories"));
    }
    Ok(())
}

/// What sections must agree with.
#[derive(Clone, Copy)]
struct Extents {
    first_rva: u64,
    size_of_headers: u64,
    section_align_bytes: u64,
    file_align_bytes: u64,
}

/// Checks that sections are adjacent and in order; returns their ends in memory and in the file.
fn check_sections(table: &SectionTable<'_>, extents: Extents) -> Result<(u64, u64), Error> {
    if table.is_empty() || table.len() > MAXIMUM_SECTIONS {
        return Err(Error::stub("it has no sections, or too many"));
    }
    let (mut end_rva, mut end_file_offset) = (extents.first_rva, extents.size_of_headers);
    for section in table.iter() {
        let characteristics = section.characteristics.get(LE);
        let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
        if characteristics & both == both {
            return Err(Error::stub("a section is both writable and executable"));
        }
        if section.raw_name().first() == Some(&b'/') {
            return Err(Error::stub("the name of a section is too long"));
        }
        let (rva, size) = section.pe_address_range();
        if u64::from(rva) != end_rva || size == 0 {
            return Err(Error::stub("its sections are not adjacent in memory"));
        }
        end_rva = align_up(end_rva + u64::from(size), extents.section_align_bytes)
            .ok_or_else(|| Error::stub("a section exceeds the image"))?;
        let file_offset = u64::from(section.pointer_to_raw_data.get(LE));
        let file_bytes = u64::from(section.size_of_raw_data.get(LE));
        if file_bytes == 0 {
            continue;
        }
        if file_offset < end_file_offset
            || !(file_offset | file_bytes).is_multiple_of(extents.file_align_bytes)
        {
            return Err(Error::stub("its sections are not in order in the file"));
        }
        end_file_offset = file_offset + file_bytes;
    }
    Ok((end_rva, end_file_offset))
}

/// Finds the header and its functions.
fn read_header(
    data: &[u8],
    table: &SectionTable<'_>,
    image_base: u64,
    relocations: &[u8],
) -> Result<Stub, Error> {
    let section = table
        .iter()
        .find(|section| section.raw_name() == SECTION_PE.as_bytes())
        .ok_or_else(|| Error::stub(format_args!("it has no section `{SECTION_PE}`")))?;
    // Shorter than this ABI's when the version differs, which must be reported as such.
    let header = section.pe_data(data).map_err(Error::stub)?;
    check_header(header, ByteOrder::Little)?;
    let header_rva = u64::from(section.virtual_address.get(LE));

    let mut is_relocated = vec![false; RuntimeFunction::COUNT];
    for block in object::read::pe::RelocationBlockIterator::new(relocations) {
        for relocation in block.map_err(Error::stub)? {
            let rva = u64::from(relocation.virtual_address);
            if relocation.typ == pe::IMAGE_REL_BASED_ABSOLUTE // Padding.
                || rva + 8 <= header_rva
                || rva >= header_rva + HEADER_BYTES
            {
                continue;
            }
            let place = rva.checked_sub(header_rva + FUNCTIONS_OFFSET);
            let Some(place) = place.filter(|place| place.is_multiple_of(8)) else {
                return Err(Error::stub("a relocation of its header is not one of a function"));
            };
            if relocation.typ != pe::IMAGE_REL_BASED_DIR64 {
                return Err(Error::stub("a function of its header has no 64-bit relocation"));
            }
            if std::mem::replace(&mut is_relocated[(place / 8) as usize], true) {
                return Err(Error::stub("a function of its header has two relocations"));
            }
        }
    }
    let mut functions = Vec::with_capacity(RuntimeFunction::COUNT);
    for (index, is_relocated) in is_relocated.into_iter().enumerate() {
        let value = array(header, FUNCTIONS_OFFSET + 8 * index as u64).map(u64::from_le_bytes);
        functions.push(match value {
            Some(0) if !is_relocated => None,
            Some(value) if is_relocated => {
                let rva = value.checked_sub(image_base).and_then(|rva| u32::try_from(rva).ok());
                let is_code = |rva: &u32| {
                    table.section_containing(*rva).is_some_and(|section| {
                        section.characteristics.get(LE) & pe::IMAGE_SCN_MEM_EXECUTE != 0
                    })
                };
                let rva = rva
                    .filter(is_code)
                    .ok_or_else(|| Error::stub("a function of its header is not in code"))?;
                Some(u64::from(rva))
            }
            _ => return Err(Error::stub("a function of its header has no base relocation")),
        });
    }
    let header_file_offset = u64::from(section.pointer_to_raw_data.get(LE));
    Ok(Stub { header_vaddr: header_rva, header_file_offset, functions })
}
