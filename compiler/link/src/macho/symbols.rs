//! The executable's symbol table: the stub's symbols and the program's functions, so that profilers
//! and debuggers show their names.
//!
//! Local symbols come first, those that a library provides last; the program's are local, since
//! nothing links against an executable, and go behind the stub's local ones. What counts symbols by
//! number (the indirect table, the ranges) moves with those behind. Sources: Apple's `nlist.h`,
//! `loader.h` (`LC_SYMTAB`, `LC_DYSYMTAB`).

use super::linkedit::SYMBOL_BYTES;
use super::stub::MachoStub;
use crate::bytes::array;
use crate::error::Error;
use crate::layout::Layout;
use crate::object::{Definition, Object};
use object::macho;

/// Offsets of fields of `LC_DYSYMTAB`: the ranges of symbols.
const LOCAL_FIRST: u64 = 8;
const LOCAL_COUNT: u64 = 12;
const EXTERNAL_FIRST: u64 = 16;
const EXTERNAL_COUNT: u64 = 20;
const UNDEFINED_FIRST: u64 = 24;
const UNDEFINED_COUNT: u64 = 28;
/// Offsets of the numbers of entries of tables that only libraries and objects have.
const ABSENT_TABLES: [u64; 5] = [36, 44, 52, 68, 76];

/// The program's symbols.
pub(super) struct Symbols {
    entries: Vec<u8>,
    names: Vec<u8>,
    /// How many symbols the stub has, and how many of them are local.
    stub_count: u32,
    stub_local_count: u32,
}

impl Symbols {
    /// Names the functions of `object`, whose code is in the section `section_number` of the image.
    pub(super) fn write(
        stub: &MachoStub<'_>,
        object: &Object<'_>,
        layout: &Layout,
        section_number: u8,
    ) -> Result<Self, Error> {
        let (symbols_count, strings_bytes) = tables(stub)?;
        let stub_local_count = local_count(stub, symbols_count)?;
        let mut entries = Vec::new();
        let mut names = Vec::new();
        if strings_bytes == 0 {
            // No name is at offset 0 (`nlist.h`).
            names.push(0);
        }
        for index in object.named_functions() {
            let symbol = &object.symbols[index];
            let Definition::Section { index, offset } = symbol.definition else { continue };
            let name_offset = u32::try_from(strings_bytes + names.len() as u64)
                .map_err(|_| Error::TooLarge { what: "the table of symbol names" })?;
            entries.extend_from_slice(&name_offset.to_le_bytes());
            entries.extend_from_slice(&[macho::N_SECT, section_number, 0, 0]);
            let vaddr = layout.items[index].vaddr + offset;
            entries.extend_from_slice(&vaddr.to_le_bytes());
            // Names of functions begin with an underscore that debuggers take off again.
            names.push(b'_');
            names.extend_from_slice(symbol.name);
            names.push(0);
        }
        Ok(Self { entries, names, stub_count: symbols_count, stub_local_count })
    }

    fn count(&self) -> u32 {
        // Each has a name of a byte or more in a table under 4 GiB.
        (self.entries.len() as u64 / SYMBOL_BYTES) as u32
    }

    /// The stub's symbol table with the program's symbols in it.
    pub(super) fn insert_into(&self, symbols: &[u8]) -> Result<Vec<u8>, Error> {
        let at = u64::from(self.stub_local_count) * SYMBOL_BYTES;
        let (local, others) = symbols
            .split_at_checked(at as usize)
            .ok_or_else(|| Error::stub("its symbol table is cut short"))?;
        Ok([local, &self.entries, others].concat())
    }

    /// The stub's string table with the program's names behind it.
    pub(super) fn append_names_to(&self, strings: &[u8]) -> Vec<u8> {
        [strings, &self.names].concat()
    }

    /// The stub's table of indirect symbols with the new numbers of its symbols.
    pub(super) fn renumber(&self, indirect: &[u8]) -> Result<Vec<u8>, Error> {
        let mut renumbered = Vec::with_capacity(indirect.len());
        for number in indirect.chunks_exact(4) {
            let number = array(number, 0).map_or(0, u32::from_le_bytes);
            let is_flag = number & (macho::INDIRECT_SYMBOL_LOCAL | macho::INDIRECT_SYMBOL_ABS) != 0;
            if !is_flag && number >= self.stub_count {
                return Err(Error::stub("an indirect symbol does not exist"));
            }
            let moves = !is_flag && number >= self.stub_local_count;
            let number = if moves { number + self.count() } else { number };
            renumbered.extend_from_slice(&number.to_le_bytes());
        }
        Ok(renumbered)
    }

    /// Adapts the ranges of the stub's `LC_DYSYMTAB`.
    pub(super) fn adapt(&self, command: &mut [u8]) {
        for field in [LOCAL_COUNT, EXTERNAL_FIRST, UNDEFINED_FIRST] {
            let field = field as usize;
            if let Some(number) = command.get_mut(field..).and_then(<[u8]>::first_chunk_mut::<4>) {
                *number = (u32::from_le_bytes(*number) + self.count()).to_le_bytes();
            }
        }
    }
}

/// The number of symbols and the size of their names.
fn tables(stub: &MachoStub<'_>) -> Result<(u32, u64), Error> {
    let command = command(stub, macho::LC_SYMTAB)?;
    let number = |offset| {
        let number = array(command, offset).map(u32::from_le_bytes);
        number.ok_or_else(|| Error::stub("a load command is cut short"))
    };
    let (symbols_count, strings_bytes) = (number(12)?, number(20)?);
    // The program's symbols are counted by their names, each in a byte or more.
    if symbols_count > u32::MAX / 2 || strings_bytes > u32::MAX / 2 {
        return Err(Error::TooLarge { what: "the stub's symbol table" });
    }
    Ok((symbols_count, strings_bytes.into()))
}

/// How many of the stub's symbols are local, having checked that the ranges follow each other.
fn local_count(stub: &MachoStub<'_>, symbols_count: u32) -> Result<u32, Error> {
    let command = command(stub, macho::LC_DYSYMTAB)?;
    let number = |offset| {
        let number = array(command, offset).map(u32::from_le_bytes);
        number.ok_or_else(|| Error::stub("a load command is cut short"))
    };
    let mut end = 0_u32;
    for (first, count) in [
        (LOCAL_FIRST, LOCAL_COUNT),
        (EXTERNAL_FIRST, EXTERNAL_COUNT),
        (UNDEFINED_FIRST, UNDEFINED_COUNT),
    ] {
        let (first, count) = (number(first)?, number(count)?);
        let next = end.checked_add(count).filter(|_| first == end);
        end = next.ok_or_else(|| Error::stub("its kinds of symbols do not follow each other"))?;
    }
    if end != symbols_count {
        return Err(Error::stub("its load commands disagree about the number of symbols"));
    }
    for field in ABSENT_TABLES {
        if number(field)? != 0 {
            return Err(Error::stub("it has tables that only libraries and objects have"));
        }
    }
    number(LOCAL_COUNT)
}

fn command<'a>(stub: &MachoStub<'a>, kind: u32) -> Result<&'a [u8], Error> {
    let mut commands = stub.commands.iter();
    commands
        .find(|command| command.kind == kind)
        .map(|command| command.bytes)
        .ok_or_else(|| Error::stub("it has no symbol table"))
}
