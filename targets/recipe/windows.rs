//! How stubs for Windows are linked: without a C runtime, importing only from the system's own
//! libraries, for which no import library is needed.

use super::runtime::runtime_folder;
use super::toolchain::{LINKER, Toolchain};
use super::{Failure, Platform};
use std::fs;
use std::path::Path;

/// What the standard library is built with besides: the system's functions are imported without import
/// libraries, and those functions of C that the compiler itself calls are brought along.
pub(crate) const STANDARD_LIBRARY_FEATURES: &str = ",windows_raw_dylib,compiler-builtins-mem";

/// Libraries that the compiler always names, and that nothing is taken from.
const UNUSED_LIBRARIES: [&str; 6] =
    ["unwind", "mingw32", "mingwex", "msvcrt", "kernel32", "user32"];

/// Functions that the standard library names for unwinding, which never happens in a stub: no call of
/// them is left when the linker is done.
const UNWINDER: [&str; 8] = [
    "_GCC_specific_handler",
    "_Unwind_GetDataRelBase",
    "_Unwind_GetIPInfo",
    "_Unwind_GetLanguageSpecificData",
    "_Unwind_GetRegionStart",
    "_Unwind_GetTextRelBase",
    "_Unwind_SetGR",
    "_Unwind_SetIP",
];

/// The compiler's flags that say how to link.
pub(crate) fn link_flags(
    root: &Path,
    toolchain: &Toolchain,
    platform: Platform<'_>,
) -> Result<Vec<String>, Failure> {
    let libraries = runtime_folder(root, toolchain, platform.triple, fill)?;
    let mut flags = vec![
        format!("-Clinker={LINKER}"),
        "-Clinker-flavor=ld.lld".to_owned(),
        "-Clink-self-contained=no".to_owned(),
        format!("-Lnative={}", libraries.display()),
    ];
    let link_arguments = [
        "--subsystem=console:10.0",
        "--major-os-version=10",
        "--minor-os-version=0",
        "--dynamicbase",
        "--high-entropy-va",
        "--gc-sections",
        "--icf=all",
        "-O2",
        // Nothing of the day on which it was built.
        "--no-insert-timestamp",
    ];
    flags.extend(link_arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    let alias = |name: &&str| format!("-Clink-arg=-Xlink=-alternatename:{name}=mainCRTStartup");
    flags.extend(UNWINDER.iter().map(alias));
    Ok(flags)
}

/// Fills a folder with [`UNUSED_LIBRARIES`], all empty.
fn fill(folder: &Path) -> Result<(), Failure> {
    for name in UNUSED_LIBRARIES {
        let path = folder.join(format!("lib{name}.a"));
        fs::write(&path, "!<arch>\n").map_err(|error| Failure::file("write", &path, &error))?;
    }
    Ok(())
}
