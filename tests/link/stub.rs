//! A stub as small as one can be, for any of the four architectures: it calls the program and exits
//! with what that returns. So the linker is tested, and its results run, without the real stubs, and
//! with every defect that a stub could have.
//!
//! The program that it calls is not a real one either: its header is the self-relative address of a
//! function (see `program.rs`). Instructions are written out in hexadecimal with their text beside.

use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{PROGRAM_LINK_OFFSET, STUB_MAGIC};
use wasm2native_targets::Architecture;

/// How a stub's relative relocations are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relocations {
    /// Addends in the table.
    Rela,
    /// Addresses in the table, addends in place.
    Relr,
}

/// What to build, and what to get wrong.
#[derive(Clone, Debug)]
pub(crate) struct StubOptions {
    pub(crate) architecture: Architecture,
    pub(crate) relocations: Relocations,
    pub(crate) abi_version: u32,
    pub(crate) function_count: u32,
    pub(crate) magic: [u8; 8],
    /// How many program headers there is room for, behind the stub's own.
    pub(crate) room: u64,
    /// Bytes between the program headers and the reserved section.
    pub(crate) gap: u64,
    pub(crate) kind: u16,
    pub(crate) machine: Option<u16>,
    pub(crate) relocation_kind: Option<u32>,
    pub(crate) header_section: &'static str,
    /// Flags of the segment that holds the code.
    pub(crate) code_flags: u32,
}

impl StubOptions {
    /// A good stub.
    pub(crate) fn new(architecture: Architecture) -> Self {
        Self {
            architecture,
            relocations: Relocations::Rela,
            abi_version: ABI_VERSION,
            function_count: RuntimeFunction::COUNT as u32,
            magic: STUB_MAGIC,
            room: 8,
            gap: 0,
            kind: 3, // ET_DYN
            machine: None,
            relocation_kind: None,
            header_section: wasm2native_abi::stub::SECTION,
            code_flags: 5, // r-x
        }
    }
}

/// The `e_machine` of an architecture.
pub(crate) fn machine(architecture: Architecture) -> u16 {
    match architecture {
        Architecture::X86_64 => 62,
        Architecture::Aarch64 => 183,
        Architecture::Riscv64 => 243,
        Architecture::S390x => 22,
    }
}

/// Numbers in the target's byte order.
struct Bytes {
    bytes: Vec<u8>,
    is_big_endian: bool,
}

impl Bytes {
    fn number(&mut self, value: u64, size: usize) {
        if self.is_big_endian {
            self.bytes.extend_from_slice(&value.to_be_bytes()[8 - size..]);
        } else {
            self.bytes.extend_from_slice(&value.to_le_bytes()[..size]);
        }
    }

    fn numbers<const N: usize>(&mut self, fields: [(u64, usize); N]) {
        for (value, size) in fields {
            self.number(value, size);
        }
    }

    fn pad_to(&mut self, offset: u64) {
        assert!(self.bytes.len() as u64 <= offset);
        self.bytes.resize(offset as usize, 0);
    }
}

/// The file. Segments are a page each: headers and relocations, code, data.
pub(crate) fn build(options: &StubOptions) -> Vec<u8> {
    let page = crate::target(options.architecture).page_bytes;
    let (code_offset, data_offset) = (page, 2 * page);
    let is_big_endian = options.architecture.is_big_endian();
    let mut file = Bytes { bytes: Vec::new(), is_big_endian };
    let header_bytes = 64 + 8 * RuntimeFunction::COUNT as u64;
    let header_count = 6;
    let headers_end = 64 + 56 * header_count;
    let reserved = headers_end + options.gap;
    let reserved_bytes = 56 * options.room;
    let relocations_offset = (reserved + reserved_bytes).next_multiple_of(8);
    let (code, provided) = code(options.architecture, data_offset - code_offset);
    let provided_vaddr = code_offset + provided;
    // The last function is left out, as in every stub but the test suite's.
    let relocated = RuntimeFunction::COUNT as u64 - 1;
    let relocation_kind = options.relocation_kind.unwrap_or(match options.architecture {
        Architecture::X86_64 => 8,
        Architecture::Aarch64 => 1027,
        Architecture::Riscv64 => 3,
        Architecture::S390x => 12,
    });

    let mut table = Bytes { bytes: Vec::new(), is_big_endian };
    let functions = data_offset + 64;
    match options.relocations {
        Relocations::Rela => {
            for index in 0..relocated {
                let place = functions + 8 * index;
                table.numbers([(place, 8), (relocation_kind.into(), 8), (provided_vaddr, 8)]);
            }
        }
        Relocations::Relr => {
            // The first place, then a bit for each of the next 63.
            table.number(functions, 8);
            table.number(((1 << (relocated - 1)) - 1) << 1 | 1, 8);
        }
    }
    let relocations_bytes = table.bytes.len() as u64;

    let names = ["", ".note.w2n.phdrs", ".rela.dyn", ".text", options.header_section, ".bss"];
    let names_offset = data_offset + header_bytes;
    let strings: Vec<u8> =
        names.iter().flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect();
    let sections_offset = (names_offset + strings.len() as u64).next_multiple_of(8);

    let machine = options.machine.unwrap_or_else(|| machine(options.architecture));
    let data = if is_big_endian { 2 } else { 1 };
    file.bytes.extend_from_slice(&[0x7f, b'E', b'L', b'F', 2, data, 1, 0]);
    file.number(0, 8);
    file.numbers([
        (options.kind.into(), 2),
        (machine.into(), 2),
        (1, 4),
        (code_offset, 8),
        (64, 8),
        (sections_offset, 8),
        (0, 4),
        (64, 2),
        (56, 2),
        (header_count, 2),
        (64, 2),
        (names.len() as u64 + 1, 2),
        (names.len() as u64, 2),
    ]);
    let segment = |kind: u64, flags: u32, offset: u64, size: u64, memory: u64, align: u64| {
        let flags = u64::from(flags);
        [
            (kind, 4),
            (flags, 4),
            (offset, 8),
            (offset, 8),
            (offset, 8),
            (size, 8),
            (memory, 8),
            (align, 8),
        ]
    };
    let first_bytes = relocations_offset + relocations_bytes;
    let code_bytes = code.len() as u64;
    let table_bytes = 56 * header_count;
    file.numbers(segment(6, 4, 64, table_bytes, table_bytes, 8));
    file.numbers(segment(1, 4, 0, first_bytes, first_bytes, page));
    file.numbers(segment(1, options.code_flags, code_offset, code_bytes, code_bytes, page));
    file.numbers(segment(1, 6, data_offset, header_bytes, header_bytes + 0x100, page));
    file.numbers(segment(4, 4, reserved, reserved_bytes, reserved_bytes, 8));
    file.numbers(segment(0x6474_e551, 6, 0, 0, 0, 16)); // PT_GNU_STACK

    file.pad_to(reserved);
    // Something that must not be left over.
    file.bytes.resize((reserved + reserved_bytes) as usize, 0xee);
    file.pad_to(relocations_offset);
    file.bytes.extend_from_slice(&table.bytes);
    file.pad_to(code_offset);
    file.bytes.extend_from_slice(&code);
    file.pad_to(data_offset);
    file.bytes.extend_from_slice(&options.magic);
    file.numbers([(options.abi_version.into(), 4), (options.function_count.into(), 4)]);
    file.pad_to(functions);
    let in_place = if options.relocations == Relocations::Relr { provided_vaddr } else { 0 };
    for index in 0..RuntimeFunction::COUNT as u64 {
        file.number(if index < relocated { in_place } else { 0 }, 8);
    }
    file.bytes.extend_from_slice(&strings);
    file.pad_to(sections_offset);
    let mut name_offset = 0;
    let mut section = |name: &str, kind: u64, flags: u64, offset: u64, size: u64, align: u64| {
        let vaddr = if flags & 2 == 0 { 0 } else { offset };
        file.numbers([(name_offset, 4), (kind, 4), (flags, 8), (vaddr, 8), (offset, 8), (size, 8)]);
        let entry_bytes = if kind == 4 { 24 } else { 0 };
        file.numbers([(0, 4), (0, 4), (align, 8), (entry_bytes, 8)]);
        name_offset += name.len() as u64 + 1;
    };
    let relocations_type = if options.relocations == Relocations::Rela { 4 } else { 19 };
    section(names[0], 0, 0, 0, 0, 0);
    section(names[1], 7, 2, reserved, reserved_bytes, 8);
    section(names[2], relocations_type, 2, relocations_offset, relocations_bytes, 8);
    section(names[3], 1, 6, code_offset, code_bytes, 4);
    section(names[4], 1, 3, data_offset, header_bytes, 16);
    section(names[5], 8, 3, data_offset + header_bytes, 0x100, 8);
    // The names' own section is called nothing.
    let names_bytes = strings.len() as u64;
    let last = [(0, 4), (3, 4), (0, 8), (0, 8), (names_offset, 8), (names_bytes, 8)];
    file.numbers(last);
    file.numbers([(0, 4), (0, 4), (1, 8), (0, 8)]);
    file.bytes
}

/// The stub's code, with the header `header_distance` bytes behind its start, and the offset in it of
/// the one function that it provides, which returns 40.
fn code(architecture: Architecture, header_distance: u64) -> (Vec<u8>, u64) {
    let link = header_distance + PROGRAM_LINK_OFFSET;
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    match architecture {
        Architecture::X86_64 => {
            let mut code = vec![0x48, 0x8d, 0x05]; // lea rax, [rip + link]
            code.extend_from_slice(&(link as u32 - 7).to_le_bytes());
            code.extend_from_slice(&[
                0x48, 0x03, 0x00, // add rax, [rax]: the program
                0x48, 0x63, 0x08, // movsxd rcx, [rax]
                0x48, 0x01, 0xc8, // add rax, rcx: its function
                0x48, 0x83, 0xe4, 0xf0, // and rsp, -16
                0xff, 0xd0, // call rax
                0x89, 0xc7, // mov edi, eax
                0xb8, 0xe7, 0x00, 0x00, 0x00, // mov eax, 231: exit_group
                0x0f, 0x05, // syscall
                0xb8, 0x28, 0x00, 0x00, 0x00, // mov eax, 40
                0xc3, // ret
            ]);
            let provided = code.len() as u64 - 6;
            (code, provided)
        }
        Architecture::Aarch64 => {
            let link = link as u32;
            let adr = 0x1000_0000 | (link & 3) << 29 | (link >> 2) << 5; // adr x0, link
            let code = words(&[
                adr,
                0xf940_0001, // ldr x1, [x0]
                0x8b01_0000, // add x0, x0, x1
                0xb980_0001, // ldrsw x1, [x0]
                0x8b01_0000, // add x0, x0, x1
                0xd63f_0000, // blr x0
                0xd280_0bc8, // mov x8, 94: exit_group
                0xd400_0001, // svc 0
                0x5280_0500, // mov w0, 40
                0xd65f_03c0, // ret
            ]);
            (code, 32)
        }
        Architecture::Riscv64 => {
            let link = link as u32;
            let code = words(&[
                0x0000_0517 | (link + 0x800) & 0xffff_f000, // auipc a0, link
                0x0005_0513 | (link & 0xfff) << 20,         // addi a0, a0, link
                0x0005_3583,                                // ld a1, 0(a0)
                0x00b5_0533,                                // add a0, a0, a1
                0x0005_2583,                                // lw a1, 0(a0)
                0x00b5_0533,                                // add a0, a0, a1
                0x0005_00e7,                                // jalr a0
                0x05e0_0893,                                // li a7, 94: exit_group
                0x0000_0073,                                // ecall
                0x0280_0513,                                // li a0, 40
                0x0000_8067,                                // ret
            ]);
            (code, 36)
        }
        Architecture::S390x => {
            let mut code = vec![0xc0, 0x10]; // larl %r1, link
            code.extend_from_slice(&(link as u32 / 2).to_be_bytes());
            code.extend_from_slice(&[
                0xe3, 0x10, 0x10, 0x00, 0x00, 0x08, // ag %r1, 0(%r1)
                0xe3, 0x20, 0x10, 0x00, 0x00, 0x14, // lgf %r2, 0(%r1)
                0xb9, 0x08, 0x00, 0x12, // agr %r1, %r2
                0x0d, 0xe1, // basr %r14, %r1
                0x0a, 0xf8, // svc 248: exit_group
                0xa7, 0x29, 0x00, 0x28, // lghi %r2, 40
                0x07, 0xfe, // br %r14
            ]);
            let provided = code.len() as u64 - 6;
            (code, provided)
        }
    }
}
