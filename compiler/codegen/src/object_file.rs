//! Code, read-only data, instance blocks and memory images to one relocatable ELF object.
//!
//! Written with `object` rather than `cranelift-object`, which declares every function in a module of
//! its own and keeps all code twice. Invariant: the
//! order of sections, symbols and relocations depends on nothing but the program.

use crate::compile::{CodeTarget, CompiledFunction};
use crate::header::{self, Offsets};
use crate::isa::Isa;
use crate::names::{SymbolNames, function_name};
use crate::place::{Island, Places, Reach, VENEER, VENEER_RELOCATIONS};
use crate::plan::{ConstantValue, FunctionNumber, Plan, SECTION_LIMIT_BYTES};
use crate::read_only::{Outside, ReadOnly, Reference};
use crate::resolve::resolve;
use crate::symbol::Symbol as CodeSymbol;
use crate::{Error, Object, Options, Report};
use cranelift_codegen::binemit::Reloc;
use object::write::{self, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope, elf,
};
use std::collections::HashMap;
use wasm2native_abi::instance::BLOCK_ALIGN;
use wasm2native_abi::program::IMAGE_PAGE_BYTES;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::section;
use wasm2native_targets::Architecture;

/// Writes the object.
///
/// # Errors
/// [`Error::TooLarge`].
pub(crate) fn write(
    plan: &Plan<'_>,
    code: Vec<CompiledFunction>,
    isa: &Isa,
    options: &Options,
) -> Result<Object, Error> {
    let places = Places::new(&code, Reach::of(options.architecture))?;
    let (data, blocks) = write_blocks(plan, options);
    let (image_bytes, images) = write_images(plan);
    let offsets = Offsets { places, blocks, images };
    let big_endian = options.architecture.is_big_endian();
    let mut read_only = ReadOnly::new(big_endian);
    let header =
        header::write(plan, &code, &offsets, isa.cpu_features, options.names, &mut read_only);
    let (read_only, references) = read_only.finish();
    limit("read-only data", read_only.len() as u64, SECTION_LIMIT_BYTES)?;
    limit("memory contents", image_bytes.len() as u64, SECTION_LIMIT_BYTES)?;
    let report = Report {
        code_bytes: offsets.places.code_bytes,
        read_only_bytes: read_only.len() as u64,
        data_bytes: data.len() as u64,
        image_bytes: image_bytes.len() as u64,
        functions: code.len(),
    };
    let mut writer = Writer::new(options.architecture, read_only, data, image_bytes);
    writer.code(plan, code, &offsets, options);
    writer.references(&references);
    writer.define(section::PROGRAM_SYMBOL, writer.read_only, header);
    let bytes = writer.object.write().expect("every relocation is one that ELF has");
    Ok(Object { bytes, report })
}

fn limit(what: &'static str, bytes: u64, limit_bytes: u64) -> Result<(), Error> {
    if bytes > limit_bytes {
        return Err(Error::TooLarge { what, limit_bytes });
    }
    Ok(())
}

/// All instance blocks, with globals that are known at build time, and where each begins.
fn write_blocks(plan: &Plan<'_>, options: &Options) -> (Vec<u8>, Vec<u64>) {
    let mut data = Vec::new();
    let mut offsets = Vec::with_capacity(plan.instances.len());
    for instance in &plan.instances {
        offsets.push(data.len() as u64);
        data.resize(data.len() + instance.layout.size_bytes() as usize, 0);
    }
    let big_endian = options.architecture.is_big_endian();
    for global in plan.items.globals() {
        let block = usize::try_from(offsets[global.place.instance]).expect("in memory");
        let at = block + global.place.offset as usize;
        let mut put = |little: &[u8], swap: bool| {
            let target = &mut data[at..at + little.len()];
            target.copy_from_slice(little);
            if swap {
                target.reverse();
            }
        };
        match global.initial {
            ConstantValue::I32(value) => put(&value.to_le_bytes(), big_endian),
            ConstantValue::I64(value) => put(&value.to_le_bytes(), big_endian),
            ConstantValue::F32(bits) => put(&bits.to_le_bytes(), big_endian),
            ConstantValue::F64(bits) => put(&bits.to_le_bytes(), big_endian),
            ConstantValue::V128(bytes) => put(&bytes, false),
            // Null is zero; a function's reference is stored by `initialize`.
            ConstantValue::Reference(_) => {}
        }
    }
    (data, offsets)
}

/// All memory images, whole pages each, and where each begins.
fn write_images(plan: &Plan<'_>) -> (Vec<u8>, Vec<Vec<u64>>) {
    let total = plan.instances.iter().flat_map(|instance| &instance.images);
    let mut bytes = Vec::with_capacity(total.map(|run| run.bytes.len()).sum());
    let mut offsets = Vec::with_capacity(plan.instances.len());
    for instance in &plan.instances {
        let mut instance_offsets = Vec::with_capacity(instance.images.len());
        for run in &instance.images {
            instance_offsets.push(bytes.len() as u64);
            bytes.extend_from_slice(&run.bytes);
        }
        offsets.push(instance_offsets);
    }
    (bytes, offsets)
}

/// An object being written.
struct Writer {
    object: write::Object<'static>,
    code: SectionId,
    read_only: SectionId,
    symbols: SectionSymbols,
    runtime: HashMap<u32, SymbolId>,
}

/// The section symbols that relocations refer to.
struct SectionSymbols {
    code: SymbolId,
    read_only: SymbolId,
    data: SymbolId,
    image: SymbolId,
}

impl Writer {
    fn new(
        architecture: Architecture,
        read_only_bytes: Vec<u8>,
        data_bytes: Vec<u8>,
        image_bytes: Vec<u8>,
    ) -> Self {
        let (elf_architecture, endianness) = match architecture {
            Architecture::X86_64 => (object::Architecture::X86_64, Endianness::Little),
            Architecture::Aarch64 => (object::Architecture::Aarch64, Endianness::Little),
            Architecture::Riscv64 => (object::Architecture::Riscv64, Endianness::Little),
            Architecture::S390x => (object::Architecture::S390x, Endianness::Big),
        };
        let mut object = write::Object::new(BinaryFormat::Elf, elf_architecture, endianness);
        let mut add = |name: &str, kind: SectionKind| {
            object.add_section(Vec::new(), name.as_bytes().to_vec(), kind)
        };
        let code = add(section::CODE, SectionKind::Text);
        let read_only = add(section::READ_ONLY, SectionKind::ReadOnlyData);
        let data = add(section::DATA, SectionKind::Data);
        let image = add(section::MEMORY_IMAGE, SectionKind::Data);
        object.set_section_data(read_only, read_only_bytes, 16);
        object.set_section_data(data, data_bytes, u64::from(BLOCK_ALIGN));
        object.set_section_data(image, image_bytes, IMAGE_PAGE_BYTES);
        // Tells ordinary linkers that the program needs no executable stack.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        let symbols = SectionSymbols {
            code: object.section_symbol(code),
            read_only: object.section_symbol(read_only),
            data: object.section_symbol(data),
            image: object.section_symbol(image),
        };
        Self { object, code, read_only, symbols, runtime: HashMap::new() }
    }

    /// Joins all code, resolves what can be resolved and adds symbols for the rest.
    fn code(
        &mut self,
        plan: &Plan<'_>,
        code: Vec<CompiledFunction>,
        offsets: &Offsets,
        options: &Options,
    ) {
        let mut names = SymbolNames::default();
        let padding = padding_byte(options.architecture);
        let places = &offsets.places;
        let size = usize::try_from(places.code_bytes).expect("code is limited");
        let mut text: Vec<u8> = Vec::with_capacity(size);
        let mut align = 1;
        for (position, (function, offset)) in code.into_iter().zip(&places.functions).enumerate() {
            self.island(places.island_before(position), &mut text, padding, offsets);
            let number = FunctionNumber::from_position(position);
            align = align.max(function.align);
            text.resize(usize::try_from(*offset).expect("code is limited"), padding);
            text.extend_from_slice(&function.bytes);
            for relocation in &function.relocations {
                let at = offset + u64::from(relocation.offset);
                let (kind, addend) = (relocation.kind, relocation.addend);
                let inside = match relocation.target {
                    CodeTarget::Local(local) => Some(offset + u64::from(local)),
                    CodeTarget::Symbol(symbol) => match places.veneer(position, symbol) {
                        Some(veneer) if kind == Reloc::Arm64Call => Some(veneer),
                        _ => function_offset(symbol, offsets),
                    },
                };
                match (inside, relocation.target) {
                    (Some(target), _) => {
                        if !resolve(&mut text, kind, at, target, addend) {
                            self.relocate(kind, at, (self.symbols.code, target), addend);
                        }
                    }
                    (None, CodeTarget::Symbol(symbol)) => {
                        let target = self.target(symbol, offsets);
                        self.relocate(kind, at, target, addend);
                    }
                    (None, CodeTarget::Local(_)) => panic!("a local target has an offset"),
                }
            }
            // Without names the symbols still tell linkers where functions are, for unwinding.
            let name = if options.names {
                names.symbol(&function_name(plan, number), number)
            } else {
                Vec::new()
            };
            self.function_symbol(name, *offset, function.bytes.len() as u64);
        }
        self.island(places.island_before(places.functions.len()), &mut text, padding, offsets);
        self.object.set_section_data(self.code, text, u64::from(align));
    }

    /// Adds an island of veneers, if there is one here.
    fn island(
        &mut self,
        island: Option<&Island>,
        text: &mut Vec<u8>,
        padding: u8,
        offsets: &Offsets,
    ) {
        let Some(island) = island else { return };
        text.resize(usize::try_from(island.offset).expect("code is limited"), padding);
        for symbol in &island.targets {
            let target = self.target(*symbol, offsets);
            for (index, instruction) in VENEER.into_iter().enumerate() {
                if let Some(kind) = VENEER_RELOCATIONS.get(index) {
                    self.relocate(*kind, text.len() as u64, target, 0);
                }
                text.extend_from_slice(&instruction.to_le_bytes());
            }
        }
    }

    /// What a symbol refers to: an ELF symbol and an offset.
    fn target(&mut self, symbol: CodeSymbol, offsets: &Offsets) -> (SymbolId, u64) {
        match symbol {
            CodeSymbol::Function(number) => {
                (self.symbols.code, offsets.places.functions[number.position()])
            }
            CodeSymbol::Block(instance) => (self.symbols.data, offsets.blocks[instance as usize]),
            CodeSymbol::ReadOnly(offset) => (self.symbols.read_only, u64::from(offset)),
            CodeSymbol::Runtime(index) => (self.runtime(index), 0),
        }
    }

    fn runtime(&mut self, index: u32) -> SymbolId {
        if let Some(symbol) = self.runtime.get(&index) {
            return *symbol;
        }
        let function = RuntimeFunction::from_index(index as usize)
            .expect("translation names functions that exist");
        let symbol = self.object.add_symbol(Symbol {
            name: function.symbol().as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.runtime.insert(index, symbol);
        symbol
    }

    fn relocate(&mut self, kind: Reloc, offset: u64, target: (SymbolId, u64), addend: i64) {
        let (symbol, target_offset) = target;
        let addend = addend + i64::try_from(target_offset).expect("sections are limited");
        let relocation = Relocation { offset, symbol, addend, flags: flags(kind) };
        let added = self.object.add_relocation(self.code, relocation);
        added.expect("every kind of relocation is one that ELF has");
    }

    fn function_symbol(&mut self, name: Vec<u8>, value: u64, size: u64) {
        self.object.add_symbol(Symbol {
            name,
            value,
            size,
            kind: SymbolKind::Text,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(self.code),
            flags: SymbolFlags::None,
        });
    }

    /// Defines a symbol that the linker looks for.
    fn define(&mut self, name: &str, section: SectionId, value: u64) {
        self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value,
            size: 0,
            kind: SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }

    /// Adds the relocations of read-only data.
    fn references(&mut self, references: &[Reference]) {
        for reference in references {
            let (symbol, target_offset) = match reference.target {
                Outside::Code(offset) => (self.symbols.code, offset),
                Outside::Data(offset) => (self.symbols.data, offset),
                Outside::Image(offset) => (self.symbols.image, offset),
            };
            let target_offset = i64::try_from(target_offset).expect("sections are limited");
            let relocation = Relocation {
                offset: reference.offset,
                symbol,
                addend: reference.addend + target_offset,
                flags: RelocationFlags::Generic {
                    kind: RelocationKind::Relative,
                    encoding: RelocationEncoding::Generic,
                    size: 32,
                },
            };
            let added = self.object.add_relocation(self.read_only, relocation);
            added.expect("every architecture has a 32-bit PC-relative relocation");
        }
    }
}

/// The offset of a function of the program.
fn function_offset(symbol: CodeSymbol, offsets: &Offsets) -> Option<u64> {
    match symbol {
        CodeSymbol::Function(number) => Some(offsets.places.functions[number.position()]),
        _ => None,
    }
}

/// What lies between functions: instructions that trap or do nothing.
fn padding_byte(architecture: Architecture) -> u8 {
    match architecture {
        Architecture::X86_64 => 0xcc,
        Architecture::Aarch64 | Architecture::Riscv64 | Architecture::S390x => 0,
    }
}

/// The ELF relocation for what Cranelift asks for.
fn flags(kind: Reloc) -> RelocationFlags {
    let generic = |kind, encoding, size| RelocationFlags::Generic { kind, encoding, size };
    let elf = |r_type| RelocationFlags::Elf { r_type };
    match kind {
        Reloc::Abs4 => generic(RelocationKind::Absolute, RelocationEncoding::Generic, 32),
        Reloc::Abs8 => generic(RelocationKind::Absolute, RelocationEncoding::Generic, 64),
        Reloc::X86PCRel4 => generic(RelocationKind::Relative, RelocationEncoding::Generic, 32),
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => {
            generic(RelocationKind::PltRelative, RelocationEncoding::X86Branch, 32)
        }
        Reloc::Arm64Call => elf(elf::R_AARCH64_CALL26),
        Reloc::Aarch64AdrPrelPgHi21 => elf(elf::R_AARCH64_ADR_PREL_PG_HI21),
        Reloc::Aarch64AddAbsLo12Nc => elf(elf::R_AARCH64_ADD_ABS_LO12_NC),
        Reloc::RiscvCallPlt => elf(elf::R_RISCV_CALL_PLT),
        Reloc::RiscvPCRelHi20 => elf(elf::R_RISCV_PCREL_HI20),
        Reloc::RiscvPCRelLo12I => elf(elf::R_RISCV_PCREL_LO12_I),
        Reloc::S390xPCRel32Dbl => elf(elf::R_390_PC32DBL),
        Reloc::S390xPLTRel32Dbl => elf(elf::R_390_PLT32DBL),
        other => panic!("relocation {other} is not one that these back ends make"),
    }
}
