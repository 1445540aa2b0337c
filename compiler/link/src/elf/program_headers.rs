//! The executable's program headers: the stub's, and one for each of the program's segments.
//!
//! The table stays where it is, since the C library and the kernel find it there; it grows over the
//! section that the stub reserves behind it. Invariants: `PT_LOAD` entries stay ascending by address
//! (ELF gABI chapter 5, "Program Header"); nothing refers to the reserved section any more.

use super::stub::{ElfStub, PROGRAM_HEADER_BYTES, Segment};
use crate::bytes::ByteOrder;
use crate::error::Error;
use crate::layout::{Group, Layout};
use crate::object::Access;
use object::elf;

/// The complete table.
pub(super) fn plan(
    stub: &ElfStub<'_>,
    layout: &Layout,
    page_bytes: u64,
) -> Result<Vec<Segment>, Error> {
    let mut headers: Vec<Segment> =
        stub.segments.iter().filter_map(|&segment| without_reserved(stub, segment)).collect();
    let last_load = headers.iter().rposition(|segment| segment.kind == elf::PT_LOAD);
    let at = last_load.map_or(headers.len(), |index| index + 1);
    let loads = layout.segments.iter().map(|&(access, span)| Segment {
        kind: elf::PT_LOAD,
        flags: match access {
            Access::Execute => elf::PF_R | elf::PF_X,
            Access::Read => elf::PF_R,
            Access::Write | Access::Image => elf::PF_R | elf::PF_W,
        },
        file_offset: span.file_offset,
        vaddr: span.vaddr,
        file_bytes: span.file_bytes,
        memory_bytes: span.memory_bytes,
        align_bytes: page_bytes,
    });
    headers.splice(at..at, loads);
    headers.extend(layout.groups.iter().filter(|(group, ..)| *group == Group::BuildId).map(
        |&(_, span, align_bytes)| Segment {
            kind: elf::PT_NOTE,
            flags: elf::PF_R,
            file_offset: span.file_offset,
            vaddr: span.vaddr,
            file_bytes: span.file_bytes,
            memory_bytes: span.memory_bytes,
            align_bytes,
        },
    ));
    if headers.len() > stub.headers_room {
        return Err(Error::NoRoomForHeaders { needed: headers.len(), room: stub.headers_room });
    }
    let table_bytes = headers.len() as u64 * PROGRAM_HEADER_BYTES;
    for header in headers.iter_mut().filter(|header| header.kind == elf::PT_PHDR) {
        header.file_bytes = table_bytes;
        header.memory_bytes = table_bytes;
    }
    Ok(headers)
}

/// A header of the stub, less the reserved section if it is one of notes: what remains behind the
/// section, if anything does.
fn without_reserved(stub: &ElfStub<'_>, segment: Segment) -> Option<Segment> {
    let reserved_end = stub.reserved_file_offset + stub.reserved_bytes;
    let segment_end = segment.file_offset.saturating_add(segment.file_bytes);
    let is_apart = segment_end <= stub.reserved_file_offset || segment.file_offset >= reserved_end;
    if segment.kind != elf::PT_NOTE || is_apart {
        return Some(segment);
    }
    let cut = reserved_end - segment.file_offset;
    (segment_end > reserved_end).then(|| Segment {
        file_offset: reserved_end,
        vaddr: segment.vaddr.wrapping_add(cut),
        file_bytes: segment.file_bytes - cut,
        memory_bytes: segment.memory_bytes.saturating_sub(cut),
        ..segment
    })
}

/// The table's bytes.
pub(super) fn write(headers: &[Segment], order: ByteOrder) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(headers.len() * PROGRAM_HEADER_BYTES as usize);
    for header in headers {
        bytes.extend_from_slice(&order.u32(header.kind));
        bytes.extend_from_slice(&order.u32(header.flags));
        // The physical address is the virtual one, as linkers set it.
        for number in [
            header.file_offset,
            header.vaddr,
            header.vaddr,
            header.file_bytes,
            header.memory_bytes,
            header.align_bytes,
        ] {
            bytes.extend_from_slice(&order.u64(number));
        }
    }
    bytes
}
