//! How stubs for macOS are linked: against the system's library and nothing else, as every program there
//! is. What the library has is listed in `libSystem.tbd`, as far as stubs use it: a function that is not
//! there is an error of the link.

use super::{Failure, Platform, work_folder};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The linker.
const LINKER: &str = "ld64.lld-22";
/// What rustc calls its command line.
pub(crate) const LINKER_FLAVOR: &str = "ld64.lld";
/// The oldest system that stubs run on: the first one for both architectures.
const MINIMUM: &str = "11.0";
/// The names under which the standard library asks for the one library, and one of which nothing is used.
const LIBRARIES: [&str; 4] = ["libSystem.tbd", "libc.tbd", "libiconv.tbd", "libm.tbd"];

/// The compiler's flags that say how to link.
pub(crate) fn link_flags() -> Vec<String> {
    let mut flags = vec![format!("-Clinker={LINKER}"), format!("-Clinker-flavor={LINKER_FLAVOR}")];
    let link_arguments = [
        // Room for the load commands of a program.
        "-headerpad",
        "0x1000",
        "-dead_strip_dylibs",
        // What is signed is the program that is linked into this. The identifier in a signature would be
        // the name of a temporary file.
        "-no_adhoc_codesign",
        // Tables for debuggers.
        "-no_function_starts",
        "-no_data_in_code_info",
        "-S",
        "-x",
        "--icf=all",
        "--deduplicate-strings",
        "--error-limit=0",
        "-O2",
    ];
    flags.extend(link_arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    flags
}

/// Sets what the compiler takes from the environment and from cargo for this system.
pub(crate) fn prepare(
    root: &Path,
    platform: Platform<'_>,
    cargo: &mut Command,
) -> Result<(), Failure> {
    // An SDK, as far as the compiler looks at it.
    let sdk = work_folder(root).join("macos").join(platform.triple);
    let libraries = sdk.join("usr/lib");
    fs::create_dir_all(&libraries).map_err(|error| Failure::file("create", &libraries, &error))?;
    let symbols = root.join("targets/recipe/libSystem.tbd");
    for name in LIBRARIES {
        let path = libraries.join(name);
        fs::copy(&symbols, &path).map_err(|error| Failure::file("write", &path, &error))?;
    }
    cargo.env("SDKROOT", sdk).env("MACOSX_DEPLOYMENT_TARGET", MINIMUM);
    // The compiler would call a tool that is not there; the linker strips.
    cargo.args(["--config", "profile.release.strip=false"]);
    Ok(())
}
