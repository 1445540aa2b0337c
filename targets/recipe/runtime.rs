//! Takes start files and C libraries from zig, which has or compiles them for any target, and lists what
//! it links when it is asked to be verbose.

use super::environment::{command, run};
use super::toolchain::Toolchain;
use super::{Failure, kept};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder, called `name`, with what stubs of one kind are linked with; filled by `fill` if it is not
/// there yet.
pub(crate) fn runtime_folder(
    root: &Path,
    toolchain: &Toolchain,
    name: &str,
    fill: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<PathBuf, Failure> {
    let folder = kept(root, "libc", toolchain)?.join(name);
    if folder.exists() {
        return Ok(folder);
    }
    let fail = |error: std::io::Error| Failure::file("fill", &folder, &error);
    // Filled beside its final name, so that an interrupted copy is never taken for a whole one.
    let partial = folder.with_extension("partial");
    fs::create_dir_all(&partial).map_err(fail)?;
    fill(&partial)?;
    fs::rename(&partial, &folder).map_err(fail)?;
    Ok(folder)
}

/// The command by which zig links an empty program.
pub(crate) struct LinkCommand(String);

/// Has zig link an empty program for `target`, in `folder`. The command is the one that names
/// `library`: zig also links libraries.
pub(crate) fn link_command(
    folder: &Path,
    target: &str,
    flags: &[&str],
    library: &str,
) -> Result<LinkCommand, Failure> {
    let source = folder.join("empty.c");
    fs::write(&source, "int main(void) { return 0; }\n")
        .map_err(|error| Failure::file("write", &source, &error))?;
    let (_, commands) = run(command("python3")
        .current_dir(folder)
        .args(["-m", "ziglang", "cc", "-target", target, "-Os", "-v"])
        .args(flags)
        .args(["empty.c", "-o", "empty"]))?;
    let links = |line: &&str| line.starts_with("ld.lld ") && line.contains(library);
    Ok(LinkCommand(commands.lines().rfind(links).unwrap_or_default().to_owned()))
}

impl LinkCommand {
    /// Copies the file of that name to `destination`.
    ///
    /// # Errors
    /// When the command does not name it, or it cannot be copied.
    pub(crate) fn take(&self, name: &str, destination: &Path) -> Result<(), Failure> {
        let mut words = self.0.split_whitespace().map(Path::new);
        let Some(path) = words.find(|path| path.ends_with(name)) else {
            return Err(Failure(format!("zig did not name {name}: {}", self.0)));
        };
        fs::copy(path, destination).map_err(|error| Failure::file("copy", path, &error))?;
        Ok(())
    }

    /// Whether the command names a file of that name.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.split_whitespace().any(|word| Path::new(word).ends_with(name))
    }
}
