//! Reads a stub that is a Mach-O executable: position-independent, with the header in a section of its
//! own and room behind the load commands.
//!
//! The addresses of the stub's functions are the pointers in its header, which the dynamic linker
//! adjusts at start-up (`rebases`, `chains`), so the stub needs no symbols. Load commands that are not
//! known are refused, since they could refer to places that move. Invariants: segments are ascending
//! in memory and in the file, `__LINKEDIT` is the last; what is returned lies inside the file. Sources:
//! Apple's `loader.h`; `wasm2native_abi::stub`.

use super::chains::{self, Chain};
use super::linkedit::{self, Part, Role};
use super::rebases;
use crate::bytes::{ByteOrder, array, range};
use crate::error::Error;
use crate::stub::{HEADER_BYTES, Stub, check_header};
use object::macho::{self, MachHeader64, SegmentCommand64};
use object::read::macho::{LoadCommandData, MachHeader, Section, Segment as _};
use object::{LittleEndian, macho::Section64};
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{FUNCTIONS_OFFSET, SECTION_MACHO};
use wasm2native_targets::Architecture;

/// Size of the file header.
pub(super) const FILE_HEADER_BYTES: u64 = 32;
/// The segment that holds the stub's header.
const DATA: &[u8] = b"__DATA";
/// The segment that holds the file's header and code.
pub(super) const TEXT: &[u8] = b"__TEXT";
/// The segment of what only the dynamic linker and other tools read.
pub(super) const LINKEDIT: &[u8] = b"__LINKEDIT";

/// Load commands that refer to no place, or to one that stays.
const KEPT_COMMANDS: [u32; 8] = [
    macho::LC_LOAD_DYLIB,
    macho::LC_LOAD_DYLINKER,
    macho::LC_MAIN,
    macho::LC_UUID,
    macho::LC_BUILD_VERSION,
    macho::LC_VERSION_MIN_MACOSX,
    macho::LC_SOURCE_VERSION,
    macho::LC_SEGMENT_64,
];

/// A segment, in this machine's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) name: &'a [u8],
    pub(super) vaddr: u64,
    pub(super) memory_bytes: u64,
    pub(super) file_offset: u64,
    pub(super) file_bytes: u64,
    pub(super) maximum_protection: u32,
    pub(super) initial_protection: u32,
}

impl<'a> Segment<'a> {
    fn read(command: &'a SegmentCommand64<LittleEndian>) -> Self {
        Self {
            name: command.name(),
            vaddr: command.vmaddr(LittleEndian),
            memory_bytes: command.vmsize(LittleEndian),
            file_offset: command.fileoff(LittleEndian),
            file_bytes: command.filesize(LittleEndian),
            maximum_protection: command.maxprot(LittleEndian),
            initial_protection: command.initprot(LittleEndian),
        }
    }

    /// Whether `size_bytes` at `vaddr` are in the segment.
    pub(super) fn contains(&self, vaddr: u64, size_bytes: u64) -> bool {
        vaddr.checked_sub(self.vaddr).is_some_and(|offset| {
            offset.checked_add(size_bytes).is_some_and(|end| end <= self.memory_bytes)
        })
    }

    /// The bytes in `file` of `size_bytes` at `vaddr`, if the segment fills them from there.
    fn contents<'f>(&self, file: &'f [u8], vaddr: u64, size_bytes: u64) -> Option<(u64, &'f [u8])> {
        let within = vaddr.checked_sub(self.vaddr)?;
        if within.checked_add(size_bytes)? > self.file_bytes {
            return None;
        }
        let file_offset = self.file_offset.checked_add(within)?;
        Some((file_offset, range(file, file_offset, size_bytes)?))
    }
}

/// A load command.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) kind: u32,
    /// All of it.
    pub(super) bytes: &'a [u8],
}

/// A stub and what its format's writer needs to extend it.
pub(super) struct MachoStub<'a> {
    pub(super) stub: Stub,
    /// All of the file before `__LINKEDIT`.
    pub(super) loaded: &'a [u8],
    /// The load commands but a code signature's.
    pub(super) commands: Vec<Command<'a>>,
    /// How many bytes of load commands there are, and how many fit.
    pub(super) commands_bytes: u64,
    pub(super) commands_room: u64,
    pub(super) segments: Vec<Segment<'a>>,
    /// The number of sections in all segments.
    pub(super) section_count: usize,
    /// The contents of `__LINKEDIT`, ascending.
    pub(super) parts: Vec<Part<'a>>,
}

impl<'a> MachoStub<'a> {
    pub(super) fn parse(
        data: &'a [u8],
        architecture: Architecture,
        page_bytes: u64,
    ) -> Result<Self, Error> {
        let header = MachHeader64::<LittleEndian>::parse(data, 0).map_err(Error::stub)?;
        header.endian().map_err(Error::stub)?;
        let expected = match architecture {
            Architecture::X86_64 => macho::CPU_TYPE_X86_64,
            Architecture::Aarch64 => macho::CPU_TYPE_ARM64,
            _ => return Err(Error::UnsupportedFormat { format: "Mach-O" }),
        };
        let found = header.cputype(LittleEndian);
        if found != expected {
            return Err(Error::stub(format_args!(
                "it is for CPU type {found:#x}, the target needs {expected:#x}"
            )));
        }
        if header.filetype(LittleEndian) != macho::MH_EXECUTE {
            return Err(Error::stub("it is not an executable"));
        }
        if header.flags(LittleEndian) & macho::MH_PIE == 0 {
            return Err(Error::stub("it is not position-independent"));
        }
        let mut commands = Vec::new();
        let mut segments = Vec::new();
        let mut sections = Vec::new();
        for command in header.load_commands(LittleEndian, data, 0).map_err(Error::stub)? {
            let command = command.map_err(Error::stub)?;
            if let Some((segment, contents)) = command.segment_64().map_err(Error::stub)? {
                segments.push(Segment::read(segment));
                sections.extend(segment.sections(LittleEndian, contents).map_err(Error::stub)?);
            }
            keep(command, &mut commands)?;
        }
        check_segments(data, &segments, page_bytes)?;
        let linkedit = segments[segments.len() - 1];
        let loaded = range(data, 0, linkedit.file_offset)
            .ok_or_else(|| Error::stub("its segments exceed the file"))?;
        let parts = linkedit::parts(data, &commands, linkedit)?;
        let stub = read_header(loaded, &sections, &segments, &parts)?;
        let commands_bytes = u64::from(header.sizeofcmds(LittleEndian));
        let commands_room = room(&sections, segments[1])
            .filter(|&room| commands_bytes <= room)
            .ok_or_else(|| Error::stub("its load commands are not before its sections"))?;
        Ok(MachoStub {
            stub,
            loaded,
            commands,
            commands_bytes,
            commands_room,
            segments,
            section_count: sections.len(),
            parts,
        })
    }

    /// The segment that holds the file's header.
    pub(super) fn text(&self) -> Segment<'a> {
        // `check_segments` found it.
        self.segments[1]
    }

    /// The segment behind which nothing comes.
    pub(super) fn linkedit(&self) -> Segment<'a> {
        self.segments[self.segments.len() - 1]
    }
}

/// Keeps a load command unless it is a signature, which will not be true any more.
fn keep<'a>(
    command: LoadCommandData<'a, LittleEndian>,
    commands: &mut Vec<Command<'a>>,
) -> Result<(), Error> {
    let (kind, bytes) = (command.cmd(), command.raw_data());
    if kind == macho::LC_CODE_SIGNATURE {
        return Ok(());
    }
    if !KEPT_COMMANDS.contains(&kind) && linkedit::fields(kind).is_empty() {
        return Err(Error::stub(format_args!("its load command {kind:#x} is not known")));
    }
    if bytes.len() % 8 != 0 {
        return Err(Error::stub("a load command is not a multiple of eight bytes"));
    }
    if kind != macho::LC_SEGMENT_64
        && kind != macho::LC_LOAD_DYLIB
        && commands.iter().any(|other| other.kind == kind)
    {
        return Err(Error::stub(format_args!("it has two load commands {kind:#x}")));
    }
    commands.push(Command { kind, bytes });
    Ok(())
}

/// `__PAGEZERO`, `__TEXT` with the file's header, any others, `__LINKEDIT`; whole pages, ascending,
/// inside the file.
fn check_segments(data: &[u8], segments: &[Segment<'_>], page_bytes: u64) -> Result<(), Error> {
    let [zero, text, .., last] = segments else {
        return Err(Error::stub("it has too few segments"));
    };
    if zero.vaddr != 0 || zero.file_bytes != 0 || zero.maximum_protection != 0 {
        return Err(Error::stub(
            "it does not begin with a segment that forbids the lowest addresses",
        ));
    }
    if text.name != TEXT || text.file_offset != 0 {
        return Err(Error::stub("its second segment is not `__TEXT` at the start of the file"));
    }
    if last.name != LINKEDIT || last.initial_protection != macho::VM_PROT_READ {
        return Err(Error::stub("its last segment is not `__LINKEDIT`, read-only"));
    }
    let mut end = (0, 0);
    for segment in segments {
        if !segment.vaddr.is_multiple_of(page_bytes)
            || !segment.file_offset.is_multiple_of(page_bytes)
        {
            return Err(Error::stub("a segment does not begin on a page"));
        }
        if segment.vaddr < end.0 || (segment.file_offset < end.1 && segment.file_bytes != 0) {
            return Err(Error::stub("segments overlap or are not ascending"));
        }
        if range(data, segment.file_offset, segment.file_bytes).is_none() {
            return Err(Error::stub("its segments exceed the file"));
        }
        let memory_end = segment.vaddr.checked_add(segment.memory_bytes);
        let memory_end = memory_end.filter(|_| segment.file_bytes <= segment.memory_bytes);
        let memory_end =
            memory_end.ok_or_else(|| Error::stub("a segment exceeds the address space"))?;
        end = (memory_end, end.1.max(segment.file_offset + segment.file_bytes));
    }
    Ok(())
}

/// Whether a section is zero at start and takes no space in the file.
pub(super) fn is_zero(section: &Section64<LittleEndian>) -> bool {
    matches!(
        section.section_type(LittleEndian),
        macho::S_ZEROFILL | macho::S_THREAD_LOCAL_ZEROFILL | macho::S_GB_ZEROFILL
    )
}

/// How many bytes of load commands fit before the first section of `text`.
fn room(sections: &[&Section64<LittleEndian>], text: Segment<'_>) -> Option<u64> {
    let in_file = sections.iter().filter(|section| !is_zero(section));
    let first = in_file.map(|section| u64::from(section.offset(LittleEndian))).min();
    first.unwrap_or(u64::MAX).min(text.file_bytes).checked_sub(FILE_HEADER_BYTES)
}

/// Finds the header and its functions.
fn read_header(
    loaded: &[u8],
    sections: &[&Section64<LittleEndian>],
    segments: &[Segment<'_>],
    parts: &[Part<'_>],
) -> Result<Stub, Error> {
    let section = sections
        .iter()
        .find(|section| {
            section.segment_name() == DATA && section.name() == SECTION_MACHO.as_bytes()
        })
        .ok_or_else(|| Error::stub(format_args!("it has no section `__DATA,{SECTION_MACHO}`")))?;
    let header_vaddr = section.addr(LittleEndian);
    // Shorter than this ABI's when the version differs, which must be reported as such.
    let size_bytes = section.size(LittleEndian).min(HEADER_BYTES);
    let (header_file_offset, header) = segments
        .iter()
        .find_map(|segment| segment.contents(loaded, header_vaddr, size_bytes))
        .ok_or_else(|| Error::stub("its header is not part of the image"))?;
    check_header(header, ByteOrder::Little)?;

    let functions_vaddr = header_vaddr + FUNCTIONS_OFFSET;
    let in_place = |index: usize| {
        array(header, FUNCTIONS_OFFSET + 8 * index as u64).map_or(0, u64::from_le_bytes)
    };
    let mut functions = vec![None; RuntimeFunction::COUNT];
    let mut set = |vaddr: u64, target: Option<u64>| -> Result<(), Error> {
        let distance = vaddr
            .checked_sub(functions_vaddr)
            .filter(|distance| distance.is_multiple_of(8))
            .ok_or_else(|| Error::stub("a fixup of its header is not that of a function"))?;
        let index = (distance / 8) as usize;
        functions[index] = Some(target.unwrap_or_else(|| in_place(index)));
        Ok(())
    };
    let wanted = header_vaddr..header_vaddr + HEADER_BYTES;
    let contents = |role| parts.iter().find(|part| part.role == role).map(|part| part.bytes);
    match (contents(Role::Rebases), contents(Role::ChainedFixups)) {
        (Some(opcodes), None) => {
            rebases::visit(opcodes, segments, wanted, |vaddr| set(vaddr, None))?;
        }
        (None, Some(fixups)) => {
            chains::visit(fixups, loaded, segments, wanted, |vaddr, link| match link {
                Chain::Rebase { target } => set(vaddr, Some(target)),
                Chain::Bind => Err(Error::stub("a function of its header is that of a library")),
            })?;
        }
        (None, None) => return Err(Error::stub("it has no fixups")),
        (Some(_), Some(_)) => return Err(Error::stub("it has fixups of two kinds")),
    }
    for (index, function) in functions.iter().enumerate() {
        match *function {
            None if in_place(index) == 0 => {}
            None => return Err(Error::stub("a function of its header has no fixup")),
            Some(vaddr) if is_code(segments, vaddr) => {}
            Some(_) => return Err(Error::stub("a function of its header is not in code")),
        }
    }
    Ok(Stub { header_vaddr, header_file_offset, functions })
}

/// Whether an address is one of executable code.
pub(super) fn is_code(segments: &[Segment<'_>], vaddr: u64) -> bool {
    segments.iter().any(|segment| {
        segment.initial_protection & macho::VM_PROT_EXECUTE != 0 && segment.contains(vaddr, 1)
    })
}
