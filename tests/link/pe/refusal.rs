//! What the linker refuses in stubs and objects for Windows, and in which words.

use super::stub::{self, StubOptions};
use super::{program, target};
use crate::input;
use anyhow::{Result, bail};
use object::SectionKind;
use wasm2native_abi::runtime::HOLE_SYSCALL_SYMBOL;
use wasm2native_targets::Architecture::X86_64;
use wasm2native_tests::case::Case;
use wasm2native_tests::golden;

fn refuses(stub: &[u8], object: &[u8], expected: &str) -> Result<()> {
    match wasm2native_link::link(&input(&target(X86_64), stub, object)) {
        Ok(_) => bail!("it was linked"),
        Err(error) => golden::compare("the error", expected, &error.to_string()),
    }
}

fn case(
    name: &str,
    change: impl Fn(&mut StubOptions) + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    Case::check(format!("refuses/pe-stub-{name}"), move || {
        let mut options = StubOptions::new(X86_64);
        change(&mut options);
        refuses(&stub::build(&options), &program(X86_64).write(), expected)
    })
}

/// A case for each error.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            "of-another-version",
            |it| it.abi_version = 999,
            "the stub has ABI version 999, this linker needs [..]",
        ),
        case(
            "with-other-functions",
            |it| it.function_count = 3,
            "the stub has 3 functions, this linker needs [..]",
        ),
        case(
            "without-magic",
            |it| it.magic = *b"w2nstab\0",
            "the stub is malformed: its header has no magic number",
        ),
        case(
            "without-header",
            |it| it.header_section = ".data",
            "the stub is malformed: it has no section `.w2nstub`",
        ),
        case(
            "with-a-long-name",
            |it| it.header_section = "/4",
            "the stub is malformed: the name of a section is too long",
        ),
        case(
            "of-another-architecture",
            |it| it.machine = Some(0xaa64),
            "the stub is malformed: it is for PE machine 0xaa64, not for x86_64",
        ),
        case(
            "that-is-a-library",
            |it| it.characteristics |= 0x2000,
            "the stub is malformed: it is not an executable",
        ),
        case(
            "at-a-fixed-address",
            |it| it.characteristics |= 1,
            "the stub is malformed: it may not be loaded anywhere, or its data may be executed",
        ),
        case(
            "with-executable-data",
            |it| it.dll_characteristics &= !0x100,
            "the stub is malformed: it may not be loaded anywhere, or its data may be executed",
        ),
        case(
            "with-guarded-calls",
            |it| it.dll_characteristics |= 0x4000,
            "the stub is malformed: it allows indirect calls to functions of its own only",
        ),
        case(
            "with-writable-code",
            |it| it.code_flags |= 0x8000_0000,
            "the stub is malformed: a section is both writable and executable",
        ),
        case(
            "with-functions-elsewhere",
            |it| it.function_rva = Some(0x2000),
            "the stub is malformed: a function of its header is not in code",
        ),
        case(
            "with-functions-outside",
            |it| it.function_rva = Some(0x7fff_ffff),
            "the stub is malformed: a function of its header is not in code",
        ),
        case(
            "without-relocations",
            |it| it.has_relocations = false,
            "the stub is malformed: it has no base relocations",
        ),
        case(
            "with-too-few-relocations",
            |it| it.relocations -= 2,
            "the stub is malformed: a function of its header has no base relocation",
        ),
        case(
            "with-small-relocations",
            |it| it.relocation_kind = 3,
            "the stub is malformed: a function of its header has no 64-bit relocation",
        ),
        case(
            "with-a-gap",
            |it| it.gap_pages = 1,
            "the stub is malformed: its sections are not adjacent in memory",
        ),
        case("that-is-signed", |it| it.directory = Some(4), "the stub is malformed: it is signed"),
        case(
            "with-bound-imports",
            |it| it.directory = Some(11),
            "the stub is malformed: its imports are bound",
        ),
        case(
            "without-room",
            |it| it.headers_offset = 0xe00,
            "the stub has room for 6 headers, 12 are needed",
        ),
        case(
            "with-odd-headers",
            |it| it.headers_offset = 0x84,
            "the stub is malformed: its headers are not aligned",
        ),
        case(
            "with-odd-files",
            |it| it.file_align_bytes = 0x100,
            "the stub is malformed: its sections are not aligned to pages",
        ),
    ];
    cases.extend([
        Case::check("refuses/pe-stub-that-is-none", || {
            refuses(b"MZ", &program(X86_64).write(), "the stub is malformed: [..]")
        }),
        Case::check("refuses/pe-object-that-uses-what-the-stub-leaves-out", || {
            let mut program = program(X86_64);
            let symbol = program.import(HOLE_SYSCALL_SYMBOL);
            program.relocate(program.text, 5, object::elf::R_X86_64_PLT32, symbol, -4);
            let stub = stub::build(&StubOptions::new(X86_64));
            let expected = format!("the stub does not provide `{HOLE_SYSCALL_SYMBOL}`");
            refuses(&stub, &program.write(), &expected)
        }),
        Case::check("refuses/pe-object-with-absolute-addresses", || {
            let mut program = program(X86_64);
            let value = program.number("other", 1);
            program.relocate(program.data, 0, object::elf::R_X86_64_64, value, 0);
            let stub = stub::build(&StubOptions::new(X86_64));
            let expected = "R_X86_64_64 against `other` at `.data`+0x0 cannot be linked: it needs \
                            an absolute address, and the image may be loaded anywhere";
            refuses(&stub, &program.write(), expected)
        }),
        Case::check("refuses/pe-object-that-is-too-large", || {
            let mut program = program(X86_64);
            let kind = SectionKind::UninitializedData;
            let far = program.object.add_section(Vec::new(), b".bss.far".to_vec(), kind);
            program.object.append_section_bss(far, 1 << 31, 8);
            let stub = stub::build(&StubOptions::new(X86_64));
            refuses(&stub, &program.write(), "the program's image is too large")
        }),
    ]);
    cases
}
