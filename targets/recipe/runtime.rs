//! Takes the start file, the C library and the compiler's runtime for a Linux target from zig, which
//! compiles them for any target.

use super::environment::{command, run};
use super::toolchain::Toolchain;
use super::{Failure, work_folder};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder with `rcrt1.o` and `libc.a` for `triple`, made if it is not there yet.
pub(crate) fn runtime(
    root: &Path,
    toolchain: &Toolchain,
    triple: &str,
) -> Result<PathBuf, Failure> {
    let architecture = triple.split('-').next().unwrap_or(triple).trim_end_matches("gc");
    // zig's baseline is the oldest processor of each architecture but IBM Z's, where it has vectors: a
    // stub could not tell what lacks them.
    let cpu = if architecture == "s390x" { "z10" } else { "baseline" };
    let folder =
        work_folder(root).join("libc").join(toolchain.key()).join(format!("{triple}-{cpu}"));
    if folder.exists() {
        return Ok(folder);
    }
    let fail = |error: std::io::Error| Failure::file("fill", &folder, &error);
    let partial = folder.with_extension("partial");
    fs::create_dir_all(&partial).map_err(fail)?;
    fs::write(partial.join("empty.c"), "int main(void) { return 0; }\n").map_err(fail)?;
    let (_, commands) = run(command("python3")
        .current_dir(&partial)
        .args(["-m", "ziglang", "cc", "-target", &format!("{architecture}-linux-musl")])
        .arg(format!("-mcpu={cpu}"))
        .args(["-Os", "-static", "-pie", "-v", "empty.c", "-o", "empty"]))?;
    // It links the libraries first, then the program with them.
    let links = |line: &&str| line.starts_with("ld.lld ") && line.contains("libc.a");
    let link = commands.lines().rfind(links).unwrap_or_default();
    // zig spreads the C library over several archives: a linker script in place of the one that the
    // standard library asks for names them all.
    let mut archives = Vec::new();
    for (name, kept_as) in [
        ("rcrt1.o", "rcrt1.o"),
        ("libc.a", "libmusl.a"),
        ("libzigc.a", "libzigc.a"),
        ("libcompiler_rt.a", "libcompiler_rt.a"),
    ] {
        let found = link.split_whitespace().map(Path::new).find(|path| path.ends_with(name));
        let Some(path) = found else {
            if name == "libzigc.a" {
                continue;
            }
            return Err(Failure(format!("zig did not name {name}: {link}")));
        };
        fs::copy(path, partial.join(kept_as)).map_err(fail)?;
        if kept_as.ends_with(".a") {
            archives.push(format!("-l{}", &kept_as[3..kept_as.len() - 2]));
        }
    }
    fs::write(partial.join("libc.a"), format!("GROUP ( {} )\n", archives.join(" ")))
        .map_err(fail)?;
    // Nothing unwinds, but the standard library asks for it.
    fs::write(partial.join("libunwind.a"), "!<arch>\n").map_err(fail)?;
    fs::rename(&partial, &folder).map_err(fail)?;
    Ok(folder)
}
