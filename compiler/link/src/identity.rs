//! Checks of a finished executable, of any format, against what it says of itself: for whoever got it from
//! somewhere.
//!
//! It stands alone because it trusts nothing but the file: the writers' own checks know what they wrote.
//! Invariant: a file that was changed in a single bit after it was linked does not pass, since each
//! format's identity is a hash of all the rest.

use crate::error::Error;
use crate::{elf, macho, pe};
use object::{File, Object as _, ObjectSegment as _, SectionKind};
use object::{ObjectSection as _, Segment};
use wasm2native_targets::Format;

/// What identifies a file of this format.
pub fn identity_name(format: Format) -> &'static str {
    match format {
        Format::Elf => "build id",
        Format::Pe => "time stamp and checksum",
        Format::MachO => "UUID and signature",
    }
}

/// Whether the identity of an executable is that of its contents.
///
/// # Errors
/// [`Error::Unreadable`]: it is no executable of that format, is damaged, or has no identity.
pub fn has_own_identity(executable: &[u8], format: Format) -> Result<bool, Error> {
    match format {
        Format::Elf => elf::has_own_identity(executable),
        Format::Pe => pe::has_own_identity(executable),
        Format::MachO => macho::has_own_identity(executable),
    }
}

/// Whether the code of `stub` stands unchanged in an executable, where the stub has it.
///
/// # Errors
/// [`Error::Unreadable`]: `executable` is not one, or is damaged. [`Error::MalformedStub`].
pub fn contains_stub(executable: &[u8], stub: &[u8]) -> Result<bool, Error> {
    let executable = File::parse(executable).map_err(Error::unreadable)?;
    let stub = File::parse(stub).map_err(Error::stub)?;
    let mut count = 0_u32;
    for section in stub.sections().filter(|section| section.kind() == SectionKind::Text) {
        let code = section.data().map_err(Error::stub)?;
        let address = section.address();
        let holds = |segment: Segment<'_, '_>| matches!(segment.data_range(address, code.len() as u64), Ok(Some(data)) if data == code);
        if !executable.segments().any(holds) {
            return Ok(false);
        }
        count += 1;
    }
    if count == 0 { Err(Error::stub("it has no code")) } else { Ok(true) }
}
