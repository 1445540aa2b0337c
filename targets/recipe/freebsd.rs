//! How stubs for FreeBSD are linked: dynamic and position-independent, against the system's own C
//! library and nothing else, since system calls are no stable interface there.
//!
//! The start file and a stand-in for the library, which only has its symbols and their versions, come
//! from zig.

use super::runtime::{link_command, runtime_folder};
use super::toolchain::{LINKER, Toolchain};
use super::{Failure, Platform};
use std::fs;
use std::path::Path;

/// The compiler's flags that say how to link.
pub(crate) fn link_flags(
    root: &Path,
    toolchain: &Toolchain,
    platform: Platform<'_>,
) -> Result<Vec<String>, Failure> {
    let runtime =
        runtime_folder(root, toolchain, platform.triple, |folder| fill(folder, platform))?;
    let mut flags = vec![
        format!("-Clinker={LINKER}"),
        "-Clinker-flavor=ld.lld".to_owned(),
        "-Crelocation-model=pic".to_owned(),
        format!("-Lnative={}", runtime.display()),
    ];
    let link_arguments = [
        "-pie".to_owned(),
        "--dynamic-linker=/libexec/ld-elf.so.1".to_owned(),
        runtime.join("Scrt1.o").display().to_string(),
        // The standard library names others, of which nothing is used.
        "--as-needed".to_owned(),
        "-znow".to_owned(),
        "-zrelro".to_owned(),
        "-znoexecstack".to_owned(),
        // In memory no page has two protections, whatever page size the kernel has; in the file nothing
        // is padded for that.
        format!("-zmax-page-size={}", platform.page_bytes),
        "-znoseparate-code".to_owned(),
        // The linker of programs reads pointers from the image, so relocations leave them there.
        "--pack-dyn-relocs=relr".to_owned(),
        "--apply-dynamic-relocs".to_owned(),
        "--hash-style=gnu".to_owned(),
        "--build-id=none".to_owned(),
        "--no-eh-frame-hdr".to_owned(),
        "--icf=all".to_owned(),
        "-O2".to_owned(),
        root.join("targets/recipe/discard.ld").display().to_string(),
        root.join("targets/recipe/freebsd.ld").display().to_string(),
    ];
    flags.extend(link_arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    Ok(flags)
}

/// Libraries that the standard library asks for by name and that the stub needs nothing of.
const UNUSED: [&str; 9] =
    ["devstat", "execinfo", "kvm", "m", "memstat", "procstat", "pthread", "rt", "util"];

/// Takes the start file, the C library and the compiler's runtime from zig.
fn fill(folder: &Path, platform: Platform<'_>) -> Result<(), Failure> {
    let target = format!("{}-freebsd.14.0", platform.architecture());
    let link = link_command(folder, &target, &["-fPIE", "-pie"], "Scrt1.o")?;
    for (name, kept_as) in
        [("Scrt1.o", "Scrt1.o"), ("libc.so.7", "libc.so"), ("libcompiler_rt.a", "libcompiler_rt.a")]
    {
        link.take(name, &folder.join(kept_as))?;
    }
    let write = |name: String, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))
    };
    for name in UNUSED {
        write(format!("lib{name}.a"), "!<arch>\n")?;
    }
    // Nothing unwinds, but the standard library asks for it; the compiler's runtime comes along.
    write("libgcc_s.so".to_owned(), "INPUT ( -lcompiler_rt )\n")?;
    write("libgcc.a".to_owned(), "!<arch>\n")
}
