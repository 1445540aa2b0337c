//! Reads a stub that is an ELF executable: position-independent, with the header in a section of its
//! own and room for program headers behind the table.
//!
//! The addresses of the stub's functions are the addends of the relative relocations that fill in the
//! header at start-up, so the stub needs no symbols. Invariant: offsets and sizes of what is returned
//! lie inside the file. Sources: ELF gABI chapter 5 ("Program Header", "Dynamic Section", "RELR"),
//! each psABI's relative relocation; `wasm2native_abi::stub`.

use crate::bytes::{ByteOrder, array, range};
use crate::error::Error;
use crate::object::byte_order;
use crate::relocate::machine;
use crate::stub::{HEADER_BYTES, Stub, check_header};
use object::elf::{self, FileHeader64, ProgramHeader64, Rela64, SectionHeader64};
use object::read::elf::{FileHeader, ProgramHeader, Rela, SectionHeader, SectionTable};
use object::{Endianness, read};
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{FUNCTIONS_OFFSET, RESERVED_HEADERS_SECTION, SECTION};
use wasm2native_targets::Architecture;

/// Size of the file header, ELF-64.
pub(super) const FILE_HEADER_BYTES: u64 = 64;
/// Size of a program header.
pub(super) const PROGRAM_HEADER_BYTES: u64 = 56;
/// Larger numbers have another encoding (gABI, "ELF Header", `PN_XNUM`).
const MAXIMUM_PROGRAM_HEADERS: u64 = 0xfffe;
/// More loaded sections than any stub has; keeps section numbers small.
const MAXIMUM_SECTIONS: usize = 1000;

/// A program header, in this machine's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) kind: u32,
    pub(super) flags: u32,
    pub(super) file_offset: u64,
    pub(super) vaddr: u64,
    pub(super) file_bytes: u64,
    pub(super) memory_bytes: u64,
    pub(super) align_bytes: u64,
}

impl Segment {
    pub(super) fn read(header: &ProgramHeader64<Endianness>, endian: Endianness) -> Self {
        Self {
            kind: header.p_type(endian),
            flags: header.p_flags(endian),
            file_offset: header.p_offset(endian),
            vaddr: header.p_vaddr(endian),
            file_bytes: header.p_filesz(endian),
            memory_bytes: header.p_memsz(endian),
            align_bytes: header.p_align(endian),
        }
    }
}

/// What `sh_info` says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Information {
    /// A section, by its index among the kept ones.
    Section(Option<usize>),
    /// A number that depends on the section's type.
    Number(u32),
}

/// A loaded section of the stub, kept for debuggers.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptSection<'a> {
    pub(super) name: &'a [u8],
    pub(super) kind: u32,
    pub(super) flags: u64,
    pub(super) vaddr: u64,
    pub(super) file_offset: u64,
    pub(super) size_bytes: u64,
    /// Index among the kept sections of the one that `sh_link` names.
    pub(super) link: Option<usize>,
    pub(super) info: Information,
    pub(super) align_bytes: u64,
    pub(super) entry_bytes: u64,
}

/// A stub and what its format's writer needs to extend it.
pub(super) struct ElfStub<'a> {
    pub(super) stub: Stub,
    pub(super) order: ByteOrder,
    /// What of the file is loaded, headers included: everything that is kept of it.
    pub(super) loaded: &'a [u8],
    pub(super) segments: Vec<Segment>,
    pub(super) sections: Vec<KeptSection<'a>>,
    /// Where the program headers are, and how many fit.
    pub(super) headers_file_offset: u64,
    pub(super) headers_room: usize,
    /// The reserved section behind the program headers.
    pub(super) reserved_file_offset: u64,
    pub(super) reserved_bytes: u64,
    /// The first address behind the image.
    pub(super) end_vaddr: u64,
}

type Header = FileHeader64<Endianness>;
type Sections<'a> = SectionTable<'a, Header>;

impl<'a> ElfStub<'a> {
    pub(super) fn parse(data: &'a [u8], architecture: Architecture) -> Result<Self, Error> {
        let header = Header::parse(data).map_err(Error::stub)?;
        let endian = header.endian().map_err(Error::stub)?;
        let expected = machine(architecture);
        let found = header.e_machine(endian);
        if found != expected {
            return Err(Error::WrongMachine { file: "stub", found, expected });
        }
        let order = byte_order(endian);
        if (order == ByteOrder::Big) != architecture.is_big_endian() {
            return Err(Error::stub("its byte order is not the architecture's"));
        }
        if header.e_type(endian) != elf::ET_DYN {
            return Err(Error::stub("it is not position-independent"));
        }
        let program_headers = header.program_headers(endian, data).map_err(Error::stub)?;
        let segments: Vec<_> =
            program_headers.iter().map(|header| Segment::read(header, endian)).collect();
        let table = header.sections(endian, data).map_err(Error::stub)?;
        let sections = keep_sections(&table, endian)?;

        let (_, reserved) = section(&table, endian, RESERVED_HEADERS_SECTION)?;
        let headers_file_offset = header.e_phoff(endian);
        let headers_end = headers_file_offset + segments.len() as u64 * PROGRAM_HEADER_BYTES;
        let (reserved_file_offset, reserved_bytes) =
            (reserved.sh_offset(endian), reserved.sh_size(endian));
        if reserved_file_offset != headers_end || reserved.sh_type(endian) == elf::SHT_NOBITS {
            return Err(Error::stub(format_args!(
                "`{RESERVED_HEADERS_SECTION}` is not directly behind the program headers"
            )));
        }
        let reserved_end = range(data, reserved_file_offset, reserved_bytes)
            .map(|_| reserved_file_offset + reserved_bytes)
            .ok_or_else(|| Error::stub("its reserved headers lie outside the file"))?;

        let (loaded_end, end_vaddr) = extent(&segments)?;
        let loaded = range(data, 0, loaded_end.max(reserved_end).max(FILE_HEADER_BYTES))
            .ok_or_else(|| Error::stub("a segment lies outside the file"))?;
        let stub = read_header(data, &table, &segments, endian, architecture)?;
        let room = (reserved_end - headers_file_offset) / PROGRAM_HEADER_BYTES;
        Ok(Self {
            stub,
            order,
            loaded,
            segments,
            sections,
            headers_file_offset,
            headers_room: room.min(MAXIMUM_PROGRAM_HEADERS) as usize,
            reserved_file_offset,
            reserved_bytes,
            end_vaddr,
        })
    }
}

/// Ends of what is loaded, in the file and in memory.
fn extent(segments: &[Segment]) -> Result<(u64, u64), Error> {
    let mut end = (0, 0);
    for segment in segments.iter().filter(|segment| segment.kind == elf::PT_LOAD) {
        let outside = || Error::stub("a segment exceeds the address space");
        let file = segment.file_offset.checked_add(segment.file_bytes).ok_or_else(outside)?;
        let memory = segment.vaddr.checked_add(segment.memory_bytes).ok_or_else(outside)?;
        end = (file.max(end.0), memory.max(end.1));
    }
    if end.1 == 0 {
        return Err(Error::stub("it has no segments"));
    }
    Ok(end)
}

fn section<'a>(
    table: &Sections<'a>,
    endian: Endianness,
    name: &'static str,
) -> Result<(object::SectionIndex, &'a SectionHeader64<Endianness>), Error> {
    table
        .section_by_name(endian, name.as_bytes())
        .ok_or_else(|| Error::stub(format_args!("it has no section `{name}`")))
}

/// The file offset of `size` bytes at `vaddr`, if a segment fills them from the file.
fn file_offset(segments: &[Segment], vaddr: u64, size_bytes: u64) -> Option<u64> {
    segments.iter().filter(|segment| segment.kind == elf::PT_LOAD).find_map(|segment| {
        let within = vaddr.checked_sub(segment.vaddr)?;
        let end = within.checked_add(size_bytes)?;
        (end <= segment.file_bytes).then(|| segment.file_offset.checked_add(within))?
    })
}

/// Finds the header and its functions.
fn read_header(
    data: &[u8],
    table: &Sections<'_>,
    segments: &[Segment],
    endian: Endianness,
    architecture: Architecture,
) -> Result<Stub, Error> {
    let (_, header_section) = section(table, endian, SECTION)?;
    let header_vaddr = header_section.sh_addr(endian);
    let outside = || Error::stub("its header is not part of the image");
    // Shorter than this ABI's when the version differs, which must be reported as such.
    let size_bytes = header_section.sh_size(endian).min(HEADER_BYTES);
    let header_file_offset = file_offset(segments, header_vaddr, size_bytes).ok_or_else(outside)?;
    let header = range(data, header_file_offset, size_bytes).ok_or_else(outside)?;
    check_header(header, byte_order(endian))?;

    let functions_vaddr = header_vaddr + FUNCTIONS_OFFSET;
    let in_place = |index: usize| {
        array(header, FUNCTIONS_OFFSET + 8 * index as u64)
            .map(|bytes| byte_order(endian).read_u64(bytes))
    };
    let functions_bytes = 8 * RuntimeFunction::COUNT as u64;
    let is_function = |vaddr: u64| {
        vaddr.checked_sub(functions_vaddr).is_some_and(|distance| distance < functions_bytes)
    };
    let mut functions = vec![None; RuntimeFunction::COUNT];
    let mut set = |vaddr: u64, value: Option<i64>| -> Result<(), Error> {
        let distance = vaddr - functions_vaddr;
        if !distance.is_multiple_of(8) {
            return Err(Error::stub("a relocation of its header is not aligned"));
        }
        let index = (distance / 8) as usize;
        functions[index] = match value {
            Some(value) => Some(value.cast_unsigned()),
            None => in_place(index),
        };
        Ok(())
    };
    for section in table.iter() {
        if section.sh_flags(endian) & u64::from(elf::SHF_ALLOC) == 0 {
            continue;
        }
        if let Some((relocations, _)) = section.rela(endian, data).map_err(Error::stub)? {
            for relocation in relocations {
                let vaddr = relocation.r_offset(endian);
                if is_function(vaddr) {
                    set(vaddr, Some(relative_addend(relocation, endian, architecture)?))?;
                }
            }
        }
        if section.rel(endian, data).map_err(Error::stub)?.is_some() {
            // The psABIs of all four architectures have explicit addends in executables.
            return Err(Error::stub("its relocations have no explicit addends"));
        }
        if let Some(relocations) = section.relr(endian, data).map_err(Error::stub)? {
            for vaddr in relocations.filter(|&vaddr| is_function(vaddr)) {
                set(vaddr, None)?;
            }
        }
    }
    for (index, function) in functions.iter().enumerate() {
        if function.is_none() && in_place(index) != Some(0) {
            return Err(Error::stub("a function of its header has no relative relocation"));
        }
    }
    Ok(Stub { header_vaddr, header_file_offset, functions })
}

/// What a relative relocation adds the load address to.
fn relative_addend(
    relocation: &Rela64<Endianness>,
    endian: Endianness,
    architecture: Architecture,
) -> Result<i64, Error> {
    let relative = match architecture {
        Architecture::X86_64 => elf::R_X86_64_RELATIVE,
        Architecture::Aarch64 => elf::R_AARCH64_RELATIVE,
        Architecture::Riscv64 => elf::R_RISCV_RELATIVE,
        Architecture::S390x => elf::R_390_RELATIVE,
    };
    if relocation.r_type(endian, false) != relative {
        return Err(Error::stub("a function of its header has a relocation that is not relative"));
    }
    Ok(relocation.r_addend(endian))
}

/// The loaded sections but the reserved one, whose place program headers take.
fn keep_sections<'a>(
    table: &Sections<'a>,
    endian: Endianness,
) -> Result<Vec<KeptSection<'a>>, Error> {
    let mut kept_index = vec![None; table.len()];
    let mut headers = Vec::new();
    for (index, header) in table.enumerate() {
        let name = table.section_name(endian, header).map_err(Error::stub)?;
        let is_loaded = header.sh_flags(endian) & u64::from(elf::SHF_ALLOC) != 0;
        if is_loaded && name != RESERVED_HEADERS_SECTION.as_bytes() {
            kept_index[index.0] = Some(headers.len());
            headers.push((name, header));
        }
    }
    if headers.len() > MAXIMUM_SECTIONS {
        return Err(Error::stub("it has too many sections"));
    }
    let kept = |index: read::SectionIndex| kept_index.get(index.0).copied().flatten();
    Ok(headers
        .iter()
        .map(|&(name, header)| KeptSection {
            name,
            kind: header.sh_type(endian),
            flags: header.sh_flags(endian),
            vaddr: header.sh_addr(endian),
            file_offset: header.sh_offset(endian),
            size_bytes: header.sh_size(endian),
            link: kept(header.link(endian)),
            info: if header.has_info_link(endian) {
                Information::Section(kept(header.info_link(endian)))
            } else {
                Information::Number(header.sh_info(endian))
            },
            align_bytes: header.sh_addralign(endian),
            entry_bytes: header.sh_entsize(endian),
        })
        .collect())
}
