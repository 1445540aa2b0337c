//! What the linker refuses in a Mach-O stub, and in which words.

use super::stub::{self, Fixups, StubOptions};
use super::{TARGETS, target};
use crate::input;
use crate::program::Program;
use anyhow::{Result, bail};
use object::macho;
use wasm2native_targets::Target;
use wasm2native_tests::case::Case;
use wasm2native_tests::golden;

/// A case for each error.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        rebases(
            "of-another-version",
            |it| it.abi_version = 999,
            "the stub has ABI version 999, this linker needs [..]",
        ),
        rebases(
            "with-other-functions",
            |it| it.function_count = 3,
            "the stub has 3 functions, this linker needs [..]",
        ),
        rebases(
            "without-magic",
            |it| it.magic = *b"w2nstab\0",
            "the stub is malformed: its header has no magic number",
        ),
        rebases(
            "without-header",
            |it| it.header_section = "__data",
            "the stub is malformed: it has no section `__DATA,__w2n_stub`",
        ),
        rebases(
            "without-room",
            |it| it.code_offset = 0x500,
            "the stub has room for 1248 bytes of load commands, 1648 are needed",
        ),
        rebases(
            "of-another-architecture",
            |it| it.cpu = macho::CPU_TYPE_ARM64,
            "the stub is malformed: it is for CPU type 0x100000c, the target needs 0x1000007",
        ),
        rebases(
            "that-is-a-library",
            |it| it.file_type = macho::MH_DYLIB,
            "the stub is malformed: it is not an executable",
        ),
        rebases(
            "at-a-fixed-address",
            |it| it.flags &= !macho::MH_PIE,
            "the stub is malformed: it is not position-independent",
        ),
        rebases(
            "that-ends-otherwise",
            |it| it.last_segment = "__LAST",
            "the stub is malformed: its last segment is not `__LINKEDIT`, read-only",
        ),
        rebases(
            "with-an-unknown-load-command",
            |it| it.further_command = Some(macho::LC_SEGMENT_SPLIT_INFO),
            "the stub is malformed: its load command 0x1e is not known",
        ),
        rebases(
            "with-two-symbol-tables",
            |it| it.further_command = Some(macho::LC_SYMTAB),
            "the stub is malformed: it has two load commands 0x2",
        ),
        rebases(
            "with-two-kinds-of-fixups",
            |it| it.further_command = Some(macho::LC_DYLD_CHAINED_FIXUPS),
            "the stub is malformed: it has fixups of two kinds",
        ),
        rebases(
            "without-fixups",
            |it| it.has_fixups = false,
            "the stub is malformed: it has no fixups",
        ),
        rebases("without-uuid", |it| it.has_uuid = false, "the stub is malformed: it has no UUID"),
        rebases(
            "with-writable-code",
            |it| it.code_protection = 7,
            "the linked executable is invalid: a segment is both writable and executable",
        ),
        rebases(
            "without-code",
            |it| it.code_protection = 1,
            "the stub is malformed: a function of its header is not in code",
        ),
        rebases(
            "with-functions-in-data",
            |it| it.function_distance = Some(0x1_0000),
            "the stub is malformed: a function of its header is not in code",
        ),
        rebases(
            "with-symbols-out-of-order",
            |it| it.local_symbols = 2,
            "the stub is malformed: its kinds of symbols do not follow each other",
        ),
        chains(
            "with-library-functions",
            |it| it.first_is_bound = true,
            "the stub is malformed: a function of its header is that of a library",
        ),
        chains(
            "with-authenticated-pointers",
            |it| it.pointer_format = Some(1),
            "the stub is malformed: its chained fixups have the pointer format 1, which is not known",
        ),
        chains(
            "with-fixups-for-fewer-segments",
            |it| it.chained_segments = 3,
            "the stub is malformed: its chained fixups are for another number of segments",
        ),
        Case::check("refuses/macho-stub-that-is-none", || {
            let target = target(TARGETS[0]);
            refuses(target, b"#!/bin/sh\n", "the stub is malformed: [..]")
        }),
        Case::check("refuses/macho-stub-that-is-elf", || {
            let architecture = target(TARGETS[0]).architecture;
            let elf = crate::stub::build(&crate::stub::StubOptions::new(architecture));
            refuses(target(TARGETS[0]), &elf, "the stub is malformed: [..]")
        }),
    ]
}

fn rebases(
    name: &str,
    change: impl Fn(&mut StubOptions) + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    case(name, Fixups::Rebases, change, expected)
}

fn chains(
    name: &str,
    change: impl Fn(&mut StubOptions) + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    case(name, Fixups::Chains, change, expected)
}

fn case(
    name: &str,
    fixups: Fixups,
    change: impl Fn(&mut StubOptions) + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    Case::check(format!("refuses/macho-stub-{name}"), move || {
        let target = target(TARGETS[0]);
        let mut options = StubOptions::new(target, fixups);
        change(&mut options);
        refuses(target, &stub::build(&options), expected)
    })
}

fn refuses(target: &Target, stub: &[u8], expected: &str) -> Result<()> {
    let object = Program::complete(target.architecture).write();
    match wasm2native_link::link(&input(target, stub, &object)) {
        Ok(_) => bail!("it was linked"),
        Err(error) => golden::compare("the error", expected, &error.to_string()),
    }
}
