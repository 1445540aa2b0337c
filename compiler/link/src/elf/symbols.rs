//! The executable's `.symtab` and `.strtab`: the program's functions, so that profilers and debuggers
//! show their names.
//!
//! Sizes are known before addresses are. Symbols are local: nothing links against an executable.
//! Sources: ELF gABI chapter 4, "Symbol Table", "String Table".

use crate::bytes::ByteOrder;
use crate::error::Error;
use crate::layout::Layout;
use crate::object::{Definition, Object};
use object::elf;

/// Size of an entry.
pub(super) const SYMBOL_BYTES: u64 = 24;

/// The functions to name, by index of the object's symbols.
pub(super) struct Symbols {
    functions: Vec<usize>,
    strings_bytes: u64,
}

impl Symbols {
    /// Chooses the symbols.
    pub(super) fn choose(object: &Object<'_>) -> Result<Self, Error> {
        let mut functions = Vec::new();
        let mut strings_bytes = 1_u64;
        for index in object.named_functions() {
            functions.push(index);
            strings_bytes += object.symbols[index].name.len() as u64 + 1;
        }
        if u32::try_from(strings_bytes).is_err() {
            return Err(Error::TooLarge { what: "the table of symbol names" });
        }
        Ok(Self { functions, strings_bytes })
    }

    /// Number of entries, the first, empty one included; all are local.
    pub(super) fn count(&self) -> u32 {
        // Each has a name of a byte or more in a table under 4 GiB.
        self.functions.len() as u32 + 1
    }

    /// Size of `.symtab`.
    pub(super) fn table_bytes(&self) -> u64 {
        u64::from(self.count()) * SYMBOL_BYTES
    }

    /// Size of `.strtab`.
    pub(super) fn strings_bytes(&self) -> u64 {
        self.strings_bytes
    }

    /// Writes both tables; `section_number` is that of the code's output section.
    pub(super) fn write(
        &self,
        object: &Object<'_>,
        layout: &Layout,
        section_number: u16,
        order: ByteOrder,
    ) -> (Vec<u8>, Vec<u8>) {
        let mut table = Vec::with_capacity(self.table_bytes() as usize);
        let mut strings = Vec::with_capacity(self.strings_bytes as usize);
        table.extend_from_slice(&[0; SYMBOL_BYTES as usize]);
        strings.push(0);
        for &index in &self.functions {
            let symbol = &object.symbols[index];
            let Definition::Section { index, offset } = symbol.definition else { continue };
            let vaddr = layout.items[index].vaddr + offset;
            table.extend_from_slice(&order.u32(strings.len() as u32));
            table.extend_from_slice(&[elf::STB_LOCAL << 4 | elf::STT_FUNC, elf::STV_DEFAULT]);
            table.extend_from_slice(&order.u16(section_number));
            table.extend_from_slice(&order.u64(vaddr));
            table.extend_from_slice(&order.u64(symbol.size_bytes));
            strings.extend_from_slice(symbol.name);
            strings.push(0);
        }
        (table, strings)
    }
}
