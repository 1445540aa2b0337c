//! Finds the toolchain that builds stubs, and says how to get what is missing.

use super::environment::{command, run};
use super::source::recipe_sha256;
use super::{Failure, sha256};
use std::path::Path;

/// The compiler whose package has the sources of its standard library.
pub(crate) const RUSTC: &str = "/usr/bin/rustc";
/// The cargo of the same package; another one may come first in `PATH`.
pub(crate) const CARGO: &str = "/usr/bin/cargo";
/// The linker.
pub(crate) const LINKER: &str = "ld.lld-22";
/// Where the sources of the standard library are.
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// How to get everything, on Debian.
const HOW: &str = "stubs are built with Debian's packages `rustc-web`, `cargo-web`, `rust-web-src`, \
    `libstd-rust-web-dev` and `lld-22` (apt-get install), and PyPI's `ziglang` (pip install)";

/// The tools, found and asked for their versions.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    versions: String,
}

impl Toolchain {
    /// Looks for every tool.
    ///
    /// # Errors
    /// Names what is missing and how to get it.
    pub(crate) fn find() -> Result<Self, Failure> {
        let missing = |what: &str| Failure(format!("{what} is missing\n{HOW}"));
        for path in [RUSTC, CARGO, LIBRARY] {
            if !Path::new(path).exists() {
                return Err(missing(path));
            }
        }
        let ask = |program: &str, arguments: &[&str]| {
            let (output, _) =
                run(command(program).args(arguments)).map_err(|_| missing(program))?;
            Ok(output.lines().next().unwrap_or_default().trim().to_owned())
        };
        let rustc = ask(RUSTC, &["--version"])?;
        let linker = ask(LINKER, &["--version"])?;
        let zig = ask("python3", &["-m", "ziglang", "version"])
            .map_err(|_: Failure| missing("ziglang"))?;
        Ok(Self { versions: format!("{rustc}; {linker}; zig {zig}") })
    }

    /// The versions, in words.
    pub(crate) fn versions(&self) -> &str {
        &self.versions
    }

    /// A short name for files that only this toolchain and the recipe in the workspace at `root` may use.
    ///
    /// # Errors
    /// When the recipe cannot be read.
    pub(crate) fn key(&self, root: &Path) -> Result<String, Failure> {
        let made_by = format!("{}; {}", self.versions, recipe_sha256(root)?);
        Ok(sha256(made_by.as_bytes())[..16].to_owned())
    }
}
