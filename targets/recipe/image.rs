//! Compiles and links a stub.

use super::environment::{command, run};
use super::sysroot::sysroot;
use super::toolchain::{CARGO, RUSTC, Toolchain};
use super::{Failure, Platform, Variant, freebsd, linux, lock, macos, windows, work_folder};
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
    // Targets have nothing in common that changes: several are built at once.
    let _lock = lock(root, platform.triple)?;
    let sysroot = sysroot(root, toolchain, platform)?;
    let mut flags = vec![
        format!("--sysroot={}", sysroot.display()),
        "-Cpanic=immediate-abort".to_owned(),
        "-Zunstable-options".to_owned(),
    ];
    // On Windows they are a part of every function's convention.
    if platform.system() != "windows" {
        flags.push("-Cforce-unwind-tables=no".to_owned());
    }
    flags.extend(match platform.system() {
        "linux" => linux::link_flags(root, toolchain, platform)?,
        "freebsd" => freebsd::link_flags(root, toolchain, platform)?,
        "macos" => macos::link_flags(),
        "windows" => windows::link_flags(root, toolchain, platform)?,
        other => return Err(Failure(format!("there is no recipe for stubs of {other}"))),
    });
    flags.extend(remappings(root));
    let target_folder = work_folder(root).join("build").join(platform.triple);
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
    if platform.system() == "macos" {
        macos::prepare(root, platform, &mut cargo)?;
    }
    if let Some(feature) = variant.feature() {
        cargo.args(["--features", feature]);
    }
    run(&mut cargo)?;
    let name = format!("wasm2native-stub{}", platform.executable_suffix());
    let path = target_folder.join(platform.triple).join("release").join(name);
    fs::read(&path).map_err(|error| Failure::file("read", &path, &error))
}

/// The settings of a cargo profile that make everything as small as it gets.
pub(crate) fn release_settings(profile: &str) -> Vec<String> {
    [
        "opt-level=\"z\"",
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
