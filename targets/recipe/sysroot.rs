//! Builds the standard library for a target, once, into a private sysroot: the stub itself then takes
//! seconds. The library must have the stub's own panic strategy, and is bitcode for the link.

use super::environment::{command, run};
use super::image::{release_settings, remappings};
use super::toolchain::{CARGO, RUSTC, Toolchain};
use super::{Failure, Platform, kept, macos, windows, work_folder};
use std::fs;
use std::path::{Path, PathBuf};

/// A package that needs nothing but the standard library.
const MANIFEST: &str =
    "[package]\nname = \"sysroot\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";

/// The sysroot of the platform, built if it is not there yet.
pub(crate) fn sysroot(
    root: &Path,
    toolchain: &Toolchain,
    platform: Platform<'_>,
) -> Result<PathBuf, Failure> {
    let triple = platform.triple;
    let folder = kept(root, "sysroot", toolchain)?;
    let library = folder.join("lib/rustlib").join(triple).join("lib");
    if library.exists() {
        return Ok(folder);
    }
    let package = work_folder(root).join("std").join(triple);
    let write = |path: PathBuf, text: &str| {
        fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))
    };
    let create = |path: &Path| {
        fs::create_dir_all(path).map_err(|error| Failure::file("create", path, &error))
    };
    create(&package.join("src"))?;
    write(package.join("Cargo.toml"), MANIFEST)?;
    write(package.join("src/main.rs"), "fn main() {}\n")?;
    let target_folder = package.join("target");
    // Leftovers of another toolchain would be taken for this one's.
    let deps = target_folder.join(triple).join("release/deps");
    let _ = fs::remove_dir_all(&deps);
    let features = match platform.system() {
        "windows" => windows::STANDARD_LIBRARY_FEATURES,
        _ => "",
    };
    let mut flags = vec!["-Cpanic=immediate-abort".to_owned(), "-Zunstable-options".to_owned()];
    let flavor = if triple.contains("apple") { macos::LINKER_FLAVOR } else { "ld.lld" };
    flags.extend(["-Clinker=true".to_owned(), format!("-Clinker-flavor={flavor}")]);
    // An error for systems whose start files rustc never brings.
    if triple.contains("musl") {
        flags.push("-Clink-self-contained=no".to_owned());
    }
    flags.extend(remappings(&package));
    let mut cargo = command(CARGO);
    cargo
        .current_dir(&package)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .args(["build", "--quiet", "--release", "--target", triple])
        .arg("-Zbuild-std=std,panic_abort")
        .arg(format!("-Zbuild-std-features=optimize_for_size{features}"))
        .args(release_settings("release"));
    if triple.contains("apple") {
        macos::prepare(root, platform, &mut cargo)?;
    }
    run(&mut cargo)?;
    // Filled beside its final name, so that an interrupted copy is never taken for a whole one.
    let partial = library.with_extension("partial");
    create(&partial)?;
    let entries = fs::read_dir(&deps).map_err(|error| Failure::file("list", &deps, &error))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if let Some(name) = path.file_name().filter(|_| path.extension() == Some("rlib".as_ref())) {
            fs::copy(&path, partial.join(name))
                .map_err(|error| Failure::file("copy", &path, &error))?;
        }
    }
    fs::rename(&partial, &library).map_err(|error| Failure::file("create", &library, &error))?;
    Ok(folder)
}
