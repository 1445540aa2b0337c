//! Mach-O: position-independent, with room behind the load commands, unsigned; it needs the system's
//! library and nothing else, from macOS 11 on. Source: `mach-o/loader.h`.

use anyhow::{Context, Result, ensure};
use object::Endianness;
use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader, Section, Segment};

/// Names from `wasm2native_abi::stub`.
const HEADER_SEGMENT: &[u8] = b"__DATA";
const HEADER_SECTION: &[u8] = b"__w2n_stub";
/// The only library.
const LIBRARY: &[u8] = b"/usr/lib/libSystem.B.dylib";
/// The oldest system, 11.0, as the format encodes it.
const MINIMUM_SYSTEM: u32 = 11 << 16;
/// Room for load commands.
const ROOM_BYTES: u64 = 0x1000;

/// Checks a Mach-O stub.
pub(super) fn inspect(image: &[u8], page_bytes: u64) -> Result<()> {
    let header = MachHeader64::<Endianness>::parse(image, 0)?;
    let endian = header.endian()?;
    ensure!(header.filetype(endian) == macho::MH_EXECUTE, "it is not an executable");
    ensure!(header.flags(endian) & macho::MH_PIE != 0, "it is not position-independent");
    let (mut executable, mut stub_header, mut first_section) = (Vec::new(), None, u64::MAX);
    let (mut libraries, mut minimum, mut has_uuid) = (0, None, false);
    let mut commands = header.load_commands(endian, image, 0)?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::Segment64(segment, sections) => {
                let start = segment.vmaddr(endian);
                ensure!(start % page_bytes == 0, "a segment is not aligned to pages");
                let protection = segment.initprot(endian);
                let forbidden = macho::VM_PROT_WRITE | macho::VM_PROT_EXECUTE;
                let is_both = protection & forbidden == forbidden;
                ensure!(!is_both, "a segment is writable and executable");
                if protection & macho::VM_PROT_EXECUTE != 0 {
                    executable.push(start..start + segment.filesize(endian));
                }
                for section in segment.sections(endian, sections)? {
                    let file_offset = u64::from(section.offset(endian));
                    if file_offset != 0 {
                        first_section = first_section.min(file_offset);
                    }
                    if section.segment_name() == HEADER_SEGMENT && section.name() == HEADER_SECTION
                    {
                        stub_header = section.data(endian, image).ok();
                    }
                }
            }
            LoadCommandVariant::Dylib(library) => {
                let name = command.string(endian, library.dylib.name)?;
                let shown = String::from_utf8_lossy(name);
                ensure!(name == LIBRARY, "it needs the library `{shown}`");
                libraries += 1;
            }
            LoadCommandVariant::BuildVersion(version) => {
                minimum = Some(version.minos.get(endian));
            }
            LoadCommandVariant::Uuid(_) => has_uuid = true,
            _ => {
                ensure!(command.cmd() != macho::LC_CODE_SIGNATURE, "it is signed");
            }
        }
    }
    ensure!(libraries == 1, "it needs {libraries} libraries");
    ensure!(minimum == Some(MINIMUM_SYSTEM), "it is for another version of the system");
    ensure!(has_uuid, "it has no `LC_UUID`");
    let commands_end = 32 + u64::from(header.sizeofcmds(endian));
    ensure!(
        first_section >= commands_end + ROOM_BYTES,
        "there is no room behind the load commands"
    );
    super::check_header(stub_header.context("it has no header")?, false, &executable)
}
