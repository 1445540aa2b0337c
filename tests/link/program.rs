//! Objects as the code generator could write them, for any of the four architectures, made with the
//! crate `object`: a function that calls the stub's function, adds a number from data, and returns 42.

use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, RelocationFlags, SectionFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use wasm2native_abi::program::IMAGE_PAGE_BYTES;
use wasm2native_abi::runtime::Libcall;
use wasm2native_abi::section::{MEMORY_IMAGE, PROGRAM_SYMBOL};
use wasm2native_targets::Architecture;

/// Offset, kind, symbol and addend of a relocation.
type Reference = (u64, u32, SymbolId, i64);

/// An object in the making.
pub(crate) struct Program {
    pub(crate) object: Object<'static>,
    pub(crate) architecture: Architecture,
    pub(crate) text: SectionId,
    pub(crate) rodata: SectionId,
    pub(crate) data: SectionId,
    /// A number in zeroed data.
    pub(crate) zero: SymbolId,
}

impl Program {
    /// One with empty sections, and zeros.
    pub(crate) fn empty(architecture: Architecture) -> Self {
        let (kind, endian) = match architecture {
            Architecture::X86_64 => (object::Architecture::X86_64, Endianness::Little),
            Architecture::Aarch64 => (object::Architecture::Aarch64, Endianness::Little),
            Architecture::Riscv64 => (object::Architecture::Riscv64, Endianness::Little),
            Architecture::S390x => (object::Architecture::S390x, Endianness::Big),
        };
        let mut object = Object::new(BinaryFormat::Elf, kind, endian);
        let mut section =
            |name: &str, kind| object.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
        let text = section(".text", SectionKind::Text);
        let rodata = section(".rodata", SectionKind::ReadOnlyData);
        let data = section(".data", SectionKind::Data);
        let bss = section(".bss", SectionKind::UninitializedData);
        object.append_section_bss(bss, 0x1_2345, 16);
        // In the file, the symbol table stands where this is in memory: it must not show.
        let zero = object.add_symbol(Symbol {
            name: b"zero".to_vec(),
            value: 0x28,
            size: 4,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(bss),
            flags: SymbolFlags::None,
        });
        Self { object, architecture, text, rodata, data, zero }
    }

    /// The whole program: code, header, data, more zeros, and a page of memory image.
    pub(crate) fn complete(architecture: Architecture) -> Self {
        let mut program = Self::empty(architecture);
        let value = program.number("value", 2);
        let entry = program.entry(value);
        program.header(entry);
        let bss = program.object.add_section(
            Vec::new(),
            b".bss.more".to_vec(),
            SectionKind::UninitializedData,
        );
        program.object.append_section_bss(bss, 0x2_3456, 64);
        program.image(&vec![0x1a; IMAGE_PAGE_BYTES as usize]);
        program
    }

    /// Adds bytes to a section, and a symbol for them.
    pub(crate) fn define(
        &mut self,
        section: SectionId,
        name: &str,
        kind: SymbolKind,
        bytes: &[u8],
        align: u64,
    ) -> SymbolId {
        let value = self.object.append_section_data(section, bytes, align);
        self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value,
            size: bytes.len() as u64,
            kind,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        })
    }

    /// A symbol that the object does not define.
    pub(crate) fn import(&mut self, name: &str) -> SymbolId {
        self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    /// Adds a relocation.
    pub(crate) fn relocate(
        &mut self,
        section: SectionId,
        offset: u64,
        kind: u32,
        symbol: SymbolId,
        addend: i64,
    ) {
        let flags = RelocationFlags::Elf { r_type: kind };
        self.object
            .add_relocation(section, Relocation { offset, symbol, addend, flags })
            .expect("the builder accepts every ELF relocation");
    }

    /// A 32-bit number in writable data.
    pub(crate) fn number(&mut self, name: &str, value: u32) -> SymbolId {
        let bytes = if self.architecture.is_big_endian() {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        self.define(self.data, name, SymbolKind::Data, &bytes, 4)
    }

    /// The program's header: here only the distance of the function to call.
    pub(crate) fn header(&mut self, entry: SymbolId) -> SymbolId {
        let header = self.define(self.rodata, PROGRAM_SYMBOL, SymbolKind::Data, &[0; 8], 16);
        let offset = self.object.symbol(header).value;
        self.relocate(self.rodata, offset, self.data_distance(), entry, 0);
        header
    }

    /// Initial contents of a memory.
    pub(crate) fn image(&mut self, bytes: &[u8]) -> SymbolId {
        let name = MEMORY_IMAGE.as_bytes().to_vec();
        let section = self.object.add_section(Vec::new(), name, SectionKind::Data);
        self.object.section_mut(section).flags =
            SectionFlags::Elf { sh_flags: (elf::SHF_ALLOC | elf::SHF_WRITE).into() };
        self.define(section, "image", SymbolKind::Data, bytes, IMAGE_PAGE_BYTES)
    }

    /// The psABI's relocation for a 32-bit distance in data.
    pub(crate) fn data_distance(&self) -> u32 {
        match self.architecture {
            Architecture::X86_64 => elf::R_X86_64_PC32,
            Architecture::Aarch64 => elf::R_AARCH64_PREL32,
            Architecture::Riscv64 => elf::R_RISCV_32_PCREL,
            Architecture::S390x => elf::R_390_PC32,
        }
    }

    /// The function: what the stub's `w2n_memory_grow` returns (40), plus `value`.
    pub(crate) fn entry(&mut self, value: SymbolId) -> SymbolId {
        let callee = self.import(Libcall::MemoryGrow.symbol());
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let (code, references): (Vec<u8>, Vec<Reference>) = match self.architecture {
            Architecture::X86_64 => (
                vec![
                    0x48, 0x83, 0xec, 0x08, // sub rsp, 8
                    0xe8, 0, 0, 0, 0, // call callee
                    0x48, 0x8b, 0x0d, 0, 0, 0, 0, // mov rcx, [rip + table entry of value]
                    0x03, 0x01, // add eax, [rcx]
                    0x2b, 0x05, 0, 0, 0, 0, // sub eax, [rip + value]
                    0x03, 0x05, 0, 0, 0, 0, // add eax, [rip + value]
                    0x03, 0x05, 0, 0, 0, 0, // add eax, [rip + zero]
                    0x48, 0x83, 0xc4, 0x08, // add rsp, 8
                    0xc3, // ret
                ],
                vec![
                    (5, elf::R_X86_64_PLT32, callee, -4),
                    (12, elf::R_X86_64_GOTPCREL, value, -4),
                    (20, elf::R_X86_64_PC32, value, -4),
                    (26, elf::R_X86_64_PC32, value, -4),
                    (32, elf::R_X86_64_PC32, self.zero, -4),
                ],
            ),
            Architecture::Aarch64 => (
                words(&[
                    0xa9bf_7bfd, // stp x29, x30, [sp, #-16]!
                    0x9400_0000, // bl callee
                    0x9000_0001, // adrp x1, value
                    0x9100_0021, // add x1, x1, value
                    0xb940_0021, // ldr w1, [x1]
                    0x9000_0002, // adrp x2, table entry of value
                    0xf940_0042, // ldr x2, [x2, table entry of value]
                    0xb940_0042, // ldr w2, [x2]
                    0x0b01_0000, // add w0, w0, w1
                    0x0b02_0000, // add w0, w0, w2
                    0x4b01_0000, // sub w0, w0, w1
                    0xa8c1_7bfd, // ldp x29, x30, [sp], #16
                    0xd65f_03c0, // ret
                ]),
                vec![
                    (4, elf::R_AARCH64_CALL26, callee, 0),
                    (8, elf::R_AARCH64_ADR_PREL_PG_HI21, value, 0),
                    (12, elf::R_AARCH64_ADD_ABS_LO12_NC, value, 0),
                    (20, elf::R_AARCH64_ADR_GOT_PAGE, value, 0),
                    (24, elf::R_AARCH64_LD64_GOT_LO12_NC, value, 0),
                ],
            ),
            Architecture::Riscv64 => {
                // The lower half of an address names the instruction that adds the upper half.
                let [near, table] = [("near", 16), ("table", 24)].map(|(name, value)| {
                    let section = SymbolSection::Section(self.text);
                    self.object.add_symbol(Symbol {
                        name: name.as_bytes().to_vec(),
                        value,
                        size: 0,
                        kind: SymbolKind::Label,
                        scope: SymbolScope::Compilation,
                        weak: false,
                        section,
                        flags: SymbolFlags::None,
                    })
                });
                let code = words(&[
                    0xff01_0113, // addi sp, sp, -16
                    0x0011_3423, // sd ra, 8(sp)
                    0x0000_0097, // auipc ra, callee
                    0x0000_80e7, // jalr callee(ra)
                    0x0000_0597, // auipc a1, value
                    0x0005_a583, // lw a1, value(a1)
                    0x0000_0617, // auipc a2, table entry of value
                    0x0006_3603, // ld a2, table entry of value(a2)
                    0x0006_2603, // lw a2, 0(a2)
                    0x00b5_0533, // add a0, a0, a1
                    0x00c5_0533, // add a0, a0, a2
                    0x40b5_0533, // sub a0, a0, a1
                    0x0081_3083, // ld ra, 8(sp)
                    0x0101_0113, // addi sp, sp, 16
                    0x0000_8067, // ret
                ]);
                let references = vec![
                    (8, elf::R_RISCV_CALL_PLT, callee, 0),
                    // Before the upper half that it belongs to.
                    (20, elf::R_RISCV_PCREL_LO12_I, near, 0),
                    (16, elf::R_RISCV_PCREL_HI20, value, 0),
                    (24, elf::R_RISCV_GOT_HI20, value, 0),
                    (28, elf::R_RISCV_PCREL_LO12_I, table, 0),
                ];
                (code, references)
            }
            Architecture::S390x => (
                vec![
                    0xb9, 0x04, 0x00, 0x6e, // lgr %r6, %r14
                    0xc0, 0xe5, 0, 0, 0, 0, // brasl %r14, callee
                    0xc0, 0x10, 0, 0, 0, 0, // larl %r1, value
                    0x5a, 0x20, 0x10, 0x00, // a %r2, 0(%r1)
                    0xc4, 0x38, 0, 0, 0, 0, // lgrl %r3, table entry of value
                    0x5a, 0x20, 0x30, 0x00, // a %r2, 0(%r3)
                    0x5b, 0x20, 0x10, 0x00, // s %r2, 0(%r1)
                    0x07, 0xf6, // br %r6
                ],
                vec![
                    (6, elf::R_390_PLT32DBL, callee, 2),
                    (12, elf::R_390_PC32DBL, value, 2),
                    (22, elf::R_390_GOTENT, value, 2),
                ],
            ),
        };
        let entry = self.define(self.text, "entry", SymbolKind::Text, &code, 16);
        let start = self.object.symbol(entry).value;
        for (offset, kind, symbol, addend) in references {
            self.relocate(self.text, start + offset, kind, symbol, addend);
        }
        entry
    }

    /// The object's file.
    pub(crate) fn write(&self) -> Vec<u8> {
        self.object.write().expect("the builder writes what it was given")
    }
}
