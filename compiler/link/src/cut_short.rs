//! Whether what remains of an executable whose end is missing was one of ours.
//!
//! Invariant: says so only where both are certain, from what the file itself says of its size and from names or
//! a header that nothing else has. Sources: ELF gABI, "ELF Header"; `loader.h`, `segment_command_64`;
//! `wasm2native_abi::stub`.

use crate::bytes::ByteOrder;
use crate::stub::is_header;
use object::elf::FileHeader64;
use object::macho::MachHeader64;
use object::read::elf::FileHeader as _;
use object::read::macho::{MachHeader as _, Segment as _};
use object::{Endian as _, Endianness, File, Object as _, ObjectSection as _};
use wasm2native_abi::section;

/// Whether `executable` was made by this tool, in any format, and its end is missing. What ends before the
/// header of its runtime is not known in ELF.
pub fn is_cut_short(executable: &[u8]) -> bool {
    is_cut_elf(executable) == Ok(true)
        || is_cut_macho(executable) == Ok(true)
        || is_cut_pe(executable) == Ok(true)
}

/// The table of sections is the last that an ELF file of ours has.
fn is_cut_elf(executable: &[u8]) -> object::Result<bool> {
    let header = FileHeader64::<Endianness>::parse(executable)?;
    let endian = header.endian()?;
    let table_bytes = u64::from(header.e_shentsize(endian)) * u64::from(header.e_shnum(endian));
    let end = header.e_shoff(endian).saturating_add(table_bytes);
    let order = if endian.is_big_endian() { ByteOrder::Big } else { ByteOrder::Little };
    Ok(end > executable.len() as u64
        && executable.chunks_exact(16).any(|bytes| is_header(bytes, order)))
}

/// Mach-O lists its segments at the beginning.
fn is_cut_macho(executable: &[u8]) -> object::Result<bool> {
    let header = MachHeader64::<Endianness>::parse(executable, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, executable, 0)?;
    let (mut is_ours, mut is_cut) = (false, false);
    while let Some(command) = commands.next()? {
        if let Some((segment, _)) = command.segment_64()? {
            let known = section::MACHO_NAMES.iter().find(|(name, _)| *name == section::MANIFEST);
            is_ours |= known.is_some_and(|(_, [name, _])| segment.name() == name.as_bytes());
            let (offset, size) = segment.file_range(endian);
            is_cut |= offset.saturating_add(size) > executable.len() as u64;
        }
    }
    Ok(is_ours && is_cut)
}

/// PE lists its sections at the beginning.
fn is_cut_pe(executable: &[u8]) -> object::Result<bool> {
    let file = File::parse(executable)?;
    let is_manifest = |name: &str| name == section::MANIFEST_PE;
    let is_ours = file.sections().any(|section| section.name().is_ok_and(is_manifest));
    Ok(is_ours && file.sections().any(|section| section.data().is_err()))
}
