//! Whether an executable has a stub in it, unchanged but for what linking writes there.
//!
//! It stands alone because it trusts neither file: what linking writes is told from the stub. Invariant: of
//! all that is loaded of a stub, no byte outside [`Rewritten`] may differ, nor where it is loaded, with which
//! rights, and where the process begins.

use crate::error::Error;
use object::read::pe::PeFile64;
use object::{
    File, LittleEndian, Object as _, ObjectSection as _, ObjectSegment as _, Segment, SegmentFlags,
    pe,
};
use std::mem::offset_of;
use std::ops::Range;
use wasm2native_abi::stub::{
    FUNCTIONS_OFFSET, PROGRAM_LINK_OFFSET, RESERVED_HEADERS_SECTION, SECTION, SECTION_MACHO,
    SECTION_PE,
};

/// Fields of the ELF file header that linking writes: `e_shoff`; `e_phentsize` to `e_shstrndx`.
const ELF_FIELDS: [Range<u64>; 2] = [40..48, 54..64];
/// Size of the ELF file header, behind which the program headers stand.
const ELF_HEADER_BYTES: u64 = 64;
/// What of a Mach-O file is made anew, whatever it held.
const LINKEDIT: &[u8] = b"__LINKEDIT";

/// Addresses in a stub where linking writes, ascending.
type Rewritten = Vec<Range<u64>>;

/// Whether a stub is loaded with an executable as it is.
///
/// # Errors
/// [`Error::Unreadable`]: the executable is not one, or is damaged. [`Error::MalformedStub`].
pub fn contains_stub(executable_bytes: &[u8], stub_bytes: &[u8]) -> Result<bool, Error> {
    let executable = File::parse(executable_bytes).map_err(Error::unreadable)?;
    let rewritten = rewritten(stub_bytes)?;
    let stub = File::parse(stub_bytes).map_err(Error::stub)?;
    if executable.entry() != stub.entry() {
        return Ok(false);
    }
    let found = loaded(&executable, executable_bytes).map_err(Error::unreadable)?;
    for part in loaded(&stub, stub_bytes).map_err(Error::stub)? {
        let start = part.address;
        for kept in without(start..start + part.bytes.len() as u64, &rewritten) {
            let holds = |other: &Part<'_>| {
                other.flags == part.flags && other.range(&kept) == part.range(&kept)
            };
            if !found.iter().any(holds) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What of a file is loaded at an address.
struct Part<'a> {
    address: u64,
    flags: SegmentFlags,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    fn range(&self, addresses: &Range<u64>) -> Option<&'a [u8]> {
        let start = usize::try_from(addresses.start.checked_sub(self.address)?).ok()?;
        let length = usize::try_from(addresses.end - addresses.start).ok()?;
        self.bytes.get(start..)?.get(..length)
    }
}

/// What of a file is loaded, but for headers of PE and what Mach-O's linkers make anew.
fn loaded<'a>(file: &File<'a>, bytes: &'a [u8]) -> object::Result<Vec<Part<'a>>> {
    let File::Pe64(image) = file else {
        let segments = file.segments().filter(|segment| segment.name_bytes() != Ok(Some(LINKEDIT)));
        let part = |segment: Segment<'a, '_>| {
            let (address, flags) = (segment.address(), segment.flags());
            Ok(Part { address, flags, bytes: segment.data()? })
        };
        return segments.map(part).collect();
    };
    // The end of the last page is loaded too, as far as the file has it.
    let part = |section: &pe::ImageSectionHeader| {
        let start = section.pointer_to_raw_data.get(LittleEndian) as usize;
        let length = section.size_of_raw_data.get(LittleEndian) as usize;
        Part {
            address: image.relative_address_base()
                + u64::from(section.virtual_address.get(LittleEndian)),
            flags: SegmentFlags::Coff {
                characteristics: section.characteristics.get(LittleEndian),
            },
            bytes: bytes.get(start..).and_then(|rest| rest.get(..length)).unwrap_or_default(),
        }
    };
    Ok(image.section_table().iter().map(part).collect())
}

/// Where linking writes in a stub.
fn rewritten(stub: &[u8]) -> Result<Rewritten, Error> {
    let file = File::parse(stub).map_err(Error::stub)?;
    let section = |wanted: &str| {
        let found = file.sections().find(|section| section.name() == Ok(wanted));
        found.ok_or_else(|| Error::stub(format_args!("it has no section `{wanted}`")))
    };
    let first = |name: &[u8]| {
        let named = |segment: &Segment<'_, '_>| segment.name_bytes() == Ok(Some(name));
        let segments = file.segments();
        segments.filter(|segment| name.is_empty() || named(segment)).map(|it| it.address()).min()
    };
    let mut rewritten = Rewritten::new();
    let header = match &file {
        File::Elf64(_) => {
            let base = first(b"").ok_or_else(|| Error::stub("it has no segments"))?;
            rewritten.extend(ELF_FIELDS.map(|field| base + field.start..base + field.end));
            let reserved = section(RESERVED_HEADERS_SECTION)?;
            rewritten.push(base + ELF_HEADER_BYTES..reserved.address() + reserved.size());
            section(SECTION)?
        }
        File::MachO64(_) => {
            // Load commands, and the room behind them.
            let base = first(b"__TEXT").ok_or_else(|| Error::stub("it has no code"))?;
            let sections = file.sections().map(|section| section.address());
            rewritten.push(base..sections.filter(|address| *address > base).min().unwrap_or(base));
            section(SECTION_MACHO)?
        }
        File::Pe64(image) => {
            rewritten.extend(debug_pointers(image));
            section(SECTION_PE)?
        }
        _ => return Err(Error::stub("it is of no format that is linked")),
    };
    let links = PROGRAM_LINK_OFFSET..FUNCTIONS_OFFSET;
    rewritten.push(header.address() + links.start..header.address() + links.end);
    rewritten.sort_by_key(|range| range.start);
    Ok(rewritten)
}

/// The fields that are offsets in the file, which move.
fn debug_pointers(image: &PeFile64<'_>) -> Vec<Range<u64>> {
    let Some(directory) = image.data_directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG) else {
        return Vec::new();
    };
    let entry_bytes = size_of::<pe::ImageDebugDirectory>() as u64;
    let field = offset_of!(pe::ImageDebugDirectory, pointer_to_raw_data) as u64;
    let start =
        image.relative_address_base() + u64::from(directory.virtual_address.get(LittleEndian));
    let entries = 0..u64::from(directory.size.get(LittleEndian)) / entry_bytes;
    let field = entries.map(|entry| start + entry * entry_bytes + field);
    field.map(|start| start..start + 4).collect()
}

/// What of `whole` is in none of `ranges`, which ascend.
fn without(whole: Range<u64>, ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut parts = Vec::new();
    let mut start = whole.start;
    for range in ranges {
        if start < range.start.min(whole.end) {
            parts.push(start..range.start.min(whole.end));
        }
        start = start.max(range.end);
    }
    if start < whole.end {
        parts.push(start..whole.end);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::without;
    use std::ops::Range;

    #[test]
    fn parts_are_between_ranges() {
        let parts = |whole: Range<u64>, ranges: &[(u64, u64)]| -> Vec<(u64, u64)> {
            let ranges: Vec<_> = ranges.iter().map(|&(start, end)| start..end).collect();
            without(whole, &ranges).into_iter().map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(parts(10..20, &[]), [(10, 20)]);
        assert_eq!(parts(10..20, &[(0, 5), (12, 14), (18, 30)]), [(10, 12), (14, 18)]);
        assert_eq!(parts(10..20, &[(5, 12), (30, 40)]), [(12, 20)]);
        assert!(parts(10..20, &[(5, 25)]).is_empty());
        assert!(parts(10..10, &[]).is_empty());
    }
}
