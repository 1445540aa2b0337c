//! The exception directory's table: the stub's entries and one for each of the program's functions, so
//! that Windows and debuggers find a function's caller.
//!
//! Compiled functions keep frame pointers: all that are covered here begin with the same two
//! instructions, which save the caller's frame pointer and set up their own, and nothing moves it until
//! the end. So the caller's frame follows from the frame pointer alone, whatever else a function saves,
//! allocates or probes, and all functions share one description (x86-64), or one for each length
//! (AArch64, whose descriptions include it). Functions that begin otherwise have no entry, which means
//! that they have no frame. Callee-saved registers other than the frame pointer are not described: the
//! stub does not unwind to resume anywhere, and callers' frames do not depend on them.
//!
//! On x86-64 that is exact at every instruction, since unwinders recognise the end of a function, `pop
//! rbp; ret`, by its instructions. On AArch64 ends are not described: between reloading the frame
//! pointer and returning, one frame is skipped. Invariants: entries are ascending and apart. Sources:
//! Microsoft's "x64 exception handling" and "ARM64 exception handling".

use super::symbols::{Function, functions};
use crate::bytes::range;
use crate::object::Object;
use crate::resolve::Addresses;
use std::collections::BTreeMap;
use wasm2native_targets::Architecture;

/// Alignment of descriptions and of the table.
pub(super) const ALIGN_BYTES: u64 = 4;
/// Size of a description.
const DESCRIPTION_BYTES: usize = 8;

/// push rbp; mov rbp, rsp
const X86_64_PROLOGUE: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// `stp x29, x30, [sp, #-16]!; mov x29, sp`
const AARCH64_PROLOGUE: [u8; 8] = [0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91];

/// UNWIND_INFO: version 1, four bytes of prologue, two codes, the frame register is rbp; after four
/// bytes UWOP_SET_FPREG, after one UWOP_PUSH_NONVOL of rbp.
const X86_64_DESCRIPTION: [u8; DESCRIPTION_BYTES] = [0x01, 4, 2, 5, 4, 0x03, 1, 0x50];

/// Words of a header's length field.
const AARCH64_MAXIMUM_WORDS: u64 = (1 << 18) - 1;
/// One word of codes, no handler, no ends.
const AARCH64_HEADER: u32 = 1 << 27;
/// set_fp, save_fplr_x of 16 bytes, end; and what does nothing.
const AARCH64_CODES: [u8; 4] = [0xe1, 0x81, 0xe4, 0xe3];
/// The same for the rest of a function that is too long for one: end_c says that it has no prologue.
const AARCH64_REST_CODES: [u8; 4] = [0xe5, 0xe1, 0x81, 0xe4];

/// The size of an entry of the table.
pub(super) fn entry_bytes(architecture: Architecture) -> u64 {
    match architecture {
        Architecture::Aarch64 => 8,
        _ => 12,
    }
}

/// A run of code with a description.
struct Entry {
    /// The object's section, and the run in it.
    section: usize,
    start: u64,
    end: u64,
    description: Description,
}

/// How one finds the caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Description {
    X86_64,
    Aarch64 { words: u64, has_prologue: bool },
}

impl Description {
    fn bytes(self) -> [u8; DESCRIPTION_BYTES] {
        match self {
            Self::X86_64 => X86_64_DESCRIPTION,
            Self::Aarch64 { words, has_prologue } => {
                let header = (AARCH64_HEADER | words as u32).to_le_bytes();
                let codes = if has_prologue { AARCH64_CODES } else { AARCH64_REST_CODES };
                let mut bytes = [0; DESCRIPTION_BYTES];
                bytes[..4].copy_from_slice(&header);
                bytes[4..].copy_from_slice(&codes);
                bytes
            }
        }
    }
}

/// Descriptions and table, to be placed.
pub(super) struct Unwind<'a> {
    stub_table: &'a [u8],
    entries: Vec<Entry>,
    /// Each with its offset in `description_bytes`.
    offsets: BTreeMap<Description, u64>,
    /// All descriptions; read-only data of the program.
    pub(super) description_bytes: Vec<u8>,
    entry_bytes: u64,
}

impl<'a> Unwind<'a> {
    /// Describes the functions of `object`; the stub's are in `stub_table`.
    pub(super) fn plan(
        architecture: Architecture,
        object: &Object<'_>,
        stub_table: &'a [u8],
    ) -> Self {
        let mut framed: Vec<Function> = functions(object)
            .filter(|function| begins_with_frame(architecture, object, function))
            .collect();
        framed.sort_unstable_by_key(|function| (function.section, function.offset));
        let mut entries: Vec<Entry> = Vec::with_capacity(framed.len());
        for function in framed {
            let overlaps = entries
                .last()
                .is_some_and(|last| last.section == function.section && last.end > function.offset);
            if !overlaps {
                describe(architecture, &function, &mut entries);
            }
        }
        let mut offsets: BTreeMap<_, _> =
            entries.iter().map(|entry| (entry.description, 0)).collect();
        let mut description_bytes = Vec::with_capacity(DESCRIPTION_BYTES * offsets.len());
        for (description, offset) in &mut offsets {
            *offset = description_bytes.len() as u64;
            description_bytes.extend_from_slice(&description.bytes());
        }
        let entry_bytes = entry_bytes(architecture);
        Self { stub_table, entries, offsets, description_bytes, entry_bytes }
    }

    /// Size of the table; nothing when the stub's own is all there is.
    pub(super) fn table_bytes(&self) -> u64 {
        if self.entries.is_empty() {
            return 0;
        }
        self.stub_table.len() as u64 + self.entries.len() as u64 * self.entry_bytes
    }

    /// The table, with the descriptions at `descriptions_rva`.
    pub(super) fn write(&self, addresses: &Addresses, descriptions_rva: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.table_bytes() as usize);
        bytes.extend_from_slice(self.stub_table);
        // Addresses in the image fit 32 bits: layout sees to it.
        let mut push = |rva: u64| bytes.extend_from_slice(&(rva as u32).to_le_bytes());
        for entry in &self.entries {
            let section_rva = addresses.section(entry.section);
            push(section_rva + entry.start);
            if entry.description == Description::X86_64 {
                push(section_rva + entry.end);
            }
            push(descriptions_rva + self.offsets[&entry.description]);
        }
        bytes
    }
}

fn begins_with_frame(architecture: Architecture, object: &Object<'_>, function: &Function) -> bool {
    let code = object.sections[function.section].bytes;
    let code = range(code, function.offset, function.size_bytes).unwrap_or(&[]);
    match architecture {
        Architecture::X86_64 => code.starts_with(&X86_64_PROLOGUE),
        Architecture::Aarch64 => code.starts_with(&AARCH64_PROLOGUE),
        Architecture::Riscv64 | Architecture::S390x => false,
    }
}

/// Adds a function's entries: more than one when its length exceeds what a description can say.
fn describe(architecture: Architecture, function: &Function, entries: &mut Vec<Entry>) {
    let Function { section, offset, size_bytes, .. } = *function;
    let end = offset + size_bytes;
    if architecture == Architecture::X86_64 {
        entries.push(Entry { section, start: offset, end, description: Description::X86_64 });
        return;
    }
    let mut start = offset;
    while end - start >= 4 {
        let words = ((end - start) / 4).min(AARCH64_MAXIMUM_WORDS);
        let description = Description::Aarch64 { words, has_prologue: start == offset };
        entries.push(Entry { section, start, end: start + 4 * words, description });
        start += 4 * words;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(offset: u64, size_bytes: u64) -> Function {
        Function { symbol: 0, section: 0, offset, size_bytes }
    }

    #[test]
    fn a_function_of_x86_64_is_one_entry() {
        let mut entries = Vec::new();
        describe(Architecture::X86_64, &function(0x10, 0x123_4567), &mut entries);
        let [Entry { start: 0x10, end: 0x123_4577, .. }] = entries[..] else { panic!("one") };
    }

    #[test]
    fn a_long_function_of_aarch64_has_one_prologue() {
        let mut entries = Vec::new();
        let longest = 4 * AARCH64_MAXIMUM_WORDS;
        describe(Architecture::Aarch64, &function(0x10, 2 * longest + 8), &mut entries);
        let runs: Vec<_> = entries.iter().map(|entry| (entry.start, entry.end)).collect();
        let second = 0x10 + longest;
        assert_eq!(
            runs,
            [(0x10, second), (second, second + longest), (second + longest, second + longest + 8)]
        );
        let bytes: Vec<_> = entries.iter().map(|entry| entry.description.bytes()).collect();
        assert_eq!(bytes[0], [0xff, 0xff, 0x03, 0x08, 0xe1, 0x81, 0xe4, 0xe3]);
        assert_eq!(bytes[1], [0xff, 0xff, 0x03, 0x08, 0xe5, 0xe1, 0x81, 0xe4]);
        assert_eq!(bytes[2], [0x02, 0x00, 0x00, 0x08, 0xe5, 0xe1, 0x81, 0xe4]);
    }
}
