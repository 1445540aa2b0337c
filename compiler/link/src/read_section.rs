//! Reads sections back from an executable of any format, for `inspect`: names are those of
//! `wasm2native_abi::section`, whatever the format calls them.

use crate::error::Error;
use object::{BinaryFormat, File, Object as _, ObjectSection as _, Section};
use wasm2native_abi::section::{MACHO_NAMES, PE_NAMES};

/// The contents of the section called `name` (as in `wasm2native_abi::section`) of an executable of
/// any format, or nothing when it has none.
///
/// # Errors
/// [`Error::Unreadable`]: `executable` is not an executable or is damaged.
pub fn read_section(executable: &[u8], name: &str) -> Result<Option<Vec<u8>>, Error> {
    let file = File::parse(executable).map_err(Error::unreadable)?;
    for section in file.sections() {
        if name_of(&file, &section)? == name {
            return Ok(Some(section.data().map_err(Error::unreadable)?.to_vec()));
        }
    }
    Ok(None)
}

/// The names and sizes in bytes of the sections of an executable of any format, in its order. Those
/// that only the format has a name for keep it; in Mach-O that is `segment,section`.
///
/// # Errors
/// [`Error::Unreadable`]: `executable` is not an executable or is damaged.
pub fn sections(executable: &[u8]) -> Result<Vec<(String, u64)>, Error> {
    let file = File::parse(executable).map_err(Error::unreadable)?;
    let mut sections = Vec::new();
    for section in file.sections() {
        let name = name_of(&file, &section)?;
        if !name.is_empty() {
            sections.push((name, section.size()));
        }
    }
    Ok(sections)
}

/// What a section is called in `wasm2native_abi::section`, or else in its format.
fn name_of(file: &File<'_>, section: &Section<'_, '_>) -> Result<String, Error> {
    let name = section.name().map_err(Error::unreadable)?;
    match file.format() {
        BinaryFormat::MachO => {
            let segment = section.segment_name().map_err(Error::unreadable)?.unwrap_or_default();
            let known = MACHO_NAMES.iter().find(|(_, macho)| *macho == [segment, name]);
            Ok(known.map_or_else(|| format!("{segment},{name}"), |(known, _)| (*known).to_owned()))
        }
        BinaryFormat::Pe => {
            let known = PE_NAMES.iter().find(|(_, pe)| *pe == name);
            Ok(known.map_or(name, |(known, _)| known).to_owned())
        }
        _ => Ok(name.to_owned()),
    }
}
