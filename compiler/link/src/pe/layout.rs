//! Places the program behind the stub's sections: in memory and in the file, before a byte is written.
//!
//! Each kind of content becomes a section. Unlike segments of ELF, sections of PE are adjacent in
//! memory, so where one is aligned to more than a page, the one before it becomes longer; and each
//! begins at a multiple of its own in the file, so nothing is shared between them. Invariants: sections
//! are ascending and adjacent; addresses and offsets fit 32 bits. Source: Microsoft's "PE Format",
//! "Section Table", "Section Data".

use crate::bytes::align_up;
use crate::error::Error;
use object::pe;
use wasm2native_abi::section;

/// What a section holds; the order is that of the image. Code is nearest to the stub's functions, which
/// it calls. What may be aligned to more than a page comes last, behind what has no exact length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Code,
    Policy,
    Script,
    Manifest,
    Unwind,
    ReadOnly,
    Data,
    /// Zero at start, not in the file; the end of the section of [`Kind::Data`].
    Zero,
    Image,
}

/// What the exception directory's table is usually called.
pub(super) const UNWIND_SECTION: &str = ".pdata";

impl Kind {
    /// The kind that the section is called after.
    fn section(self) -> Self {
        if self == Self::Zero { Self::Data } else { self }
    }

    /// The section's name, at most eight bytes. The stub has a `.text` of its own.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Code => section::PROGRAM_CODE_PE,
            Self::Policy => section::POLICY_PE,
            Self::Script => section::SCRIPT_PE,
            Self::Manifest => section::MANIFEST_PE,
            // The stub's entries are in it too, so tools that go by names may take it for the whole.
            Self::Unwind => UNWIND_SECTION,
            Self::ReadOnly => section::PROGRAM_READ_ONLY_PE,
            Self::Data | Self::Zero => section::PROGRAM_DATA_PE,
            Self::Image => section::MEMORY_IMAGE_PE,
        }
    }

    /// The section's flags. Windows loads every section; one that nobody reads may be discarded.
    pub(super) fn characteristics(self) -> u32 {
        let data = pe::IMAGE_SCN_CNT_INITIALIZED_DATA | pe::IMAGE_SCN_MEM_READ;
        match self {
            Self::Code => {
                pe::IMAGE_SCN_CNT_CODE | pe::IMAGE_SCN_MEM_READ | pe::IMAGE_SCN_MEM_EXECUTE
            }
            Self::Policy | Self::Script | Self::Unwind | Self::ReadOnly => data,
            Self::Manifest => data | pe::IMAGE_SCN_MEM_DISCARDABLE,
            Self::Data | Self::Zero | Self::Image => data | pe::IMAGE_SCN_MEM_WRITE,
        }
    }
}

/// Something to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind,
    pub(super) align_bytes: u64,
    pub(super) size_bytes: u64,
    /// `size_bytes` long, or empty for what is zero or written later.
    pub(super) bytes: &'a [u8],
    /// What to call it in a message.
    pub(super) name: &'a str,
}

/// Where layout starts, and what it must agree with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) page_bytes: u64,
    pub(super) section_align_bytes: u64,
    pub(super) file_align_bytes: u64,
    /// The first address behind the stub's image.
    pub(super) first_rva: u64,
    /// The first offset behind the stub's contents.
    pub(super) first_file_offset: u64,
}

/// Where a part is; the offset has no meaning for one that is not in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) rva: u64,
    pub(super) file_offset: u64,
}

/// An output section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) kind: Kind,
    pub(super) rva: u64,
    pub(super) memory_bytes: u64,
    /// Zero, like the size, when nothing of it is in the file.
    pub(super) file_offset: u64,
    /// A multiple of the file's alignment.
    pub(super) file_bytes: u64,
}

/// The result.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// By index of the parts.
    pub(super) places: Vec<Place>,
    /// In order.
    pub(super) sections: Vec<Section>,
    /// The first address behind the image.
    pub(super) end_rva: u64,
    /// The first offset behind the sections.
    pub(super) end_file_offset: u64,
}

/// Alignments beyond this are refused; the largest page of any target.
const MAXIMUM_ALIGN_BYTES: u64 = 64 << 10;
/// Images and files end below this, so that every distance fits 32 bits.
const MAXIMUM_BYTES: u64 = 1 << 31;
const TOO_LARGE: Error = Error::TooLarge { what: "the program's image" };

/// How many sections [`lay_out`] makes.
pub(super) fn section_count(parts: &[Part<'_>]) -> usize {
    let mut kinds: Vec<_> =
        parts.iter().filter(|part| part.size_bytes != 0).map(|part| part.kind.section()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len()
}

/// Places all of `parts`.
pub(super) fn lay_out(parts: &[Part<'_>], rules: Rules) -> Result<Layout, Error> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // Stable, so that parts of one kind stay in the order of the object.
    order.sort_by_key(|&index| parts[index].kind);
    let mut layout = Layout {
        places: vec![Place::default(); parts.len()],
        sections: Vec::new(),
        end_rva: rules.first_rva,
        end_file_offset: rules.first_file_offset,
    };
    for members in order.chunk_by(|&a, &b| parts[a].kind.section() == parts[b].kind.section()) {
        layout.place_section(parts, members, rules)?;
    }
    Ok(layout)
}

impl Layout {
    fn place_section(
        &mut self,
        parts: &[Part<'_>],
        members: &[usize],
        rules: Rules,
    ) -> Result<(), Error> {
        let first = &parts[members[0]];
        let kind = first.kind.section();
        let least = if kind == Kind::Image { rules.page_bytes } else { 1 };
        let align_bytes = members.iter().map(|&index| parts[index].align_bytes).max().unwrap_or(1);
        let is_small = align_bytes <= rules.section_align_bytes;
        if align_bytes > MAXIMUM_ALIGN_BYTES || kind != Kind::Image && !is_small {
            return Err(unsupported(first.name, "its alignment is too large"));
        }
        let next = align_up(self.end_rva, rules.section_align_bytes).ok_or(TOO_LARGE)?;
        let rva = align_up(next, align_bytes).ok_or(TOO_LARGE)?;
        let file_offset =
            align_up(self.end_file_offset, rules.file_align_bytes).ok_or(TOO_LARGE)?;
        let (mut memory_bytes, mut content_bytes) = (0_u64, 0_u64);
        for &index in members {
            let part = &parts[index];
            let start = align_up(memory_bytes, part.align_bytes.max(least)).ok_or(TOO_LARGE)?;
            memory_bytes = start.checked_add(part.size_bytes).ok_or(TOO_LARGE)?;
            if rva.checked_add(memory_bytes).is_none_or(|end| end > MAXIMUM_BYTES) {
                return Err(TOO_LARGE);
            }
            if kind == Kind::Image && !part.size_bytes.is_multiple_of(rules.page_bytes) {
                return Err(unsupported(part.name, "its size is not a multiple of the page size"));
            }
            if part.kind != Kind::Zero {
                content_bytes = memory_bytes;
            }
            self.places[index] = Place { rva: rva + start, file_offset: file_offset + start };
        }
        if memory_bytes == 0 {
            return Ok(());
        }
        if let Some(previous) = self.sections.last_mut().filter(|_| rva != next) {
            previous.memory_bytes = rva - previous.rva;
        }
        let file_bytes = align_up(content_bytes, rules.file_align_bytes).ok_or(TOO_LARGE)?;
        self.end_rva = rva + memory_bytes;
        let file_offset = if file_bytes == 0 { 0 } else { file_offset };
        if file_bytes != 0 {
            self.end_file_offset = file_offset + file_bytes;
        }
        if self.end_file_offset > MAXIMUM_BYTES {
            return Err(TOO_LARGE);
        }
        self.sections.push(Section { kind, rva, memory_bytes, file_offset, file_bytes });
        Ok(())
    }
}

fn unsupported(section: &str, reason: &'static str) -> Error {
    Error::UnsupportedSection { section: section.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        page_bytes: 0x1000,
        section_align_bytes: 0x1000,
        file_align_bytes: 0x200,
        first_rva: 0x5000,
        first_file_offset: 0x1400,
    };

    fn part(kind: Kind, size_bytes: u64) -> Part<'static> {
        Part { kind, align_bytes: 16, size_bytes, bytes: &[], name: "test" }
    }

    #[test]
    fn sections_are_adjacent_and_aligned() {
        let parts = [
            part(Kind::Data, 0x201),
            part(Kind::Code, 0x1001),
            part(Kind::Zero, 0x5000),
            part(Kind::ReadOnly, 3),
            part(Kind::Code, 5),
            part(Kind::Script, 0),
        ];
        let layout = lay_out(&parts, RULES).unwrap();
        let section = |kind, rva, memory_bytes, file_offset, file_bytes| Section {
            kind,
            rva,
            memory_bytes,
            file_offset,
            file_bytes,
        };
        assert_eq!(
            layout.sections,
            [
                section(Kind::Code, 0x5000, 0x1015, 0x1400, 0x1200),
                section(Kind::ReadOnly, 0x7000, 3, 0x2600, 0x200),
                section(Kind::Data, 0x8000, 0x5210, 0x2800, 0x400),
            ]
        );
        assert_eq!(section_count(&parts), 3);
        assert_eq!(layout.places[4], Place { rva: 0x6010, file_offset: 0x2410 });
        assert_eq!(layout.places[2].rva, 0x8210);
        assert_eq!((layout.end_rva, layout.end_file_offset), (0xd210, 0x2c00));
    }

    #[test]
    fn the_section_before_one_of_larger_alignment_is_longer() {
        let large = Part { align_bytes: 0x1_0000, ..part(Kind::Image, 0x2000) };
        let layout = lay_out(&[large, part(Kind::ReadOnly, 8)], RULES).unwrap();
        let [before, image] = layout.sections[..] else { panic!("two sections") };
        assert_eq!((before.rva, before.memory_bytes, before.file_bytes), (0x5000, 0xb000, 0x200));
        assert_eq!((image.rva, image.memory_bytes, image.file_offset), (0x1_0000, 0x2000, 0x1600));
    }

    #[test]
    fn zeros_alone_are_not_in_the_file() {
        let layout = lay_out(&[part(Kind::Zero, 9), part(Kind::Image, 0x1000)], RULES).unwrap();
        assert_eq!((layout.sections[0].file_offset, layout.sections[0].file_bytes), (0, 0));
        assert_eq!(layout.sections[1].file_offset, RULES.first_file_offset);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let error = |part: Part<'_>| lay_out(&[part], RULES).err();
        for size in [1 << 31, u64::MAX - 5, u64::MAX] {
            assert_eq!(error(part(Kind::Zero, size)), Some(TOO_LARGE));
        }
        for (kind, align_bytes) in [(Kind::Image, 0x2_0000), (Kind::ReadOnly, 0x2000)] {
            let large = Part { align_bytes, ..part(kind, 0x1000) };
            assert!(matches!(error(large), Some(Error::UnsupportedSection { .. })));
        }
        let partial = error(part(Kind::Image, 0x1234));
        assert!(matches!(partial, Some(Error::UnsupportedSection { .. })));
    }
}
