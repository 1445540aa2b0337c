//! The executable's COFF symbol table: the program's functions, so that debuggers and profilers which
//! read it, such as gdb, show their names. Loaders ignore it.
//!
//! It is the last of the file, and its strings are behind it. Source: Microsoft's "PE Format", "COFF
//! Symbol Table", "COFF String Table".

use crate::error::Error;
use crate::object::{Access, Definition, Object};
use crate::resolve::Addresses;
use object::pe::{IMAGE_SYM_CLASS_EXTERNAL, IMAGE_SYM_DTYPE_FUNCTION, IMAGE_SYM_DTYPE_SHIFT};

/// A function of the object: its symbol, and the run of a section of code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub(super) symbol: usize,
    pub(super) section: usize,
    pub(super) offset: u64,
    pub(super) size_bytes: u64,
}

/// The functions of `object` in the order of its symbols, those without a name included.
pub(super) fn functions(object: &Object<'_>) -> impl Iterator<Item = Function> {
    object.symbols.iter().enumerate().filter_map(|(symbol, it)| match it.definition {
        Definition::Section { index: section, offset }
            if it.is_function && object.sections[section].access == Access::Execute =>
        {
            Some(Function { symbol, section, offset, size_bytes: it.size_bytes })
        }
        _ => None,
    })
}

/// The symbol table with its strings, and the number of its symbols; nothing when there are none.
/// The output section of code has the number `section_number` and is at `section_rva`.
pub(super) fn write(
    object: &Object<'_>,
    addresses: &Addresses,
    section_number: u16,
    section_rva: u64,
) -> Result<(Vec<u8>, u32), Error> {
    let mut table = Vec::new();
    let mut count = 0_u32;
    // The strings begin with their size, which counts itself.
    let mut strings = vec![0; 4];
    for function in functions(object) {
        let name = object.symbols[function.symbol].name;
        let mut short_name = [0; 8];
        match name.len() {
            0 => continue,
            1..=8 => short_name[..name.len()].copy_from_slice(name),
            _ => {
                short_name[4..].copy_from_slice(&(strings.len() as u32).to_le_bytes());
                strings.extend_from_slice(name);
                strings.push(0);
            }
        }
        // Within the section: images are limited to what 32 bits count.
        let value = addresses.section(function.section) + function.offset - section_rva;
        table.extend_from_slice(&short_name);
        table.extend_from_slice(&(value as u32).to_le_bytes());
        table.extend_from_slice(&section_number.to_le_bytes());
        table.extend_from_slice(&(IMAGE_SYM_DTYPE_FUNCTION << IMAGE_SYM_DTYPE_SHIFT).to_le_bytes());
        table.extend_from_slice(&[IMAGE_SYM_CLASS_EXTERNAL, 0]);
        count += 1;
    }
    if count == 0 {
        return Ok((Vec::new(), 0));
    }
    let strings_bytes = u32::try_from(strings.len())
        .map_err(|_| Error::TooLarge { what: "the table of symbol names" })?;
    strings[..4].copy_from_slice(&strings_bytes.to_le_bytes());
    table.append(&mut strings);
    Ok((table, count))
}
