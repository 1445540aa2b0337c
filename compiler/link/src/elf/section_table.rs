//! The executable's section headers and their names: the stub's loaded sections, the program's, and
//! those that are not loaded.
//!
//! The kernel reads none of it; debuggers, profilers and `wasm2native inspect` do. Source: ELF gABI
//! chapter 4, "Sections".

use super::stub::{Information, KeptSection};
use super::symbols::SYMBOL_BYTES;
use crate::bytes::ByteOrder;
use crate::layout::{Group, Span};
use object::elf;

/// Size of a section header.
pub(super) const SECTION_HEADER_BYTES: u64 = 64;

/// The sections that are not loaded, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unloaded {
    Manifest,
    SymbolTable,
    Strings,
    SectionNames,
}

impl Unloaded {
    pub(super) const ALL: [Self; 4] =
        [Self::Manifest, Self::SymbolTable, Self::Strings, Self::SectionNames];

    fn name(self) -> &'static str {
        match self {
            Self::Manifest => wasm2native_abi::section::MANIFEST,
            Self::SymbolTable => ".symtab",
            Self::Strings => ".strtab",
            Self::SectionNames => ".shstrtab",
        }
    }
}

/// The names of an executable's sections and their numbers.
pub(super) struct SectionTable {
    /// `.shstrtab`.
    pub(super) names: Vec<u8>,
    name_offsets: Vec<u32>,
    kept: u16,
    groups: Vec<Group>,
}

impl SectionTable {
    /// Numbers the sections: none, the stub's `kept`, the program's `groups`, the unloaded ones.
    pub(super) fn plan(kept: &[KeptSection<'_>], groups: Vec<Group>) -> Self {
        let mut names = vec![0];
        let mut name_offsets = Vec::new();
        let kept_names = kept.iter().map(|section| section.name);
        let group_names = groups.iter().map(|&group| group.name().as_bytes());
        let unloaded_names = Unloaded::ALL.into_iter().map(|section| section.name().as_bytes());
        for name in kept_names.chain(group_names).chain(unloaded_names) {
            name_offsets.push(names.len() as u32);
            names.extend_from_slice(name);
            names.push(0);
        }
        Self { names, name_offsets, kept: kept.len() as u16, groups }
    }

    /// How many there are, the empty first one included.
    pub(super) fn count(&self) -> u16 {
        // A few more than the thousand that a stub may have.
        self.name_offsets.len() as u16 + 1
    }

    /// Size of all headers.
    pub(super) fn headers_bytes(&self) -> u64 {
        u64::from(self.count()) * SECTION_HEADER_BYTES
    }

    /// The number of a group's output section; 0 when there is none.
    pub(super) fn group_number(&self, group: Group) -> u16 {
        match self.groups.iter().position(|&it| it == group) {
            Some(position) => 1 + self.kept + position as u16,
            None => 0,
        }
    }

    /// The number of a section that is not loaded.
    pub(super) fn unloaded_number(&self, section: Unloaded) -> u16 {
        1 + self.kept + self.groups.len() as u16 + section as u16
    }

    /// The headers' bytes. `unloaded` has file offset and size of each.
    pub(super) fn write(
        &self,
        kept: &[KeptSection<'_>],
        groups: &[(Group, Span, u64)],
        unloaded: [(u64, u64); 4],
        symbol_count: u32,
        order: ByteOrder,
    ) -> Vec<u8> {
        let mut bytes = vec![0; SECTION_HEADER_BYTES as usize];
        bytes.reserve_exact(self.headers_bytes() as usize);
        let mut name_offsets = self.name_offsets.iter().copied();
        let mut push = |header: Header| {
            header.write(name_offsets.next().unwrap_or(0), order, &mut bytes);
        };
        let number = |index: Option<usize>| index.map_or(0, |index| index as u32 + 1);
        for section in kept {
            push(Header {
                kind: section.kind,
                flags: section.flags,
                vaddr: section.vaddr,
                file_offset: section.file_offset,
                size_bytes: section.size_bytes,
                link: number(section.link),
                info: match section.info {
                    Information::Section(index) => number(index),
                    Information::Number(value) => value,
                },
                align_bytes: section.align_bytes,
                entry_bytes: section.entry_bytes,
            });
        }
        for &(group, span, align_bytes) in groups {
            push(Header {
                kind: match group {
                    Group::BuildId => elf::SHT_NOTE,
                    Group::Zero => elf::SHT_NOBITS,
                    _ => elf::SHT_PROGBITS,
                },
                flags: u64::from(match group {
                    Group::Code => elf::SHF_ALLOC | elf::SHF_EXECINSTR,
                    Group::Data | Group::Zero | Group::Image => elf::SHF_ALLOC | elf::SHF_WRITE,
                    _ => elf::SHF_ALLOC,
                }),
                vaddr: span.vaddr,
                file_offset: span.file_offset,
                size_bytes: span.memory_bytes,
                align_bytes,
                ..Header::default()
            });
        }
        for (section, (file_offset, size_bytes)) in Unloaded::ALL.into_iter().zip(unloaded) {
            let header = Header { file_offset, size_bytes, align_bytes: 1, ..Header::default() };
            push(match section {
                Unloaded::Manifest => Header { kind: elf::SHT_PROGBITS, ..header },
                Unloaded::SymbolTable => Header {
                    kind: elf::SHT_SYMTAB,
                    link: self.unloaded_number(Unloaded::Strings).into(),
                    // One more than the last local symbol: all are (gABI, figure 4-14).
                    info: symbol_count,
                    align_bytes: 8,
                    entry_bytes: SYMBOL_BYTES,
                    ..header
                },
                Unloaded::Strings | Unloaded::SectionNames => {
                    Header { kind: elf::SHT_STRTAB, ..header }
                }
            });
        }
        bytes
    }
}

/// A section header, in this machine's numbers.
#[derive(Clone, Copy, Default)]
struct Header {
    kind: u32,
    flags: u64,
    vaddr: u64,
    file_offset: u64,
    size_bytes: u64,
    link: u32,
    info: u32,
    align_bytes: u64,
    entry_bytes: u64,
}

impl Header {
    fn write(self, name_offset: u32, order: ByteOrder, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&order.u32(name_offset));
        bytes.extend_from_slice(&order.u32(self.kind));
        for number in [self.flags, self.vaddr, self.file_offset, self.size_bytes] {
            bytes.extend_from_slice(&order.u64(number));
        }
        bytes.extend_from_slice(&order.u32(self.link));
        bytes.extend_from_slice(&order.u32(self.info));
        bytes.extend_from_slice(&order.u64(self.align_bytes));
        bytes.extend_from_slice(&order.u64(self.entry_bytes));
    }
}
