//! C compilers of this machine.

use crate::run::find_program;
use std::process::Command;

/// How zig's C compiler is started, which compiles for any system; nothing when it is not installed.
pub fn zig() -> Option<Vec<&'static str>> {
    if find_program("zig").is_some() {
        return Some(vec!["zig", "cc"]);
    }
    let python = Command::new("python3").args(["-m", "ziglang", "version"]).output();
    python
        .is_ok_and(|output| output.status.success())
        .then(|| vec!["python3", "-m", "ziglang", "cc"])
}
