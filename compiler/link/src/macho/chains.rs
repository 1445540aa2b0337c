//! Which pointers of an image the dynamic linker adjusts, as `LC_DYLD_CHAINED_FIXUPS` says it: each
//! page of a segment has a chain whose links are the pointers themselves.
//!
//! The table has an entry for each segment, so further segments need further entries; they have no
//! chains. Invariant: a chain is followed forwards, within its page. Source: Apple's `fixup-chains.h`.

use super::stub::Segment;
use crate::bytes::{align_up, array, range};
use crate::error::Error;
use std::ops::Range;

/// Offsets of fields of the table's header.
const STARTS_OFFSET: u64 = 4;
const IMPORTS_OFFSET: u64 = 8;
const SYMBOLS_OFFSET: u64 = 12;
/// Of the starts in a segment: fixed part before the starts of its pages.
const PAGE_STARTS_OFFSET: u64 = 22;
/// A page without a chain.
const START_NONE: u16 = 0xffff;
/// The pointer formats of 64-bit systems without authentication: `DYLD_CHAINED_PTR_64`, whose targets
/// are addresses, and `DYLD_CHAINED_PTR_64_OFFSET`, whose targets count from the file's header.
const POINTER_64: u16 = 2;
const POINTER_64_OFFSET: u16 = 6;
/// Links count in these.
const STRIDE_BYTES: u64 = 4;

/// What a pointer becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// The address `target`, moved with the image.
    Rebase { target: u64 },
    /// That of a library's symbol.
    Bind,
}

/// Calls `found` with the address and meaning of every chained pointer that begins in `wanted`, which
/// is a small part of one segment. `loaded` is the file as far as segments with chains are in it.
pub(super) fn visit(
    fixups: &[u8],
    loaded: &[u8],
    segments: &[Segment<'_>],
    wanted: Range<u64>,
    mut found: impl FnMut(u64, Chain) -> Result<(), Error>,
) -> Result<(), Error> {
    let starts = Starts::parse(fixups)?;
    if starts.count as usize != segments.len() {
        return Err(Error::stub("its chained fixups are for another number of segments"));
    }
    let Some((index, segment)) =
        segments.iter().enumerate().find(|(_, segment)| segment.contains(wanted.start, 1))
    else {
        return Ok(());
    };
    let Some(pages) = starts.segment(index)? else { return Ok(()) };
    let base = segments.get(1).map_or(0, |text| text.vaddr);
    if pages.segment_offset != segment.vaddr.wrapping_sub(base) {
        return Err(Error::stub("its chained fixups are not those of its segments"));
    }
    let page_bytes = u64::from(pages.page_bytes);
    let within = wanted.start - segment.vaddr..wanted.end.saturating_sub(segment.vaddr);
    for page in within.start / page_bytes..within.end.div_ceil(page_bytes) {
        let start = pages.start(page);
        if start == START_NONE {
            continue;
        }
        let page_offset = page * page_bytes;
        let mut offset = u64::from(start);
        loop {
            let cut = || Error::stub("a chain of fixups leaves its page");
            if offset + 8 > page_bytes || page_offset + offset + 8 > segment.file_bytes {
                return Err(cut());
            }
            let link = array(loaded, segment.file_offset + page_offset + offset).ok_or_else(cut)?;
            let link = u64::from_le_bytes(link);
            let vaddr = segment.vaddr + page_offset + offset;
            if wanted.contains(&vaddr) {
                found(vaddr, pages.decode(link, base)?)?;
            }
            match link >> 51 & 0xfff {
                0 => break,
                next => offset += next * STRIDE_BYTES,
            }
        }
    }
    Ok(())
}

/// The table with `added` further entries for segments without fixups, before that of the last
/// segment, which has none either.
pub(super) fn extend(fixups: &[u8], added: usize) -> Result<Vec<u8>, Error> {
    let starts = Starts::parse(fixups)?;
    let last = starts.count.checked_sub(1).map(|last| starts.entry(last.into()));
    if last != Some(Some(0)) {
        return Err(Error::stub("its chained fixups have no last segment, or one with fixups"));
    }
    // What follows the entries stays aligned.
    let inserted = align_up(4 * added as u64, 8).unwrap_or(0);
    let at = starts.offset + 4 + 4 * u64::from(starts.count);
    let mut bytes = fixups.to_vec();
    bytes.splice(at as usize..at as usize, vec![0; inserted as usize]);
    let mut set = |offset: u64, value: u64| -> Result<(), Error> {
        let value = u32::try_from(value)
            .map_err(|_| Error::TooLarge { what: "the table of chained fixups" })?;
        let offset = offset as usize;
        bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        Ok(())
    };
    set(starts.offset, u64::from(starts.count) + added as u64)?;
    for index in 0..u64::from(starts.count) {
        match u64::from(starts.entry(index).unwrap_or(0)) {
            0 => {}
            offset if starts.offset + offset < at => return Err(overlap()),
            offset => set(starts.offset + 4 + 4 * index, offset + inserted)?,
        }
    }
    for field in [IMPORTS_OFFSET, SYMBOLS_OFFSET] {
        let offset = array(fixups, field).map(u32::from_le_bytes).map_or(0, u64::from);
        if offset < at {
            return Err(overlap());
        }
        set(field, offset + inserted)?;
    }
    Ok(bytes)
}

fn overlap() -> Error {
    Error::stub("the parts of its chained fixups overlap")
}

/// The starts in the image: an offset for each segment.
struct Starts<'a> {
    fixups: &'a [u8],
    /// Where they are in the table.
    offset: u64,
    /// How many segments there are.
    count: u32,
}

impl<'a> Starts<'a> {
    fn parse(fixups: &'a [u8]) -> Result<Self, Error> {
        let cut = || Error::stub("its chained fixups are cut short");
        let number = |offset| array(fixups, offset).map(u32::from_le_bytes).ok_or_else(cut);
        if number(0)? != 0 {
            return Err(Error::stub("the version of its chained fixups is not known"));
        }
        let offset = u64::from(number(STARTS_OFFSET)?);
        if offset <= SYMBOLS_OFFSET {
            return Err(overlap());
        }
        let count = number(offset)?;
        range(fixups, offset, 4 + 4 * u64::from(count)).ok_or_else(cut)?;
        Ok(Self { fixups, offset, count })
    }

    /// The offset of a segment's starts, from those of the image; 0 when there are none.
    fn entry(&self, index: u64) -> Option<u32> {
        array(self.fixups, self.offset + 4 + 4 * index).map(u32::from_le_bytes)
    }

    /// A segment's starts, if it has any.
    fn segment(&self, index: usize) -> Result<Option<PageStarts<'a>>, Error> {
        let cut = || Error::stub("its chained fixups are cut short");
        let offset = match self.entry(index as u64) {
            None | Some(0) => return Ok(None),
            Some(offset) => self.offset + u64::from(offset),
        };
        let fixed = range(self.fixups, offset, PAGE_STARTS_OFFSET).ok_or_else(cut)?;
        let half = |offset| array(fixed, offset).map(u16::from_le_bytes).ok_or_else(cut);
        let (page_bytes, format, count) = (half(4)?, half(6)?, half(20)?);
        if page_bytes != 0x1000 && page_bytes != 0x4000 {
            return Err(Error::stub("its chained fixups are for pages of an unknown size"));
        }
        if format != POINTER_64 && format != POINTER_64_OFFSET {
            return Err(Error::stub(format_args!(
                "its chained fixups have the pointer format {format}, which is not known"
            )));
        }
        let starts = range(self.fixups, offset + PAGE_STARTS_OFFSET, 2 * u64::from(count));
        Ok(Some(PageStarts {
            page_bytes,
            format,
            segment_offset: array(fixed, 8).map_or(0, u64::from_le_bytes),
            starts: starts.ok_or_else(cut)?,
        }))
    }
}

/// The starts in a segment: an offset for each of its pages.
struct PageStarts<'a> {
    page_bytes: u16,
    format: u16,
    /// The segment's distance from the file's header, in memory.
    segment_offset: u64,
    starts: &'a [u8],
}

impl PageStarts<'_> {
    /// Where in a page its chain starts.
    fn start(&self, page: u64) -> u16 {
        array(self.starts, 2 * page).map_or(START_NONE, u16::from_le_bytes)
    }

    fn decode(&self, link: u64, base: u64) -> Result<Chain, Error> {
        if link >> 63 != 0 {
            return Ok(Chain::Bind);
        }
        // The eight bits above the target become the address's highest.
        if link >> 36 & 0xff != 0 {
            return Err(Error::stub("a chained pointer is tagged"));
        }
        let target = link & 0xf_ffff_ffff;
        let target = if self.format == POINTER_64 { target } else { base.wrapping_add(target) };
        Ok(Chain::Rebase { target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0x1_0000_0000;
    const PAGE: u64 = 0x1000;
    const WANTED: Range<u64> = BASE + 0x1ff0..BASE + 0x2010;

    /// `__PAGEZERO`, a page of text, two of data, `__LINKEDIT`.
    fn segments() -> Vec<Segment<'static>> {
        let segment = |vaddr, memory_bytes, file_offset| Segment {
            name: b"",
            vaddr,
            memory_bytes,
            file_offset,
            file_bytes: memory_bytes,
            maximum_protection: 0,
            initial_protection: 0,
        };
        vec![
            Segment { file_bytes: 0, ..segment(0, BASE, 0) },
            segment(BASE, PAGE, 0),
            segment(BASE + PAGE, 2 * PAGE, PAGE),
            segment(BASE + 3 * PAGE, PAGE, 3 * PAGE),
        ]
    }

    /// A table in which only the data has chains, which start at `starts` in its two pages.
    fn table(format: u16, starts: [u16; 2]) -> Vec<u8> {
        let words = [0, 28, 80, 84, 0, 1, 0, 4, 0, 0, 24, 0, 0].map(u32::to_le_bytes).concat();
        let halves = [PAGE as u16, format].map(u16::to_le_bytes).concat();
        let page = PAGE.to_le_bytes();
        let rest = [0, 0, 2, starts[0], starts[1], 0].map(u16::to_le_bytes).concat();
        [&words[..], &26_u32.to_le_bytes(), &halves, &page, &rest, &[0; 8]].concat()
    }

    /// A file with these links at their offsets.
    fn file(links: &[(u64, u64)]) -> Vec<u8> {
        let mut file = vec![0; 3 * PAGE as usize];
        for &(offset, link) in links {
            let offset = offset as usize;
            file[offset..offset + 8].copy_from_slice(&link.to_le_bytes());
        }
        file
    }

    fn visited(fixups: &[u8], links: &[(u64, u64)]) -> Result<Vec<(u64, Chain)>, Error> {
        let mut found = Vec::new();
        visit(fixups, &file(links), &segments(), WANTED, |vaddr, link| {
            found.push((vaddr - BASE, link));
            Ok(())
        })?;
        Ok(found)
    }

    const BIND: u64 = 1 << 63;

    fn next(strides: u64) -> u64 {
        strides << 51
    }

    #[test]
    fn chains_are_followed_in_every_page_that_is_wanted() {
        // From before what is wanted into it; and in the next page.
        let links = [
            (0x1fe0, 0x123 | next(4)),
            (0x1ff0, 0x456 | next(2)),
            (0x1ff8, BIND | 1),
            (0x2000, 0x789 | next(0x10)),
            (0x2040, 0xabc),
        ];
        let rebase = |target| Chain::Rebase { target };
        let expected = |base| {
            [(0x1ff0, rebase(base + 0x456)), (0x1ff8, Chain::Bind), (0x2000, rebase(base + 0x789))]
        };
        assert_eq!(visited(&table(POINTER_64, [0xfe0, 0]), &links).unwrap(), expected(0));
        assert_eq!(visited(&table(POINTER_64_OFFSET, [0xfe0, 0]), &links).unwrap(), expected(BASE));
        let one_page = visited(&table(POINTER_64, [START_NONE, 0]), &links).unwrap();
        assert_eq!(one_page, [(0x2000, rebase(0x789))]);
    }

    #[test]
    fn chains_that_leave_their_page_are_refused() {
        for (starts, link) in [([0xff8, START_NONE], next(2)), ([0xff9, START_NONE], 0)] {
            assert!(visited(&table(POINTER_64, starts), &[(0x1ff8, link)]).is_err());
        }
        let tagged = [(0x1ff0, 1 << 36)];
        assert!(visited(&table(POINTER_64, [0xff0, START_NONE]), &tagged).is_err());
        assert!(visited(&table(12, [0xff0, START_NONE]), &[]).is_err());
    }

    #[test]
    fn further_segments_leave_the_chains_as_they_are() {
        let links = [(0x1ff0, 0x456), (0x2000, 0x789)];
        let fixups = table(POINTER_64, [0xff0, 0]);
        let extended = extend(&fixups, 3).unwrap();
        assert_eq!(extended.len(), fixups.len() + 16);
        let mut segments = segments();
        let last = segments[3];
        segments.extend([last; 3]);
        let mut found = Vec::new();
        visit(&extended, &file(&links), &segments, WANTED, |vaddr, _| {
            found.push(vaddr - BASE);
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [0x1ff0, 0x2000]);
        // The imports and their names are where they were, counted from the end.
        assert_eq!(extended[8..16], [80 + 16, 84 + 16].map(u32::to_le_bytes).concat());
        // The entries for segments end at 48.
        for end in 0..48 {
            assert!(extend(&fixups[..end], 1).is_err(), "{end}");
        }
    }
}
