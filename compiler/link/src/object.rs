//! The relocatable object as the linker sees it: the sections that go into the executable, the
//! symbols, the relocations.
//!
//! Objects are ELF for every target, since they belong to an architecture and not to a system, so
//! this file is not one of a format's. Invariants of what it returns: alignments are powers of two,
//! a symbol's section index is one of `sections`, nothing is copied. Sources: ELF gABI chapter 4
//! ("Sections", "Symbol Table", "Relocation").

use crate::bytes::ByteOrder;
use crate::error::Error;
use crate::relocate::machine;
use object::elf::{self, FileHeader64, Rela64};
use object::read::elf::{FileHeader, Rela, SectionHeader, SectionTable, Sym, SymbolTable};
use object::{Endianness, SymbolIndex};
use wasm2native_abi::section::MEMORY_IMAGE;
use wasm2native_targets::Architecture;

type Header = FileHeader64<Endianness>;

/// How a section is mapped at run time; also the order of segments. Code comes first, nearest to the
/// stub's functions, which it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// r-x
    Execute,
    /// r--
    Read,
    /// rw-
    Write,
    /// rw-, in pages that hold nothing else.
    Image,
}

/// A section to place.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) name: &'a str,
    pub(crate) access: Access,
    pub(crate) align_bytes: u64,
    pub(crate) size_bytes: u64,
    /// `size_bytes` long, or empty when the section is all zero and takes no space in files.
    pub(crate) bytes: &'a [u8],
    relocations: &'a [Rela64<Endianness>],
}

impl Section<'_> {
    /// Whether the section takes no space in files.
    pub(crate) fn is_zero(&self) -> bool {
        self.bytes.is_empty() && self.size_bytes != 0
    }
}

/// Where a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    Undefined,
    /// In one of [`Object::sections`].
    Section {
        index: usize,
        offset: u64,
    },
    /// In a section that is not placed, or at an absolute address.
    Elsewhere,
}

/// A symbol, at its index in the object's table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) definition: Definition,
    pub(crate) size_bytes: u64,
    pub(crate) is_function: bool,
    /// Whether other files may refer to it: a name of the ABI, never one that a module chose.
    pub(crate) is_global: bool,
}

/// A relocation of a section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    pub(crate) offset: u64,
    pub(crate) kind: u32,
    pub(crate) symbol: usize,
    pub(crate) addend: i64,
}

/// A parsed object.
pub(crate) struct Object<'a> {
    pub(crate) sections: Vec<Section<'a>>,
    pub(crate) symbols: Vec<Symbol<'a>>,
    endian: Endianness,
}

impl<'a> Object<'a> {
    /// Parses `data`, which must be for `architecture`.
    pub(crate) fn parse(data: &'a [u8], architecture: Architecture) -> Result<Self, Error> {
        let header = Header::parse(data).map_err(Error::object)?;
        let endian = header.endian().map_err(Error::object)?;
        if header.e_type(endian) != elf::ET_REL {
            return Err(Error::object("it is not relocatable"));
        }
        let expected = machine(architecture);
        let found = header.e_machine(endian);
        if found != expected {
            return Err(Error::WrongMachine { file: "object", found, expected });
        }
        if (byte_order(endian) == ByteOrder::Big) != architecture.is_big_endian() {
            return Err(Error::object("its byte order is not the architecture's"));
        }
        let table = header.sections(endian, data).map_err(Error::object)?;
        let (sections, placed) = read_sections(&table, endian, data)?;
        let symbol_table = table.symbols(endian, data, elf::SHT_SYMTAB).map_err(Error::object)?;
        let mut object = Object { sections, symbols: Vec::new(), endian };
        object.read_symbols(&symbol_table, &placed)?;
        object.attach_relocations(&table, &symbol_table, &placed, data)?;
        Ok(object)
    }

    fn read_symbols(
        &mut self,
        table: &SymbolTable<'a, Header>,
        placed: &[Option<usize>],
    ) -> Result<(), Error> {
        self.symbols.reserve_exact(table.len());
        // `iter` leaves out the null symbol at index 0 nowhere: indices are the table's own.
        for (number, symbol) in table.symbols().iter().enumerate() {
            let name = symbol.name(self.endian, table.strings()).map_err(Error::object)?;
            let offset = symbol.st_value(self.endian);
            let section = table
                .symbol_section(self.endian, symbol, SymbolIndex(number))
                .map_err(Error::object)?;
            let definition = match section {
                Some(section) => match placed.get(section.0) {
                    None => return Err(Error::object("a symbol's section does not exist")),
                    Some(None) => Definition::Elsewhere,
                    Some(&Some(index)) => {
                        if offset > self.sections[index].size_bytes {
                            return Err(Error::object("a symbol lies outside its section"));
                        }
                        Definition::Section { index, offset }
                    }
                },
                None if symbol.is_undefined(self.endian) => Definition::Undefined,
                None => Definition::Elsewhere,
            };
            self.symbols.push(Symbol {
                name,
                definition,
                size_bytes: symbol.st_size(self.endian),
                is_function: symbol.st_type() == elf::STT_FUNC,
                is_global: symbol.st_bind() == elf::STB_GLOBAL,
            });
        }
        Ok(())
    }

    fn attach_relocations(
        &mut self,
        table: &SectionTable<'a, Header>,
        symbols: &SymbolTable<'a, Header>,
        placed: &[Option<usize>],
        data: &'a [u8],
    ) -> Result<(), Error> {
        for header in table.iter() {
            let target = usize::try_from(header.sh_info(self.endian)).unwrap_or(usize::MAX);
            let section = || placed.get(target).copied().flatten();
            match header.sh_type(self.endian) {
                elf::SHT_RELA => {}
                // None of the four psABIs uses implicit addends in objects.
                elf::SHT_REL | elf::SHT_CREL if section().is_some() => {
                    return Err(Error::object("its relocations have no explicit addends"));
                }
                _ => continue,
            }
            let Some(index) = section() else { continue };
            let rela = header.rela(self.endian, data).map_err(Error::object)?;
            let Some((relocations, link)) = rela else { continue };
            if relocations.is_empty() {
                continue;
            }
            let section = &mut self.sections[index];
            if link != symbols.section() {
                return Err(Error::object("relocations refer to another symbol table"));
            }
            if !section.relocations.is_empty() {
                return Err(Error::object("a section has two tables of relocations"));
            }
            if section.is_zero() {
                return Err(Error::object("a section without contents has relocations"));
            }
            section.relocations = relocations;
        }
        Ok(())
    }

    /// The relocations of a section, in the order of the file.
    pub(crate) fn relocations(&self, section: usize) -> impl Iterator<Item = Relocation> + '_ {
        self.sections[section].relocations.iter().map(|rela| Relocation {
            offset: rela.r_offset(self.endian),
            kind: rela.r_type(self.endian, false),
            symbol: rela.r_sym(self.endian, false) as usize,
            addend: rela.r_addend(self.endian),
        })
    }

    /// The indices of the symbols that name functions of the program.
    pub(crate) fn named_functions(&self) -> impl Iterator<Item = usize> + '_ {
        let is_code = |definition| {
            matches!(definition, Definition::Section { index, .. }
                if self.sections[index].access == Access::Execute)
        };
        (0..self.symbols.len()).filter(move |&index| {
            let symbol = &self.symbols[index];
            symbol.is_function && !symbol.name.is_empty() && is_code(symbol.definition)
        })
    }

    /// What to call the symbol at `index` in a message.
    pub(crate) fn symbol_name(&self, index: usize) -> String {
        match self.symbols.get(index) {
            // Section symbols have no name of their own (gABI, "Symbol Table").
            Some(Symbol { name: [], definition: Definition::Section { index, .. }, .. }) => {
                self.sections[*index].name.to_owned()
            }
            Some(symbol) => String::from_utf8_lossy(symbol.name).into_owned(),
            None => format!("symbol {index}"),
        }
    }
}

/// The byte order that `object` calls by another name.
pub(crate) fn byte_order(endian: Endianness) -> ByteOrder {
    match endian {
        Endianness::Little => ByteOrder::Little,
        Endianness::Big => ByteOrder::Big,
    }
}

/// The sections to place, and for each index of the object's table the index among them.
fn read_sections<'a>(
    table: &SectionTable<'a, Header>,
    endian: Endianness,
    data: &'a [u8],
) -> Result<(Vec<Section<'a>>, Vec<Option<usize>>), Error> {
    let mut sections = Vec::new();
    let mut placed = vec![None; table.len()];
    for (index, header) in table.enumerate() {
        let name = table.section_name(endian, header).map_err(Error::object)?;
        let name = str::from_utf8(name).map_err(Error::object)?;
        let size_bytes = header.sh_size(endian);
        let Some(access) = classify(name, header, endian)? else { continue };
        let align_bytes = header.sh_addralign(endian).max(1);
        if !align_bytes.is_power_of_two() {
            return Err(Error::object("a section's alignment is not a power of two"));
        }
        placed[index.0] = Some(sections.len());
        let bytes = header.data(endian, data).map_err(Error::object)?;
        sections.push(Section { name, access, align_bytes, size_bytes, bytes, relocations: &[] });
    }
    Ok((sections, placed))
}

/// How a section is mapped; nothing when it is not loaded at all.
fn classify(
    name: &str,
    header: &<Header as FileHeader>::SectionHeader,
    endian: Endianness,
) -> Result<Option<Access>, Error> {
    let unsupported = |reason| Err(Error::UnsupportedSection { section: name.to_owned(), reason });
    let flags = header.sh_flags(endian);
    let has = |flag: u32| flags & u64::from(flag) != 0;
    if !has(elf::SHF_ALLOC) {
        return Ok(None);
    }
    if has(elf::SHF_TLS) {
        return unsupported("thread-local storage has no place in a program");
    }
    if has(elf::SHF_COMPRESSED) {
        return unsupported("it is compressed");
    }
    let is_zero = match header.sh_type(endian) {
        elf::SHT_PROGBITS | elf::SHT_NOTE => false,
        elf::SHT_NOBITS => true,
        // `.eh_frame` has a type of its own on x86-64 (psABI 4.2.2).
        elf::SHT_X86_64_UNWIND if name == ".eh_frame" => false,
        _ => return unsupported("its type is not that of code or data"),
    };
    match (has(elf::SHF_WRITE), has(elf::SHF_EXECINSTR)) {
        (true, true) => unsupported("it is both writable and executable"),
        (false, true) if is_zero => unsupported("it is executable and has no contents"),
        (false, true) => Ok(Some(Access::Execute)),
        (false, false) if is_zero => unsupported("it is read-only and has no contents"),
        (false, false) => Ok(Some(Access::Read)),
        (true, false) if name == MEMORY_IMAGE && is_zero => {
            unsupported("a memory image without contents")
        }
        (true, false) if name == MEMORY_IMAGE => Ok(Some(Access::Image)),
        // Writable for a dynamic linker only, which has nothing to do here: absolute relocations
        // are refused.
        (true, false) if name.starts_with(".data.rel.ro") && !is_zero => Ok(Some(Access::Read)),
        (true, false) => Ok(Some(Access::Write)),
    }
}
