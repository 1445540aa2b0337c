//! The executable's load commands: the stub's, with the numbers of what moved, one for each of the
//! program's segments, and one for the signature.
//!
//! The program's segments come directly before `__LINKEDIT`, so that only the latter's number changes:
//! fixups name segments by number, and none is in `__LINKEDIT`. Sources: Apple's `loader.h`; the
//! dynamic linker requires load commands, file and memory to have segments in one order.

use super::linkedit::Linkedit;
use super::signature;
use super::stub::{FILE_HEADER_BYTES, MachoStub};
use super::symbols::Symbols;
use crate::bytes::align_up;
use crate::error::Error;
use crate::layout::{Group, Layout, Span};
use crate::object::Access;
use crate::program::put;
use object::macho::{self, Section64, SegmentCommand64};
use object::pod::bytes_of;
use object::{LittleEndian, U32, U64};
use wasm2native_abi::section::MACHO_NAMES;

/// Offset of a segment's place in its load command: address, size in memory, offset and size in file.
const SEGMENT_PLACE_OFFSET: u64 = 24;
/// Offset of the number of load commands in the file's header; their size follows.
const COMMAND_COUNT_OFFSET: u64 = 16;
/// Section numbers are bytes in the symbol table, and zero is none.
const MAXIMUM_SECTIONS: usize = macho::MAX_SECT as usize;

/// Where `__LINKEDIT` and in it the signature will be.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    pub(super) linkedit: Span,
    pub(super) signature_file_offset: u64,
    pub(super) signature_bytes: u64,
}

/// The number, from 1, of the image's section for a group of the program.
pub(super) fn section_number(
    stub: &MachoStub<'_>,
    layout: &Layout,
    wanted: Group,
) -> Result<u8, Error> {
    if stub.section_count + layout.groups.len() > MAXIMUM_SECTIONS {
        return Err(Error::stub("it has too many sections"));
    }
    let position = layout.groups.iter().position(|(group, ..)| *group == wanted);
    Ok(position.map_or(0, |position| (stub.section_count + position + 1) as u8))
}

/// Writes file header and load commands into `file`; returns the file offset of the image's UUID.
pub(super) fn write(
    stub: &MachoStub<'_>,
    layout: &Layout,
    symbols: &Symbols,
    linkedit: &Linkedit,
    tail: Tail,
    page_bytes: u64,
    file: &mut [u8],
) -> Result<u64, Error> {
    let mut commands = Vec::new();
    let mut count = 0;
    let mut uuid_offset = None;
    let last_segment =
        stub.commands.iter().rposition(|command| command.kind == macho::LC_SEGMENT_64);
    for (index, command) in stub.commands.iter().enumerate() {
        let mut bytes = command.bytes.to_vec();
        match command.kind {
            macho::LC_SEGMENT_64 if Some(index) == last_segment => {
                for &(access, span) in &layout.segments {
                    commands.extend_from_slice(&segment(layout, access, span, page_bytes)?);
                    count += 1;
                }
                place(&mut bytes, tail.linkedit, page_bytes)?;
            }
            macho::LC_DYSYMTAB => symbols.adapt(&mut bytes),
            macho::LC_UUID => uuid_offset = Some(FILE_HEADER_BYTES + commands.len() as u64 + 8),
            _ => {}
        }
        for (part, &(file_offset, entries)) in stub.parts.iter().zip(&linkedit.places) {
            if part.command == index {
                put(&mut bytes, part.field.offset, &file_offset.to_le_bytes());
                put(&mut bytes, part.field.offset + 4, &entries.to_le_bytes());
            }
        }
        commands.extend_from_slice(&bytes);
        count += 1;
    }
    commands
        .extend_from_slice(&signature::command(tail.signature_file_offset, tail.signature_bytes)?);
    count += 1;

    let needed = commands.len() as u64;
    if needed > stub.commands_room {
        return Err(Error::NoRoomForCommands { needed, room: stub.commands_room });
    }
    let former = FILE_HEADER_BYTES as usize..(FILE_HEADER_BYTES + stub.commands_bytes) as usize;
    file[former].fill(0);
    put(file, FILE_HEADER_BYTES, &commands);
    put(file, COMMAND_COUNT_OFFSET, &u32::to_le_bytes(count));
    put(file, COMMAND_COUNT_OFFSET + 4, &(needed as u32).to_le_bytes());
    uuid_offset.ok_or_else(|| Error::stub("it has no UUID"))
}

/// The load command of a segment of the program, with its sections.
fn segment(layout: &Layout, access: Access, span: Span, page_bytes: u64) -> Result<Vec<u8>, Error> {
    let members: Vec<_> =
        layout.groups.iter().filter(|(group, ..)| group.access() == access).collect();
    let protection = match access {
        Access::Execute => macho::VM_PROT_READ | macho::VM_PROT_EXECUTE,
        Access::Read => macho::VM_PROT_READ,
        Access::Write | Access::Image => macho::VM_PROT_READ | macho::VM_PROT_WRITE,
    };
    let section_bytes = size_of::<Section64<LittleEndian>>();
    let size_bytes = size_of::<SegmentCommand64<LittleEndian>>() + members.len() * section_bytes;
    let number = |number: u32| U32::new(LittleEndian, number);
    let [segment_name, _] = names(members.first().map_or(Group::Code, |(group, ..)| *group));
    let header = SegmentCommand64 {
        cmd: number(macho::LC_SEGMENT_64),
        cmdsize: number(size_bytes as u32),
        segname: segment_name,
        vmaddr: U64::default(),
        vmsize: U64::default(),
        fileoff: U64::default(),
        filesize: U64::default(),
        // What is not allowed at first is never allowed.
        maxprot: number(protection),
        initprot: number(protection),
        nsects: number(members.len() as u32),
        flags: number(0),
    };
    let mut command = bytes_of(&header).to_vec();
    place(&mut command, span, page_bytes)?;
    for &&(group, run, align_bytes) in &members {
        let [segname, sectname] = names(group);
        let file_offset = if group == Group::Zero { 0 } else { run.file_offset };
        let section = Section64 {
            sectname,
            segname,
            addr: U64::new(LittleEndian, run.vaddr),
            size: U64::new(LittleEndian, run.memory_bytes),
            offset: number(u32::try_from(file_offset).map_err(|_| TOO_LARGE)?),
            align: number(align_bytes.trailing_zeros()),
            reloff: number(0),
            nreloc: number(0),
            flags: number(match group {
                Group::Code => {
                    macho::S_REGULAR
                        | macho::S_ATTR_PURE_INSTRUCTIONS
                        | macho::S_ATTR_SOME_INSTRUCTIONS
                }
                Group::Zero => macho::S_ZEROFILL,
                _ => macho::S_REGULAR,
            }),
            reserved1: number(0),
            reserved2: number(0),
            reserved3: number(0),
        };
        command.extend_from_slice(bytes_of(&section));
    }
    Ok(command)
}

const TOO_LARGE: Error = Error::TooLarge { what: "the executable" };

/// Writes where a segment is into its load command; in memory it has whole pages.
fn place(command: &mut [u8], span: Span, page_bytes: u64) -> Result<(), Error> {
    let memory_bytes = align_up(span.memory_bytes, page_bytes).ok_or(TOO_LARGE)?;
    let place = [span.vaddr, memory_bytes, span.file_offset, span.file_bytes];
    put(command, SEGMENT_PLACE_OFFSET, &place.map(u64::to_le_bytes).concat());
    Ok(())
}

/// What segment and section of a group are called, filled up with zeros.
fn names(group: Group) -> [[u8; 16]; 2] {
    let known = MACHO_NAMES.iter().find(|(name, _)| *name == group.name());
    known.map_or([""; 2], |(_, names)| *names).map(|name| {
        let mut padded = [0; 16];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        padded
    })
}
