//! The contents of `__LINKEDIT`: tables for the dynamic linker and for debuggers, each found through a
//! load command that has its file offset and its size.
//!
//! The segment moves, so all of those numbers change. Invariants: the parts keep their order; each
//! begins at a multiple of eight bytes; none overlaps another. Sources: Apple's `loader.h`; the dynamic
//! linker's own checks, as published with its source (alignment, order, one symbol table).

use super::chains;
use super::stub::{Command, MachoStub, Segment};
use super::symbols::Symbols;
use crate::bytes::{align_up, array, range};
use crate::error::Error;
use object::macho;
use std::borrow::Cow;

/// Size of a symbol.
pub(super) const SYMBOL_BYTES: u64 = 16;
const PART_ALIGN_BYTES: u64 = 8;

/// What a part is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Symbols,
    Strings,
    IndirectSymbols,
    Rebases,
    ChainedFixups,
    /// Bindings, exports, function starts, data in code: they name places in other segments only,
    /// which do not move.
    Other,
}

/// Where a load command has a part's file offset, and behind it the number of its entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) offset: u64,
    pub(super) entry_bytes: u64,
    role: Role,
}

/// The fields of a load command that refer to parts; none when it is not known to have any.
pub(super) fn fields(kind: u32) -> &'static [Field] {
    const fn field(offset: u64, entry_bytes: u64, role: Role) -> Field {
        Field { offset, entry_bytes, role }
    }
    const SYMTAB: &[Field] = &[field(8, SYMBOL_BYTES, Role::Symbols), field(16, 1, Role::Strings)];
    const DYSYMTAB: &[Field] = &[field(56, 4, Role::IndirectSymbols)];
    const DYLD_INFO: &[Field] = &[
        field(8, 1, Role::Rebases),
        field(16, 1, Role::Other),
        field(24, 1, Role::Other),
        field(32, 1, Role::Other),
        field(40, 1, Role::Other),
    ];
    const CHAINED_FIXUPS: &[Field] = &[field(8, 1, Role::ChainedFixups)];
    const OTHER: &[Field] = &[field(8, 1, Role::Other)];
    match kind {
        macho::LC_SYMTAB => SYMTAB,
        macho::LC_DYSYMTAB => DYSYMTAB,
        macho::LC_DYLD_INFO | macho::LC_DYLD_INFO_ONLY => DYLD_INFO,
        macho::LC_DYLD_CHAINED_FIXUPS => CHAINED_FIXUPS,
        macho::LC_DYLD_EXPORTS_TRIE | macho::LC_FUNCTION_STARTS | macho::LC_DATA_IN_CODE => OTHER,
        _ => &[],
    }
}

/// A part of a stub's `__LINKEDIT`.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) role: Role,
    /// The index of its load command, and where that has its file offset.
    pub(super) command: usize,
    pub(super) field: Field,
    pub(super) file_offset: u64,
    pub(super) bytes: &'a [u8],
}

/// The parts of a stub that `commands` refer to, ascending.
pub(super) fn parts<'a>(
    data: &'a [u8],
    commands: &[Command<'_>],
    linkedit: Segment<'_>,
) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        for &field in fields(command.kind) {
            let number = |offset| {
                let number = array(command.bytes, offset).map(u32::from_le_bytes).map(u64::from);
                number.ok_or_else(|| Error::stub("a load command is cut short"))
            };
            let file_offset = number(field.offset)?;
            let size_bytes = number(field.offset + 4)? * field.entry_bytes;
            let end = linkedit.file_offset + linkedit.file_bytes;
            let is_inside = size_bytes == 0
                || (file_offset >= linkedit.file_offset && file_offset + size_bytes <= end);
            let bytes =
                if size_bytes == 0 { Some(&[][..]) } else { range(data, file_offset, size_bytes) };
            let bytes = bytes.filter(|_| is_inside);
            let bytes = bytes.ok_or_else(|| Error::stub("a table lies outside `__LINKEDIT`"))?;
            parts.push(Part { role: field.role, command: index, field, file_offset, bytes });
        }
    }
    parts.sort_by_key(|part| part.file_offset);
    let mut end = 0;
    for part in parts.iter().filter(|part| !part.bytes.is_empty()) {
        if part.file_offset < end {
            return Err(Error::stub("tables in `__LINKEDIT` overlap"));
        }
        end = part.file_offset + part.bytes.len() as u64;
    }
    Ok(parts)
}

/// The new contents of `__LINKEDIT`, but for the signature.
pub(super) struct Linkedit {
    pub(super) bytes: Vec<u8>,
    /// For each part of the stub, file offset and number of entries.
    pub(super) places: Vec<(u32, u32)>,
}

impl Linkedit {
    /// Puts all parts where they will be when the segment begins at `file_offset`, with the program's
    /// symbols, in an image that has `added_segments` more segments than the stub.
    pub(super) fn write(
        stub: &MachoStub<'_>,
        symbols: &Symbols,
        added_segments: usize,
        file_offset: u64,
    ) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let mut places = Vec::with_capacity(stub.parts.len());
        for part in &stub.parts {
            let contents = match part.role {
                Role::Symbols => Cow::Owned(symbols.insert_into(part.bytes)?),
                Role::Strings => Cow::Owned(symbols.append_names_to(part.bytes)),
                Role::IndirectSymbols => Cow::Owned(symbols.renumber(part.bytes)?),
                Role::ChainedFixups => Cow::Owned(chains::extend(part.bytes, added_segments)?),
                Role::Rebases | Role::Other => Cow::Borrowed(part.bytes),
            };
            let start = align_up(bytes.len() as u64, PART_ALIGN_BYTES).unwrap_or(u64::MAX);
            bytes.resize(start as usize, 0);
            bytes.extend_from_slice(&contents);
            let too_large = |_| Error::TooLarge { what: "the executable" };
            let offset = if contents.is_empty() && part.file_offset == 0 {
                0
            } else {
                u32::try_from(file_offset + start).map_err(too_large)?
            };
            let count = contents.len() as u64 / part.field.entry_bytes;
            places.push((offset, u32::try_from(count).map_err(too_large)?));
        }
        Ok(Self { bytes, places })
    }
}
