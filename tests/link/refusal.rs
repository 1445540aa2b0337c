//! What the linker refuses, and in which words.

use crate::program::Program;
use crate::stub::{self, StubOptions};
use crate::{input, target};
use anyhow::{Result, bail};
use object::write::SectionId;
use object::{SectionFlags, SectionKind, SymbolKind, elf};
use wasm2native_abi::runtime::HOLE_SYSCALL_SYMBOL;
use wasm2native_targets::Architecture::{self, X86_64};
use wasm2native_tests::case::Case;
use wasm2native_tests::golden;

/// A case for each error.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = bad_stubs();
    cases.extend(bad_objects());
    cases.extend(bad_relocations());
    cases
}

fn refuses(stub: &[u8], object: &[u8], expected: &str) -> Result<()> {
    let target = target(X86_64);
    match wasm2native_link::link(&input(target, stub, object)) {
        Ok(_) => bail!("it was linked"),
        Err(error) => golden::compare("the error", expected, &error.to_string()),
    }
}

fn stub_case(
    name: &str,
    change: impl Fn(&mut StubOptions) + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    Case::check(format!("refuses/stub-{name}"), move || {
        let mut options = StubOptions::new(X86_64);
        change(&mut options);
        refuses(&stub::build(&options), &Program::complete(X86_64).write(), expected)
    })
}

fn bad_stubs() -> Vec<Case> {
    vec![
        stub_case(
            "of-another-version",
            |it| it.abi_version = 999,
            "the stub has ABI version 999, this linker needs [..]",
        ),
        stub_case(
            "with-other-functions",
            |it| it.function_count = 3,
            "the stub has 3 functions, this linker needs [..]",
        ),
        stub_case(
            "without-magic",
            |it| it.magic = *b"w2nstab\0",
            "the stub is malformed: its header has no magic number",
        ),
        stub_case(
            "without-header",
            |it| it.header_section = ".data",
            "the stub is malformed: it has no section `.w2n.stub`",
        ),
        stub_case(
            "without-room",
            |it| it.room = 2,
            "the stub has room for 8 headers, 10 are needed",
        ),
        stub_case(
            "with-room-elsewhere",
            |it| it.gap = 8,
            "the stub is malformed: `.note.w2n.phdrs` is not directly behind the program headers",
        ),
        stub_case(
            "at-a-fixed-address",
            |it| it.kind = elf::ET_EXEC,
            "the stub is malformed: it is not position-independent",
        ),
        stub_case(
            "of-another-architecture",
            |it| it.machine = Some(elf::EM_AARCH64),
            "the stub is for ELF machine 183, the target needs 62",
        ),
        stub_case(
            "with-symbolic-functions",
            |it| it.relocation_kind = Some(elf::R_X86_64_64),
            "the stub is malformed: a function of its header has a relocation that is not relative",
        ),
        stub_case(
            "with-writable-code",
            |it| it.code_flags = elf::PF_R | elf::PF_W | elf::PF_X,
            "the linked executable is invalid: a segment is both writable and executable",
        ),
        stub_case(
            "with-functions-in-data",
            |it| it.code_flags = elf::PF_R,
            "the linked executable is invalid: the entry point is not in code",
        ),
        Case::check("refuses/stub-that-is-none", || {
            refuses(
                b"#!/bin/sh\n",
                &Program::complete(X86_64).write(),
                "the stub is malformed: [..]",
            )
        }),
    ]
}

/// A complete program, spoilt by `change`.
fn object_case(
    name: &str,
    change: impl Fn(&mut Program) + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    Case::check(format!("refuses/object-{name}"), move || {
        let mut program = Program::complete(X86_64);
        change(&mut program);
        refuses(&stub::build(&StubOptions::new(X86_64)), &program.write(), expected)
    })
}

fn section(program: &mut Program, name: &str, flags: u32, bytes: &[u8]) -> SectionId {
    let section =
        program.object.add_section(Vec::new(), name.as_bytes().to_vec(), SectionKind::Data);
    program.object.section_mut(section).flags = SectionFlags::Elf { sh_flags: flags.into() };
    program.object.append_section_data(section, bytes, 8);
    section
}

fn bad_objects() -> Vec<Case> {
    vec![
        object_case(
            "with-undefined-symbols",
            |it| {
                it.import("printf");
            },
            "undefined symbol `printf`",
        ),
        object_case(
            "that-calls-what-the-stub-leaves-out",
            |it| {
                let hole = it.import(HOLE_SYSCALL_SYMBOL);
                it.relocate(it.text, 0, elf::R_X86_64_PLT32, hole, -4);
            },
            "the stub does not provide `w2n_hole_syscall`",
        ),
        object_case(
            "with-writable-code",
            |it| {
                let flags = elf::SHF_ALLOC | elf::SHF_WRITE | elf::SHF_EXECINSTR;
                section(it, ".text.hot", flags, &[0xc3]);
            },
            "section `.text.hot` cannot be linked: it is both writable and executable",
        ),
        object_case(
            "with-thread-local-data",
            |it| {
                section(it, ".tdata", elf::SHF_ALLOC | elf::SHF_WRITE | elf::SHF_TLS, &[1]);
            },
            "section `.tdata` cannot be linked: thread-local storage has no place in a program",
        ),
        object_case(
            "with-part-of-a-page-of-memory",
            |it| {
                it.object.append_section_data(it.data, &[0; 4096], 8);
                it.image(&[1, 2, 3]);
            },
            "section `.w2n.image` cannot be linked: its size is not a multiple of the page size",
        ),
        object_case(
            "with-huge-alignment",
            |it| {
                it.object.append_section_data(it.data, &[1], 1 << 20);
            },
            "section `.data` cannot be linked: its alignment is too large",
        ),
        Case::check("refuses/object-without-program", || {
            let mut program = Program::empty(X86_64);
            let value = program.number("value", 2);
            program.entry(value);
            let stub = stub::build(&StubOptions::new(X86_64));
            let expected = "the object does not define `w2n_program` in read-only data";
            refuses(&stub, &program.write(), expected)
        }),
        Case::check("refuses/object-with-writable-program", || {
            let mut program = Program::empty(X86_64);
            program.define(program.data, "w2n_program", SymbolKind::Data, &[0; 8], 8);
            let stub = stub::build(&StubOptions::new(X86_64));
            let expected = "the object does not define `w2n_program` in read-only data";
            refuses(&stub, &program.write(), expected)
        }),
        Case::check("refuses/object-of-another-architecture", || {
            let object = Program::complete(Architecture::Riscv64).write();
            let stub = stub::build(&StubOptions::new(X86_64));
            refuses(&stub, &object, "the object is for ELF machine 243, the target needs 62")
        }),
        Case::check("refuses/object-that-is-an-executable", || {
            let stub = stub::build(&StubOptions::new(X86_64));
            refuses(&stub, &stub, "the object is malformed: it is not relocatable")
        }),
        Case::check("refuses/object-that-is-none", || {
            let stub = stub::build(&StubOptions::new(X86_64));
            refuses(&stub, b"\0asm", "the object is malformed: [..]")
        }),
    ]
}

fn bad_relocations() -> Vec<Case> {
    vec![
        object_case(
            "that-does-not-reach",
            |it| {
                let far = SectionKind::UninitializedData;
                let far = it.object.add_section(Vec::new(), b".bss.far".to_vec(), far);
                it.object.append_section_bss(far, 3 << 30, 8);
                let symbol = it.object.section_symbol(far);
                it.relocate(it.text, 5, elf::R_X86_64_PC32, symbol, 0xc000_0000 - 4);
            },
            "R_X86_64_PC32 against `.bss.far` at `.text`+0x5 does not reach: the distance is 32[..] \
             bytes",
        ),
        object_case(
            "with-absolute-addresses",
            |it| {
                let value = it.number("other", 1);
                it.relocate(it.data, 0, elf::R_X86_64_64, value, 0);
            },
            "R_X86_64_64 against `other` at `.data`+0x0 cannot be linked: it needs an absolute \
             address, and the image may be loaded anywhere",
        ),
        object_case(
            "with-unknown-relocations",
            |it| {
                let value = it.number("other", 1);
                it.relocate(it.data, 0, 77, value, 0);
            },
            "relocation kind 77 against `other` at `.data`+0x0 cannot be linked: this linker does \
             not know its kind",
        ),
        object_case(
            "with-relocations-outside",
            |it| {
                let value = it.number("other", 1);
                it.relocate(it.data, 0x1_0000, elf::R_X86_64_PC32, value, 0);
            },
            "R_X86_64_PC32 against `other` at `.data`+0x10000 cannot be linked: it lies outside its \
             section",
        ),
    ]
}
