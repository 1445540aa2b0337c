//! Reads a section back from an executable of any format, for `inspect`: names are those of
//! `wasm2native_abi::section`.

use crate::error::Error;
use object::{BinaryFormat, File, Object as _, ObjectSection as _};
use wasm2native_abi::section;

/// What the section that ELF calls `name` is called in files of `format`; the same unless the format
/// has another name for it.
fn name_in(format: BinaryFormat, name: &str) -> &str {
    match (format, name) {
        (BinaryFormat::Pe, section::MANIFEST) => section::MANIFEST_PE,
        (BinaryFormat::Pe, section::POLICY) => section::POLICY_PE,
        (BinaryFormat::Pe, section::SCRIPT) => section::SCRIPT_PE,
        (BinaryFormat::Pe, section::MEMORY_IMAGE) => section::MEMORY_IMAGE_PE,
        _ => name,
    }
}

/// The contents of the section called `name` (as in `wasm2native_abi::section`) of an executable of
/// any format, or nothing when it has none.
///
/// # Errors
/// [`Error::Unreadable`]: `executable` is not an executable or is damaged.
pub fn read_section(executable: &[u8], name: &str) -> Result<Option<Vec<u8>>, Error> {
    let unreadable = |error: object::Error| Error::Unreadable { reason: error.to_string() };
    let file = File::parse(executable).map_err(unreadable)?;
    let name = name_in(file.format(), name);
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
