//! C compilers of this machine.

use crate::run::{find_program, succeed};
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Why a case is skipped that needs [`zig`].
pub const NO_ZIG: &str = "there is no `zig` to compile C with";

/// Zig, which compiles for any system; nothing when it is not installed.
pub fn zig() -> Option<Command> {
    if find_program("zig").is_some() {
        return Some(Command::new("zig"));
    }
    let python = Command::new("python3").args(["-m", "ziglang", "version"]).output();
    python.is_ok_and(|output| output.status.success()).then(|| {
        let mut zig = Command::new("python3");
        zig.args(["-m", "ziglang"]);
        zig
    })
}

/// Zig's C compiler for `triple`, with some optimisation and without warnings.
pub fn zig_cc(triple: &str) -> Option<Command> {
    let mut compiler = zig()?;
    compiler.args(["cc", "-target", triple, "-O1", "-w"]);
    Some(compiler)
}

/// Compiles with [`zig_cc`] to `output` in `folder`.
///
/// # Errors
/// With what it printed, when it fails or is not there.
pub fn compile<T: AsRef<OsStr>>(
    triple: &str,
    arguments: impl IntoIterator<Item = T>,
    output: impl AsRef<OsStr>,
    folder: &Path,
) -> Result<()> {
    let mut compiler = zig_cc(triple).context(NO_ZIG)?;
    compiler.args(arguments).arg("-o").arg(output);
    succeed(compiler.current_dir(folder)).map(drop)
}
