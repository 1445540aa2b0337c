//! How stubs for Linux are linked: static, position-independent, with the C library that zig brings.

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
    // zig's baseline is the oldest processor of each architecture but IBM Z's, where it has vectors: a
    // stub could not tell what lacks them.
    let cpu = if platform.architecture() == "s390x" { "z10" } else { "baseline" };
    let name = format!("{}-{cpu}", platform.triple);
    let runtime = runtime_folder(root, toolchain, &name, |folder| fill(folder, platform, cpu))?;
    let mut flags = vec![
        format!("-Clinker={LINKER}"),
        "-Clinker-flavor=ld.lld".to_owned(),
        "-Clink-self-contained=no".to_owned(),
        "-Ctarget-feature=+crt-static".to_owned(),
        "-Crelocation-model=pic".to_owned(),
        format!("-Lnative={}", runtime.display()),
    ];
    let link_arguments = [
        "-pie".to_owned(),
        "-no-dynamic-linker".to_owned(),
        runtime.join("rcrt1.o").display().to_string(),
        "-znow".to_owned(),
        "-zrelro".to_owned(),
        "-znoexecstack".to_owned(),
        // In memory no page has two protections, whatever page size the kernel has; in the file nothing
        // is padded for that, which with pages of 64 KiB would double the size.
        format!("-zmax-page-size={}", platform.page_bytes),
        "-znoseparate-code".to_owned(),
        // The linker of programs reads pointers from the image, so relocations leave them there.
        "--pack-dyn-relocs=relr".to_owned(),
        "--apply-dynamic-relocs".to_owned(),
        // The standard library refers to it weakly, and weak references fetch nothing from archives:
        // the shim's call would go to address 0.
        "--undefined=getrandom".to_owned(),
        "--build-id=none".to_owned(),
        "--no-eh-frame-hdr".to_owned(),
        "--icf=all".to_owned(),
        "-O2".to_owned(),
        root.join("targets/recipe/discard.ld").display().to_string(),
    ];
    flags.extend(link_arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    Ok(flags)
}

/// Takes the start file, the C library and the compiler's runtime from zig.
fn fill(folder: &Path, platform: Platform<'_>, cpu: &str) -> Result<(), Failure> {
    let target = format!("{}-linux-musl", platform.architecture());
    let cpu = format!("-mcpu={cpu}");
    let link = link_command(folder, &target, &["-static", "-pie", &cpu], "libc.a")?;
    link.take("rcrt1.o", &folder.join("rcrt1.o"))?;
    // zig spreads the C library over several archives: a linker script in place of the one that the
    // standard library asks for names them all.
    let mut archives = Vec::new();
    for (name, library) in
        [("libc.a", "musl"), ("libzigc.a", "zigc"), ("libcompiler_rt.a", "compiler_rt")]
    {
        if name == "libzigc.a" && !link.names(name) {
            continue;
        }
        link.take(name, &folder.join(format!("lib{library}.a")))?;
        archives.push(format!("-l{library}"));
    }
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))
    };
    write("libc.a", &format!("GROUP ( {} )\n", archives.join(" ")))?;
    // Nothing unwinds, but the standard library asks for it.
    write("libunwind.a", "!<arch>\n")
}
