//! Checks of a finished executable, of any format, against what it says of itself: for whoever got it from
//! somewhere.
//!
//! It stands alone because it trusts nothing but the file: the writers' own checks know what they wrote.
//! Invariant: a file that was changed in a single bit after it was linked does not pass, since each
//! format's identity is a hash of all the rest.

use crate::error::Error;
use crate::{elf, macho, pe};
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
