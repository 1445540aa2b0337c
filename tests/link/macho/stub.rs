//! A Mach-O stub as small as one can be, laid out as LLD does: its main function calls the program and
//! returns what that returns. Every defect that a stub could have can be asked for.
//!
//! The program that it calls is that of `program.rs`. Instructions are written out in hexadecimal with
//! their text beside.

use object::macho;
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{FUNCTIONS_OFFSET, PROGRAM_LINK_OFFSET, SECTION_MACHO, STUB_MAGIC};
use wasm2native_targets::{Architecture, Target};

/// The address of the file's header.
pub(crate) const BASE: u64 = 0x1_0000_0000;
/// How many pointers there are in the header.
const FUNCTION_COUNT: u64 = RuntimeFunction::COUNT as u64;

/// How a stub's pointers are adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixups {
    /// Opcodes of `LC_DYLD_INFO_ONLY`.
    Rebases,
    /// `LC_DYLD_CHAINED_FIXUPS` with addresses as targets.
    Chains,
    /// `LC_DYLD_CHAINED_FIXUPS` with distances from the file's header as targets.
    ChainsOfOffsets,
}

/// What to build, and what to get wrong.
#[derive(Clone, Debug)]
pub(crate) struct StubOptions {
    pub(crate) architecture: Architecture,
    pub(crate) page_bytes: u64,
    pub(crate) fixups: Fixups,
    pub(crate) abi_version: u32,
    pub(crate) function_count: u32,
    pub(crate) magic: [u8; 8],
    pub(crate) cpu: u32,
    pub(crate) file_type: u32,
    pub(crate) flags: u32,
    pub(crate) header_section: &'static str,
    /// Protection of the segment that holds the code.
    pub(crate) code_protection: u32,
    /// The name of the last segment.
    pub(crate) last_segment: &'static str,
    /// Where the first section is in the file: what comes before has room for load commands.
    pub(crate) code_offset: u64,
    /// A load command of this kind besides the usual ones.
    pub(crate) further_command: Option<u32>,
    pub(crate) has_uuid: bool,
    pub(crate) has_fixups: bool,
    /// The format of chained pointers.
    pub(crate) pointer_format: Option<u16>,
    /// Make the first of the chained pointers one of a library's symbol.
    pub(crate) first_is_bound: bool,
    /// How many segments chained fixups are for.
    pub(crate) chained_segments: u32,
    /// Where the functions are, counted from the code.
    pub(crate) function_distance: Option<u64>,
    /// How many of the symbols are said to be local.
    pub(crate) local_symbols: u32,
}

impl StubOptions {
    /// A good stub.
    pub(crate) fn new(target: &Target, fixups: Fixups) -> Self {
        let cpu = match target.architecture {
            Architecture::X86_64 => macho::CPU_TYPE_X86_64,
            _ => macho::CPU_TYPE_ARM64,
        };
        Self {
            architecture: target.architecture,
            page_bytes: target.page_bytes,
            fixups,
            abi_version: ABI_VERSION,
            function_count: RuntimeFunction::COUNT as u32,
            magic: STUB_MAGIC,
            cpu,
            file_type: macho::MH_EXECUTE,
            flags: macho::MH_NOUNDEFS | macho::MH_DYLDLINK | macho::MH_TWOLEVEL | macho::MH_PIE,
            header_section: SECTION_MACHO,
            code_protection: 5, // r-x
            last_segment: "__LINKEDIT",
            code_offset: 0xc00,
            further_command: None,
            has_uuid: true,
            has_fixups: true,
            pointer_format: None,
            first_is_bound: false,
            chained_segments: 4,
            function_distance: None,
            local_symbols: 1,
        }
    }
}

/// Little-endian numbers.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.0.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn wide(&mut self, words: &[u64]) {
        for word in words {
            self.0.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn name(&mut self, name: &str) {
        let mut padded = [0; 16];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        self.0.extend_from_slice(&padded);
    }

    fn align(&mut self, bytes: usize) {
        self.0.resize(self.0.len().next_multiple_of(bytes), 0);
    }
}

/// A section: name, address, size, file offset, alignment as a power of two, flags.
type Section<'a> = (&'a str, u64, u64, u32, u32, u32);

/// A load command for a segment.
fn segment(name: &str, place: [u64; 4], protection: u32, sections: &[Section<'_>]) -> Vec<u8> {
    let mut command = Bytes::default();
    command.words(&[macho::LC_SEGMENT_64, 72 + 80 * sections.len() as u32]);
    command.name(name);
    command.wide(&place);
    command.words(&[protection, protection, sections.len() as u32, 0]);
    for &(section, vaddr, size, offset, align, flags) in sections {
        command.name(section);
        command.name(name);
        command.wide(&[vaddr, size]);
        command.words(&[offset, align, 0, 0, flags, 0, 0, 0]);
    }
    command.0
}

/// A part of `__LINKEDIT`, aligned, appended to `tables`; its file offset and its size.
fn table(tables: &mut Bytes, start: u64, bytes: &[u8]) -> [u32; 2] {
    tables.align(8);
    let offset = start + tables.0.len() as u64;
    tables.0.extend_from_slice(bytes);
    [offset as u32, bytes.len() as u32]
}

/// The file: `__TEXT` with the headers and the code, `__DATA` with the stub's header, `__LINKEDIT`.
pub(crate) fn build(options: &StubOptions) -> Vec<u8> {
    let page = options.page_bytes;
    let text_bytes = (options.code_offset + 0x100).next_multiple_of(page);
    let (data_offset, linkedit_offset) = (text_bytes, text_bytes + page);
    let header_bytes = FUNCTIONS_OFFSET + 8 * FUNCTION_COUNT;
    let (code, provided) = code(options.architecture, data_offset - options.code_offset);
    let provided = BASE + options.code_offset + options.function_distance.unwrap_or(provided);

    let data = header(options, provided);
    let mut tables = Bytes::default();
    let fixups = match options.fixups {
        Fixups::Rebases => rebases(),
        Fixups::Chains | Fixups::ChainsOfOffsets => chains(options, data_offset),
    };
    let fixups = table(&mut tables, linkedit_offset, &fixups);
    let exports = table(&mut tables, linkedit_offset, &[0, 0]);
    let starts = table(&mut tables, linkedit_offset, &function_starts(options.code_offset));
    let (symbols, strings) = symbols(options.code_offset);
    let [symbols, _] = table(&mut tables, linkedit_offset, &symbols);
    // The undefined symbol, and one that needs no name.
    let mut indirect = Bytes::default();
    indirect.words(&[2, macho::INDIRECT_SYMBOL_LOCAL]);
    let [indirect, _] = table(&mut tables, linkedit_offset, &indirect.0);
    let strings = table(&mut tables, linkedit_offset, &strings);
    tables.align(16);
    // A signature that is not true any more, where LLD makes one.
    let is_signed = options.architecture == Architecture::Aarch64;
    let signature = is_signed.then(|| table(&mut tables, linkedit_offset, &[0xee; 32]));

    let code_flags = macho::S_ATTR_PURE_INSTRUCTIONS | macho::S_ATTR_SOME_INSTRUCTIONS;
    let (code_vaddr, data_vaddr) = (BASE + options.code_offset, BASE + data_offset);
    let offset = options.code_offset as u32;
    let mut commands = vec![
        segment("__PAGEZERO", [0, BASE, 0, 0], 0, &[]),
        segment(
            "__TEXT",
            [BASE, text_bytes, 0, text_bytes],
            options.code_protection,
            &[("__text", code_vaddr, code.len() as u64, offset, 2, code_flags)],
        ),
        segment(
            "__DATA",
            [data_vaddr, page, data_offset, page],
            3,
            &[
                (options.header_section, data_vaddr, header_bytes, data_offset as u32, 4, 0),
                ("__bss", data_vaddr + header_bytes, 0x100, 0, 3, macho::S_ZEROFILL),
            ],
        ),
        segment(
            options.last_segment,
            [BASE + linkedit_offset, tables.0.len() as u64, linkedit_offset, tables.0.len() as u64],
            1,
            &[],
        ),
    ];
    let mut command = |kind: u32, numbers: &[u32]| {
        let mut bytes = Bytes::default();
        bytes.words(&[kind, 8 + 4 * numbers.len() as u32]);
        bytes.words(numbers);
        commands.push(bytes.0);
    };
    if options.has_fixups && options.fixups == Fixups::Rebases {
        let none = [0, 0];
        let info = [fixups, none, none, none, exports].concat();
        command(macho::LC_DYLD_INFO_ONLY, &info);
    } else if options.has_fixups {
        command(macho::LC_DYLD_CHAINED_FIXUPS, &fixups);
        command(macho::LC_DYLD_EXPORTS_TRIE, &exports);
    }
    command(macho::LC_SYMTAB, &[symbols, 3, strings[0], strings[1]]);
    let mut ranges = [0; 18];
    ranges[1..6].copy_from_slice(&[options.local_symbols, 1, 1, 2, 1]);
    ranges[12..14].copy_from_slice(&[indirect, 2]);
    command(macho::LC_DYSYMTAB, &ranges);
    if options.has_uuid {
        command(macho::LC_UUID, &[0xeeee_eeee; 4]);
    }
    // macOS 11 and nothing else.
    command(macho::LC_BUILD_VERSION, &[1, 11 << 16, 11 << 16, 0]);
    command(macho::LC_MAIN, &[offset, 0, 0, 0]);
    command(macho::LC_FUNCTION_STARTS, &starts);
    command(macho::LC_DATA_IN_CODE, &[starts[0] + starts[1], 0]);
    if let Some(signature) = signature {
        command(macho::LC_CODE_SIGNATURE, &signature);
    }
    if let Some(kind) = options.further_command {
        command(kind, &[0, 0]);
    }

    let mut file = Bytes::default();
    let commands_bytes = commands.iter().map(Vec::len).sum::<usize>() as u32;
    file.words(&[macho::MH_MAGIC_64, options.cpu, 0, options.file_type]);
    file.words(&[commands.len() as u32, commands_bytes, options.flags, 0]);
    file.0.extend_from_slice(&commands.concat());
    let mut put = |offset: u64, bytes: &[u8]| {
        assert!(file.0.len() as u64 <= offset, "there is no room for the load commands");
        file.0.resize(offset as usize, 0);
        file.0.extend_from_slice(bytes);
    };
    put(options.code_offset, &code);
    put(data_offset, &data);
    put(linkedit_offset, &tables.0);
    file.0
}

/// The stub's header.
fn header(options: &StubOptions, provided: u64) -> Vec<u8> {
    let mut header = Bytes(options.magic.to_vec());
    header.words(&[options.abi_version, options.function_count]);
    header.0.resize(FUNCTIONS_OFFSET as usize, 0);
    // The last function is left out, as in every stub but the test suite's.
    for index in 0..FUNCTION_COUNT - 1 {
        // The next pointer is two strides of four bytes away.
        let next = if index + 2 < FUNCTION_COUNT { 2 << 51 } else { 0 };
        let bound = if options.first_is_bound && index == 0 { 1 << 63 } else { 0 };
        header.wide(&[match options.fixups {
            Fixups::Rebases => provided,
            Fixups::Chains => provided | next | bound,
            Fixups::ChainsOfOffsets => (provided - BASE) | next | bound,
        }]);
    }
    header.wide(&[0]);
    header.0
}

/// Opcodes for the header's pointers.
fn rebases() -> Vec<u8> {
    vec![
        macho::REBASE_OPCODE_SET_TYPE_IMM | macho::REBASE_TYPE_POINTER,
        macho::REBASE_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB | 2,
        FUNCTIONS_OFFSET as u8,
        macho::REBASE_OPCODE_DO_REBASE_ULEB_TIMES,
        FUNCTION_COUNT as u8 - 1,
        macho::REBASE_OPCODE_DONE,
    ]
}

/// The table for chains that start in the header (`fixup-chains.h`).
fn chains(options: &StubOptions, data_offset: u64) -> Vec<u8> {
    let format = options.pointer_format.unwrap_or(match options.fixups {
        Fixups::ChainsOfOffsets => 6,
        _ => 2,
    });
    let mut table = Bytes::default();
    // Version; offsets of starts, imports and symbols; number and format of imports; of symbols.
    table.words(&[0, 32, 80, 80, 0, 1, 0, 0]);
    table.words(&[options.chained_segments, 0, 0, 24, 0, 0]);
    table.words(&[24, options.page_bytes as u32 | u32::from(format) << 16]);
    table.wide(&[data_offset]);
    table.words(&[0, 1 | (FUNCTIONS_OFFSET as u32) << 16]);
    // No symbols.
    table.wide(&[0]);
    table.0
}

/// One function, at the start of the code: a distance in LEB128, and the end.
fn function_starts(code_offset: u64) -> [u8; 3] {
    [code_offset as u8 & 0x7f | 0x80, (code_offset >> 7) as u8, 0]
}

/// A local, an external and an undefined symbol, and their names.
fn symbols(code_offset: u64) -> (Vec<u8>, Vec<u8>) {
    let strings = b" \0_main\0__mh_execute_header\0_exit\0\0\0\0\0".to_vec();
    let mut table = Bytes::default();
    for (name, kind, section, vaddr) in [
        (2, macho::N_SECT, 1, BASE + code_offset),
        (8, macho::N_SECT | macho::N_EXT, 1, BASE),
        (28, macho::N_UNDF | macho::N_EXT, 0, 0),
    ] {
        let description = if section == 0 { 0x100 } else { 0 };
        table.words(&[name, u32::from(kind) | section << 8 | description << 16]);
        table.wide(&[vaddr]);
    }
    (table.0, strings)
}

/// The stub's code, with the header `header_distance` bytes behind its start, and the offset in it of
/// the one function that it provides, which returns 40.
fn code(architecture: Architecture, header_distance: u64) -> (Vec<u8>, u64) {
    let link = header_distance + PROGRAM_LINK_OFFSET;
    if architecture == Architecture::X86_64 {
        let mut code = vec![
            0x48, 0x83, 0xec, 0x08, // sub rsp, 8
            0x48, 0x8d, 0x05, // lea rax, [rip + link]
        ];
        code.extend_from_slice(&(link as u32 - 11).to_le_bytes());
        code.extend_from_slice(&[
            0x48, 0x03, 0x00, // add rax, [rax]: the program
            0x48, 0x63, 0x08, // movsxd rcx, [rax]
            0x48, 0x01, 0xc8, // add rax, rcx: its function
            0xff, 0xd0, // call rax
            0x48, 0x83, 0xc4, 0x08, // add rsp, 8
            0xc3, // ret
            0xb8, 0x28, 0x00, 0x00, 0x00, // mov eax, 40
            0xc3, // ret
        ]);
        let provided = code.len() as u64 - 6;
        return (code, provided);
    }
    let link = link as u32;
    let mut code = Bytes::default();
    code.words(&[
        0xa9bf_7bfd, // stp x29, x30, [sp, #-16]!
        0x1000_0000 | ((link - 4) & 3) << 29 | ((link - 4) >> 2) << 5, // adr x0, link
        0xf940_0001, // ldr x1, [x0]
        0x8b01_0000, // add x0, x0, x1
        0xb980_0001, // ldrsw x1, [x0]
        0x8b01_0000, // add x0, x0, x1
        0xd63f_0000, // blr x0
        0xa8c1_7bfd, // ldp x29, x30, [sp], #16
        0xd65f_03c0, // ret
        0x5280_0500, // mov w0, 40
        0xd65f_03c0, // ret
    ]);
    (code.0, 36)
}
