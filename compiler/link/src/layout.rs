//! Fixes every address and file offset before a byte is written.
//!
//! Loaded items are grouped into output sections, those by access into segments, and the segments
//! follow the stub's in memory and in the file. In memory each starts on a page of its own. How they
//! lie in the file is the format's decision, see [`Packing`]. Memory images, which the stub moves as
//! whole pages, always start on such a page of the file; the gap before them takes in what is not
//! loaded (symbols, manifest, section headers).
//!
//! Invariants: segments are ascending and share no page in memory; time is linear in the items.

use crate::bytes::align_up;
use crate::error::Error;
use crate::object::Access;
use wasm2native_abi::program::IMAGE_PAGE_BYTES;
use wasm2native_abi::section;

/// An output section; the order is that of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Code,
    BuildId,
    Policy,
    Script,
    ReadOnly,
    /// Only where every section is part of a segment; elsewhere the manifest is not loaded.
    Manifest,
    Data,
    /// Zero at start, not in the file.
    Zero,
    Image,
}

impl Group {
    /// How it is mapped.
    pub(crate) fn access(self) -> Access {
        match self {
            Self::Code => Access::Execute,
            Self::BuildId | Self::Policy | Self::Script | Self::ReadOnly | Self::Manifest => {
                Access::Read
            }
            Self::Data | Self::Zero => Access::Write,
            Self::Image => Access::Image,
        }
    }

    /// What the output section is called, as in `wasm2native_abi::section`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => section::PROGRAM_CODE,
            Self::BuildId => ".note.gnu.build-id",
            Self::Policy => section::POLICY,
            Self::Script => section::SCRIPT,
            Self::ReadOnly => section::PROGRAM_READ_ONLY,
            Self::Manifest => section::MANIFEST,
            Self::Data => section::PROGRAM_DATA,
            Self::Zero => section::PROGRAM_ZERO,
            Self::Image => section::MEMORY_IMAGE,
        }
    }
}

/// Something loaded, to be placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) group: Group,
    pub(crate) align_bytes: u64,
    pub(crate) size_bytes: u64,
    /// `size_bytes` long, or empty for [`Group::Zero`].
    pub(crate) bytes: &'a [u8],
    /// What to call it in a message.
    pub(crate) name: &'a str,
}

/// Something that is in the file only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loose {
    pub(crate) align_bytes: u64,
    pub(crate) size_bytes: u64,
}

/// How segments lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Nothing is padded: neighbours share a page of the file, which is then mapped twice. File offset
    /// and address are congruent modulo the page size.
    Shared,
    /// Each has multiples of so many bytes for itself; its address is that of a page.
    Apart { align_bytes: u64 },
}

/// Where layout starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) packing: Packing,
    pub(crate) page_bytes: u64,
    /// The first address behind the stub's image.
    pub(crate) first_vaddr: u64,
    /// The first offset behind the stub's loaded contents.
    pub(crate) first_file_offset: u64,
}

/// A run of memory and the run of the file that it is filled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) vaddr: u64,
    pub(crate) file_offset: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) file_bytes: u64,
}

/// The result.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// By index of the items.
    pub(crate) items: Vec<Span>,
    /// The output sections that are there, in order, and their alignment.
    pub(crate) groups: Vec<(Group, Span, u64)>,
    /// The segments that are there, in order.
    pub(crate) segments: Vec<(Access, Span)>,
    /// File offsets by index of the loose parts.
    pub(crate) loose: Vec<u64>,
    /// The file's size.
    pub(crate) file_bytes: u64,
}

/// Alignments beyond this are refused; the largest page of any target.
const MAXIMUM_ALIGN_BYTES: u64 = 64 << 10;
/// Images end below this address, so that distances never overflow; user space is 2^47 at most.
const MAXIMUM_VADDR: u64 = 1 << 46;

/// Places all of `items` and `loose`.
pub(crate) fn lay_out(items: &[Item<'_>], loose: &[Loose], rules: Rules) -> Result<Layout, Error> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    // Stable, so that items of one group stay in the order of the object.
    order.sort_by_key(|&index| items[index].group);
    let mut cursor = Cursor { vaddr: rules.first_vaddr, file_offset: rules.first_file_offset };
    let mut layout = Layout {
        items: vec![Span { vaddr: 0, file_offset: 0, memory_bytes: 0, file_bytes: 0 }; items.len()],
        groups: Vec::new(),
        segments: Vec::new(),
        loose: vec![u64::MAX; loose.len()],
        file_bytes: 0,
    };
    for members in order.chunk_by(|&a, &b| items[a].group.access() == items[b].group.access()) {
        let access = items[members[0]].group.access();
        if access == Access::Image {
            let start = align_up(cursor.file_offset, IMAGE_PAGE_BYTES).ok_or(TOO_LARGE)?;
            fill_gap(cursor.file_offset, start, loose, &mut layout.loose);
        }
        let span = cursor.place_segment(items, members, access, rules, &mut layout)?;
        layout.segments.push((access, span));
    }
    for (part, offset) in loose.iter().zip(&mut layout.loose) {
        if *offset == u64::MAX {
            *offset = align_up(cursor.file_offset, part.align_bytes).ok_or(TOO_LARGE)?;
            cursor.file_offset = offset.checked_add(part.size_bytes).ok_or(TOO_LARGE)?;
        }
    }
    layout.file_bytes = cursor.file_offset;
    Ok(layout)
}

const TOO_LARGE: Error = Error::TooLarge { what: "the program's image" };

/// Puts what fits between two file offsets there, in order.
fn fill_gap(mut from: u64, to: u64, loose: &[Loose], offsets: &mut [u64]) {
    for (part, offset) in loose.iter().zip(offsets) {
        let Some(start) = align_up(from, part.align_bytes) else { return };
        if let Some(end) = start.checked_add(part.size_bytes).filter(|&end| end <= to) {
            *offset = start;
            from = end;
        }
    }
}

/// The first address and file offset that are free.
struct Cursor {
    vaddr: u64,
    file_offset: u64,
}

impl Cursor {
    fn place_segment(
        &mut self,
        items: &[Item<'_>],
        members: &[usize],
        access: Access,
        rules: Rules,
        layout: &mut Layout,
    ) -> Result<Span, Error> {
        let page_bytes = rules.page_bytes;
        let align_bytes = members.iter().map(|&index| align_of(&items[index]));
        let align_bytes = align_bytes.max().unwrap_or(1);
        if align_bytes > MAXIMUM_ALIGN_BYTES {
            return Err(unsupported(items[members[0]].name, "its alignment is too large"));
        }
        // Addresses and offsets advance together from a start that is congruent modulo the page.
        let page = align_up(self.vaddr, page_bytes.max(align_bytes)).ok_or(TOO_LARGE)?;
        let (file_align_bytes, size_align_bytes) = match rules.packing {
            Packing::Shared => (align_bytes.min(page_bytes), 1),
            Packing::Apart { align_bytes } => (align_bytes, align_bytes),
        };
        let file_offset = align_up(self.file_offset, file_align_bytes).ok_or(TOO_LARGE)?;
        let vaddr = match rules.packing {
            Packing::Shared if align_bytes < page_bytes => page + file_offset % page_bytes,
            Packing::Shared | Packing::Apart { .. } => page,
        };
        let mut memory_bytes = 0_u64;
        let mut file_bytes = 0_u64;
        for run in members.chunk_by(|&a, &b| items[a].group == items[b].group) {
            // An output section is aligned as the most demanding of its items.
            let run_align_bytes = run.iter().map(|&index| align_of(&items[index]));
            let run_align_bytes = run_align_bytes.max().unwrap_or(1);
            memory_bytes =
                align_up(vaddr + memory_bytes, run_align_bytes).ok_or(TOO_LARGE)? - vaddr;
            for &index in run {
                let item = &items[index];
                let align_bytes = align_of(item);
                let start = align_up(vaddr + memory_bytes, align_bytes).ok_or(TOO_LARGE)? - vaddr;
                memory_bytes = start.checked_add(item.size_bytes).ok_or(TOO_LARGE)?;
                if vaddr.checked_add(memory_bytes).is_none_or(|end| end > MAXIMUM_VADDR) {
                    return Err(TOO_LARGE);
                }
                if access == Access::Image && !item.size_bytes.is_multiple_of(IMAGE_PAGE_BYTES) {
                    let reason = "its size is not a multiple of the page size";
                    return Err(unsupported(item.name, reason));
                }
                let in_file = if item.group == Group::Zero { 0 } else { item.size_bytes };
                if item.group != Group::Zero {
                    file_bytes = memory_bytes;
                }
                let span = Span {
                    vaddr: vaddr + start,
                    file_offset: file_offset + start,
                    memory_bytes: item.size_bytes,
                    file_bytes: in_file,
                };
                layout.items[index] = span;
                add_to_group(&mut layout.groups, item.group, span, run_align_bytes);
            }
        }
        let file_bytes = align_up(file_bytes, size_align_bytes).ok_or(TOO_LARGE)?;
        self.vaddr = vaddr + memory_bytes;
        self.file_offset = file_offset.checked_add(file_bytes).ok_or(TOO_LARGE)?;
        Ok(Span { vaddr, file_offset, memory_bytes, file_bytes })
    }
}

/// Memory images have pages of their own.
fn align_of(item: &Item<'_>) -> u64 {
    let least = if item.group == Group::Image { IMAGE_PAGE_BYTES } else { 1 };
    item.align_bytes.max(least)
}

/// Extends the last output section by `span`, or begins another one.
fn add_to_group(groups: &mut Vec<(Group, Span, u64)>, group: Group, span: Span, align_bytes: u64) {
    match groups.last_mut() {
        Some((last, run, _)) if *last == group => {
            run.memory_bytes = span.vaddr + span.memory_bytes - run.vaddr;
            if group != Group::Zero {
                run.file_bytes = run.memory_bytes;
            }
        }
        _ => groups.push((group, span, align_bytes)),
    }
}

fn unsupported(section: &str, reason: &'static str) -> Error {
    Error::UnsupportedSection { section: section.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        packing: Packing::Shared,
        page_bytes: 4096,
        first_vaddr: 0x1_2345,
        first_file_offset: 0x2345,
    };

    fn item(group: Group, size_bytes: u64) -> Item<'static> {
        Item { group, align_bytes: 16, size_bytes, bytes: &[], name: "test" }
    }

    #[test]
    fn segments_share_pages_of_the_file_and_none_in_memory() {
        let items = [
            item(Group::Data, 0x101),
            item(Group::Code, 0x1001),
            item(Group::Zero, 0x5000),
            item(Group::ReadOnly, 3),
            item(Group::Code, 5),
        ];
        let layout = lay_out(&items, &[], RULES).unwrap();
        let accesses: Vec<_> = layout.segments.iter().map(|(access, _)| *access).collect();
        assert_eq!(accesses, [Access::Execute, Access::Read, Access::Write]);
        let mut end_vaddr = RULES.first_vaddr;
        let mut end_offset = RULES.first_file_offset;
        for (_, span) in &layout.segments {
            assert_eq!(span.vaddr % 4096, span.file_offset % 4096);
            assert!(span.vaddr / 4096 > (end_vaddr - 1) / 4096);
            assert!((end_offset..end_offset + 16).contains(&span.file_offset));
            end_vaddr = span.vaddr + span.memory_bytes;
            end_offset = span.file_offset + span.file_bytes;
        }
        assert_eq!(layout.file_bytes, end_offset);
        // In order within a group, aligned.
        assert_eq!(layout.items[1].vaddr, layout.segments[0].1.vaddr);
        assert_eq!(layout.items[4].vaddr, layout.items[1].vaddr + 0x1010);
        assert_eq!(layout.items[2].file_bytes, 0);
    }

    #[test]
    fn images_have_pages_of_their_own_and_loose_parts_fill_the_gap() {
        let items = [item(Group::Image, 0x2000), item(Group::ReadOnly, 0x10)];
        let loose = [
            Loose { align_bytes: 8, size_bytes: 0x100_0000 },
            Loose { align_bytes: 8, size_bytes: 0x20 },
        ];
        let layout = lay_out(&items, &loose, RULES).unwrap();
        let image = layout.items[0];
        assert_eq!((image.vaddr % 4096, image.file_offset), (0, 0x3000));
        assert_eq!(layout.loose, [0x5000, 0x2360]);
        assert_eq!(layout.file_bytes, 0x100_5000);
    }

    #[test]
    fn alignments_above_a_page_are_kept() {
        let large = Item { align_bytes: 0x1_0000, ..item(Group::ReadOnly, 1) };
        let layout = lay_out(&[item(Group::ReadOnly, 7), large], &[], RULES).unwrap();
        assert_eq!(layout.items[1].vaddr % 0x1_0000, 0);
        let segment = layout.segments[0].1;
        assert_eq!(segment.vaddr % 4096, segment.file_offset % 4096);
        let huge = Item { align_bytes: 0x10_0000, ..item(Group::ReadOnly, 1) };
        assert!(matches!(lay_out(&[huge], &[], RULES), Err(Error::UnsupportedSection { .. })));
    }

    #[test]
    fn segments_may_have_pages_of_the_file_for_themselves() {
        let items = [item(Group::Code, 0x1001), item(Group::Data, 5), item(Group::Zero, 0x5000)];
        let packing = Packing::Apart { align_bytes: 4096 };
        let layout = lay_out(&items, &[], Rules { packing, ..RULES }).unwrap();
        let [code, data] = [0, 1].map(|index| layout.segments[index].1);
        assert_eq!((code.vaddr, code.file_offset, code.file_bytes), (0x1_3000, 0x3000, 0x2000));
        assert_eq!((data.vaddr, data.file_offset, data.file_bytes), (0x1_5000, 0x5000, 0x1000));
        assert_eq!((data.memory_bytes, layout.file_bytes), (0x5010, 0x6000));
    }

    #[test]
    fn images_that_are_not_whole_pages_or_too_large_are_refused() {
        let partial = lay_out(&[item(Group::Image, 0x1234)], &[], RULES);
        assert!(matches!(partial, Err(Error::UnsupportedSection { .. })));
        for size in [1 << 46, u64::MAX - 5, u64::MAX] {
            assert_eq!(lay_out(&[item(Group::Zero, size)], &[], RULES).err(), Some(TOO_LARGE));
        }
    }
}
