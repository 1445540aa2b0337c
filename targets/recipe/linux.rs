//! How stubs for Linux are linked: static, position-independent, with the C library that zig brings.

use super::runtime::runtime;
use super::toolchain::{LINKER, Toolchain};
use super::{Failure, Platform};
use std::path::Path;

/// The compiler's flags that say how to link.
pub(crate) fn link_flags(
    root: &Path,
    toolchain: &Toolchain,
    platform: Platform<'_>,
) -> Result<Vec<String>, Failure> {
    let runtime = runtime(root, toolchain, platform.triple)?;
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
