//! Compiles and links a stub.

use super::environment::{command, run};
use super::runtime::runtime;
use super::sysroot::sysroot;
use super::toolchain::{CARGO, LINKER, RUSTC, Toolchain};
use super::{Failure, Platform, Variant, lock, work_folder};
use std::fs;
use std::path::Path;

/// Builds the stub from the sources in the workspace at `root`: the bytes of an executable.
///
/// # Errors
/// When a tool fails, with what it said.
pub(crate) fn build(
    root: &Path,
    toolchain: &Toolchain,
    platform: Platform<'_>,
    variant: Variant,
) -> Result<Vec<u8>, Failure> {
    let _lock = lock(root)?;
    let sysroot = sysroot(root, toolchain, platform.triple)?;
    let runtime = runtime(root, toolchain, platform.triple)?;
    let mut flags = vec![
        format!("--sysroot={}", sysroot.display()),
        "-Cpanic=immediate-abort".to_owned(),
        "-Zunstable-options".to_owned(),
        "-Cforce-unwind-tables=no".to_owned(),
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
        // Whole pages of one protection each, whatever page size the kernel has.
        format!("-zmax-page-size={}", platform.page_bytes),
        "-zseparate-code".to_owned(),
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
    flags.extend(remappings(root));
    let target_folder = work_folder(root).join("build");
    let mut cargo = command(CARGO);
    cargo
        .current_dir(root)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .args(["build", "--quiet", "--release", "--locked", "--package", "wasm2native-stub"])
        .args(["--target", platform.triple])
        .args(release_settings("release"));
    if variant == Variant::Wast {
        cargo.args(["--features", "wast"]);
    }
    run(&mut cargo)?;
    let path = target_folder.join(platform.triple).join("release/wasm2native-stub");
    fs::read(&path).map_err(|error| Failure::file("read", &path, &error))
}

/// The settings of a cargo profile that make everything as small as it gets.
pub(crate) fn release_settings(profile: &str) -> Vec<String> {
    [
        "opt-level=\"s\"",
        "lto=\"fat\"",
        "codegen-units=1",
        "strip=true",
        "panic=\"abort\"",
        "debug=false",
    ]
    .iter()
    .flat_map(|setting| ["--config".to_owned(), format!("profile.{profile}.{setting}")])
    .collect()
}

/// Flags that keep the folders of this machine out of the result.
pub(crate) fn remappings(folder: &Path) -> Vec<String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let cargo_home =
        std::env::var_os("CARGO_HOME").map_or_else(|| Path::new(&home).join(".cargo"), Into::into);
    vec![
        format!("--remap-path-prefix={}=/cargo", cargo_home.display()),
        format!("--remap-path-prefix={}=/stub", folder.display()),
    ]
}
