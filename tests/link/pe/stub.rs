//! A PE stub as small as one can be, for both architectures that Windows has: it calls the program and
//! ends the process with what that returns, through an import. So the linker is tested without the real
//! stubs, and with every defect that a stub could have.

use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{PROGRAM_LINK_OFFSET, SECTION_PE, STUB_MAGIC};
use wasm2native_targets::Architecture;

/// What to build, and what to get wrong.
#[derive(Clone, Debug)]
pub(super) struct StubOptions {
    pub(super) architecture: Architecture,
    pub(super) abi_version: u32,
    pub(super) function_count: u32,
    pub(super) magic: [u8; 8],
    pub(super) machine: Option<u16>,
    pub(super) characteristics: u16,
    pub(super) dll_characteristics: u16,
    /// Where the headers are: the further back, the less room there is behind them.
    pub(super) headers_offset: u32,
    pub(super) header_section: &'static str,
    pub(super) code_flags: u32,
    pub(super) file_align_bytes: u32,
    /// Kind of the functions' relocations, and how many of them there are.
    pub(super) relocation_kind: u16,
    pub(super) relocations: usize,
    /// Address of the functions.
    pub(super) function_rva: Option<u32>,
    /// Empty pages between the sections.
    pub(super) gap_pages: u32,
    /// Whether there are base relocations at all.
    pub(super) has_relocations: bool,
    /// Another data directory, by its index.
    pub(super) directory: Option<usize>,
}

impl StubOptions {
    /// A good stub.
    pub(super) fn new(architecture: Architecture) -> Self {
        Self {
            architecture,
            abi_version: ABI_VERSION,
            function_count: RuntimeFunction::COUNT as u32,
            magic: STUB_MAGIC,
            machine: None,
            characteristics: 0x22,       // executable, more than 2 GiB
            dll_characteristics: 0x8160, // high entropy, anywhere, no execution of data
            headers_offset: 0x80,
            header_section: SECTION_PE,
            code_flags: 0x6000_0020, // code, r-x
            file_align_bytes: 0x200,
            relocation_kind: 10, // DIR64
            // The last function is left out, as in every stub but the test suite's.
            relocations: RuntimeFunction::COUNT - 1,
            function_rva: None,
            gap_pages: 0,
            has_relocations: true,
            directory: None,
        }
    }
}

/// Numbers, least significant byte first.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn numbers<const N: usize>(&mut self, fields: [(u64, usize); N]) {
        for (value, size) in fields {
            self.0.extend_from_slice(&value.to_le_bytes()[..size]);
        }
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.numbers([((*word).into(), 4)]);
        }
    }

    fn pad_to(&mut self, offset: usize) {
        assert!(self.0.len() <= offset);
        self.0.resize(offset, 0);
    }
}

const IMAGE_BASE: u64 = 0x1_4000_0000;
const CODE_RVA: u32 = 0x1000;
const DATA_RVA: u32 = 0x2000;
const HEADER_RVA: u32 = 0x3000;
const UNWIND_RVA: u32 = 0x4000;
const RELOCATIONS_RVA: u32 = 0x5000;
/// Where the data has the address of the imported function.
const IMPORT_OFFSET: u32 = 0x38;
/// Where the data has the description of the code for unwinders.
const UNWIND_INFO_OFFSET: u32 = 0x80;
/// Where the data has the debug directory, and what it refers to.
const DEBUG_OFFSET: u32 = 0x90;
pub(super) const DEBUG_BYTES: &[u8] = b"debug information";
/// Where the data refers to that by its place in the file.
pub(super) const DEBUG_POINTER: std::ops::Range<usize> =
    DEBUG_OFFSET as usize + 24..DEBUG_OFFSET as usize + 28;

/// The file. Sections are a page each.
pub(super) fn build(options: &StubOptions) -> Vec<u8> {
    let (code, provided) = code(options.architecture);
    let function_rva = options.function_rva.unwrap_or(CODE_RVA + provided);
    let align = options.file_align_bytes;
    let headers_end = options.headers_offset + 24 + 240 + 40 * 5;
    let size_of_headers = headers_end.next_multiple_of(align);
    // The code comes first, and is shorter than any alignment.
    let data = data(size_of_headers + align);
    let header = header(options, function_rva);
    let unwind_table = unwind_table(options.architecture, provided);
    let relocations = relocations(options);
    let sections = [
        (".text", options.code_flags, CODE_RVA, code),
        (".rdata", 0x4000_0040, DATA_RVA, data),
        (options.header_section, 0x4000_0040, HEADER_RVA, header),
        (".pdata", 0x4000_0040, UNWIND_RVA, unwind_table.clone()),
        (".reloc", 0x4200_0040, RELOCATIONS_RVA, relocations.clone()),
    ];

    let mut file = Bytes::default();
    file.numbers([(u64::from(u16::from_le_bytes(*b"MZ")), 2)]);
    file.pad_to(0x3c);
    file.words(&[options.headers_offset]);
    file.pad_to(options.headers_offset as usize);
    file.0.extend_from_slice(b"PE\0\0");
    let machine = options.machine.unwrap_or(match options.architecture {
        Architecture::Aarch64 => 0xaa64,
        _ => 0x8664,
    });
    file.numbers([
        (machine.into(), 2),
        (sections.len() as u64, 2),
        (0, 4),
        (0, 4),
        (0, 4),
        (240, 2),
        (options.characteristics.into(), 2),
    ]);
    let image_end = RELOCATIONS_RVA + 0x1000 * (1 + options.gap_pages);
    file.numbers([(0x20b, 2), (14, 1), (0, 1), (align.into(), 4), (4 * u64::from(align), 4)]);
    file.numbers([(0, 4), (CODE_RVA.into(), 4), (CODE_RVA.into(), 4), (IMAGE_BASE, 8)]);
    file.numbers([(0x1000, 4), (align.into(), 4), (6, 2), (0, 2), (0, 2), (0, 2), (6, 2), (0, 2)]);
    file.numbers([(0, 4), (image_end.into(), 4), (size_of_headers.into(), 4), (0, 4), (3, 2)]);
    file.numbers([(options.dll_characteristics.into(), 2), (1 << 20, 8), (1 << 12, 8)]);
    file.numbers([(1 << 20, 8), (1 << 12, 8), (0, 4), (16, 4)]);
    for index in 0..16 {
        let (rva, size) = match index {
            1 => (DATA_RVA, 40),
            3 => (UNWIND_RVA, unwind_table.len() as u32),
            5 if options.has_relocations => (RELOCATIONS_RVA, relocations.len() as u32),
            6 => (DATA_RVA + DEBUG_OFFSET, 28),
            12 => (DATA_RVA + IMPORT_OFFSET, 16),
            _ if options.directory == Some(index) => (DATA_RVA, 8),
            _ => (0, 0),
        };
        file.words(&[rva, size]);
    }
    let mut offset = size_of_headers;
    for (number, (name, flags, rva, bytes)) in sections.iter().enumerate() {
        let mut short_name = [0; 8];
        short_name[..name.len()].copy_from_slice(name.as_bytes());
        file.0.extend_from_slice(&short_name);
        let gap = if number == 4 { 0x1000 * options.gap_pages } else { 0 };
        let raw_size = (bytes.len() as u32).next_multiple_of(align);
        file.words(&[bytes.len() as u32, rva + gap, raw_size, offset, 0, 0, 0, *flags]);
        offset += raw_size;
    }
    for (_, _, _, bytes) in &sections {
        file.pad_to(file.0.len().next_multiple_of(align as usize));
        file.0.extend_from_slice(bytes);
    }
    file.pad_to(file.0.len().next_multiple_of(align as usize));
    file.0
}

/// The import of `ExitProcess`, the unwind information of the code, and debug information; the data is
/// at `file_offset`.
fn data(file_offset: u32) -> Vec<u8> {
    let [lookup, names, library] = [0x28, 0x48, 0x60];
    let mut data = Bytes::default();
    // One descriptor, and the empty one that ends them.
    data.words(&[DATA_RVA + lookup, 0, 0, DATA_RVA + library, DATA_RVA + IMPORT_OFFSET]);
    data.pad_to(lookup as usize);
    data.numbers([((DATA_RVA + names).into(), 8), (0, 8), ((DATA_RVA + names).into(), 8), (0, 8)]);
    assert_eq!(data.0.len(), names as usize);
    data.0.extend_from_slice(b"\0\0ExitProcess\0");
    data.pad_to(library as usize);
    data.0.extend_from_slice(b"KERNEL32.dll\0");
    data.pad_to(UNWIND_INFO_OFFSET as usize);
    // x86-64: after four bytes of prologue, 0x28 bytes are allocated.
    data.0.extend_from_slice(&[0x01, 4, 1, 0, 4, 0x42, 0, 0]);
    data.pad_to(DEBUG_OFFSET as usize);
    let contents = DEBUG_OFFSET + 28;
    let size = DEBUG_BYTES.len() as u32;
    data.words(&[0, 0, 0, 1, size, DATA_RVA + contents, file_offset + contents]);
    data.0.extend_from_slice(DEBUG_BYTES);
    data.0
}

fn header(options: &StubOptions, function_rva: u32) -> Vec<u8> {
    let mut header = Bytes(options.magic.to_vec());
    header.words(&[options.abi_version, options.function_count]);
    header.pad_to(64);
    for index in 0..RuntimeFunction::COUNT {
        let is_provided = index < RuntimeFunction::COUNT - 1;
        let value = if is_provided { IMAGE_BASE + u64::from(function_rva) } else { 0 };
        header.numbers([(value, 8)]);
    }
    header.0
}

fn unwind_table(architecture: Architecture, code_bytes: u32) -> Vec<u8> {
    let mut table = Bytes::default();
    if architecture == Architecture::Aarch64 {
        // Packed: flag 1, length, frame chain (CR 3), 16 bytes of frame.
        table.words(&[CODE_RVA, 1 | (code_bytes / 4) << 2 | 3 << 21 | 1 << 23]);
    } else {
        table.words(&[CODE_RVA, CODE_RVA + code_bytes, DATA_RVA + UNWIND_INFO_OFFSET]);
    }
    table.0
}

/// One block, with a kind and an offset in the page for each function.
fn relocations(options: &StubOptions) -> Vec<u8> {
    let count = options.relocations.next_multiple_of(2);
    let mut block = Bytes::default();
    block.words(&[HEADER_RVA, 8 + 2 * count as u32]);
    for index in 0..count {
        let entry = options.relocation_kind << 12 | (64 + 8 * index as u16);
        block.numbers([(if index < options.relocations { entry.into() } else { 0 }, 2)]);
    }
    block.0
}

/// The code, and the offset in it of the one function that it provides, which returns 40.
fn code(architecture: Architecture) -> (Vec<u8>, u32) {
    let link = HEADER_RVA - CODE_RVA + PROGRAM_LINK_OFFSET as u32;
    let import = DATA_RVA - CODE_RVA + IMPORT_OFFSET;
    let mut code = Bytes::default();
    if architecture == Architecture::Aarch64 {
        let link = link - 8;
        let import_page = (DATA_RVA - CODE_RVA) >> 12;
        code.words(&[
            0xa9bf_7bfd,                                       // stp x29, x30, [sp, #-16]!
            0x9100_03fd,                                       // mov x29, sp
            0x1000_0000 | (link & 3) << 29 | (link >> 2) << 5, // adr x0, link
            0xf940_0001,                                       // ldr x1, [x0]
            0x8b01_0000,                                       // add x0, x0, x1: the program
            0xb980_0001,                                       // ldrsw x1, [x0]
            0x8b01_0000,                                       // add x0, x0, x1: its function
            0xd63f_0000,                                       // blr x0
            0x9000_0010 | (import_page & 3) << 29 | (import_page >> 2) << 5, // adrp x16, import
            0xf940_0210 | (IMPORT_OFFSET / 8) << 10,           // ldr x16, [x16, import]
            0xd63f_0200,                                       // blr x16: ExitProcess
            0xd420_0000,                                       // brk 0
        ]);
        let provided = code.0.len() as u32;
        code.words(&[
            0x5280_0500, // mov w0, 40
            0xd65f_03c0, // ret
        ]);
        return (code.0, provided);
    }
    code.0.extend_from_slice(&[0x48, 0x83, 0xec, 0x28]); // sub rsp, 0x28
    code.0.extend_from_slice(&[0x48, 0x8d, 0x05]); // lea rax, [rip + link]
    code.words(&[link - 11]);
    code.0.extend_from_slice(&[
        0x48, 0x03, 0x00, // add rax, [rax]: the program
        0x48, 0x63, 0x08, // movsxd rcx, [rax]
        0x48, 0x01, 0xc8, // add rax, rcx: its function
        0xff, 0xd0, // call rax
        0x89, 0xc1, // mov ecx, eax
        0xff, 0x15, // call [rip + import]: ExitProcess
    ]);
    code.words(&[import - 30]);
    code.0.push(0xcc); // int3
    let provided = code.0.len() as u32;
    code.0.extend_from_slice(&[
        0xb8, 0x28, 0, 0, 0,    // mov eax, 40
        0xc3, // ret
    ]);
    (code.0, provided)
}
