//! Reads a section back from an executable of any format, for `inspect`: names are those of
//! `wasm2native_abi::section`.

use crate::error::Error;
use object::{File, Object as _, ObjectSection as _};

/// The contents of the section called `name` (as in `wasm2native_abi::section`) of an executable of
/// any format, or nothing when it has none.
///
/// # Errors
/// [`Error::Unreadable`]: `executable` is not an executable or is damaged.
pub fn read_section(executable: &[u8], name: &str) -> Result<Option<Vec<u8>>, Error> {
    let unreadable = |error: object::Error| Error::Unreadable { reason: error.to_string() };
    let file = File::parse(executable).map_err(unreadable)?;
    let Some(section) = file.section_by_name(name) else { return Ok(None) };
    Ok(Some(section.data().map_err(unreadable)?.to_vec()))
}

/// The names and sizes in bytes of the sections of an executable of any format, in its order.
///
/// # Errors
/// [`Error::Unreadable`]: `executable` is not an executable or is damaged.
pub fn sections(executable: &[u8]) -> Result<Vec<(String, u64)>, Error> {
    let unreadable = |error: object::Error| Error::Unreadable { reason: error.to_string() };
    let file = File::parse(executable).map_err(unreadable)?;
    let mut sections = Vec::new();
    for section in file.sections() {
        let name = section.name().map_err(unreadable)?;
        if !name.is_empty() {
            sections.push((name.to_owned(), section.size()));
        }
    }
    Ok(sections)
}
