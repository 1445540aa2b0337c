//! The recipe of a stub: turns the sources of the stub into the executable that programs are linked
//! into, with a toolchain of its own that can build the standard library for every target.
//!
//! It stands alone because two programs follow it: `cargo xtask stub`, which makes the stubs that are
//! kept in the repository, and the build script of `targets`, which makes fresh ones while the sources
//! are being changed. Invariant: the same sources and toolchain give the same bytes in any folder.

mod environment;
mod freebsd;
mod image;
mod linux;
mod macos;
mod runtime;
mod source;
mod sysroot;
mod toolchain;
mod windows;

pub(crate) use image::build;
#[allow(unused_imports, reason = "each of the two programs uses its part")]
pub(crate) use source::{SOURCES, sources_sha256};
pub(crate) use toolchain::Toolchain;

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Which program a stub is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Runs its program.
    Normal,
    /// Runs a script of the test suite.
    Wast,
    /// Runs its program, with a planted hole.
    Hole,
}

impl Variant {
    /// Those of a target. Where the wall is tried, on the commonest processor of Linux, there is a hole.
    pub(crate) fn of(triple: &str) -> &'static [Self] {
        if triple == "x86_64-unknown-linux-musl" {
            &[Self::Normal, Self::Wast, Self::Hole]
        } else {
            &[Self::Normal, Self::Wast]
        }
    }

    /// The feature of the stub's package.
    pub(crate) fn feature(self) -> Option<&'static str> {
        match self {
            Self::Normal => None,
            Self::Wast => Some("wast"),
            Self::Hole => Some("hole"),
        }
    }

    /// The name of the compressed stub in its target's folder.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Normal => "stub.z",
            Self::Wast => "stub-wast.z",
            Self::Hole => "stub-hole.z",
        }
    }
}

/// What a stub is built for: the part of a target's description that the recipe needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform<'a> {
    /// What rustc calls it.
    pub(crate) triple: &'a str,
    /// The largest page size in bytes.
    pub(crate) page_bytes: u64,
}

impl Platform<'_> {
    /// The system: `linux`, `windows`, `macos` or `freebsd`.
    pub(crate) fn system(&self) -> &'static str {
        let systems = [
            ("linux", "linux"),
            ("windows", "windows"),
            ("darwin", "macos"),
            ("freebsd", "freebsd"),
        ];
        let named = systems.into_iter().find(|(part, _)| self.triple.contains(part));
        named.map_or("unknown", |(_, system)| system)
    }

    /// The architecture, as C compilers call it.
    fn architecture(&self) -> &str {
        self.triple.split('-').next().unwrap_or(self.triple).trim_end_matches("gc")
    }

    /// What names of executables end with.
    fn executable_suffix(&self) -> &'static str {
        if self.system() == "windows" { ".exe" } else { "" }
    }
}

/// Why a stub could not be built, in words.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("cannot {action} {}: {error}", path.display()))
    }
}

/// The form in which a stub is kept.
pub(crate) fn compress(stub: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(stub, 10)
}

/// The SHA-256 of `bytes`, hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder that keeps the standard libraries and intermediate files, outside of any one build.
pub(crate) fn work_folder(root: &Path) -> PathBuf {
    root.join("target").join("stub")
}

/// The folder called `name` for what this toolchain and recipe have made for all stubs: what others made
/// is removed, since it could be taken for theirs and is large.
fn kept(root: &Path, name: &str, toolchain: &Toolchain) -> Result<PathBuf, Failure> {
    let all = work_folder(root).join(name);
    let folder = all.join(toolchain.key(root)?);
    let _lock = lock(root, name)?;
    if !folder.exists() {
        if all.exists() {
            fs::remove_dir_all(&all).map_err(|error| Failure::file("remove", &all, &error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| Failure::file("create", &folder, &error))?;
    }
    Ok(folder)
}

/// Lets one at a time do something about `what`; the lock ends with the value.
fn lock(root: &Path, what: &str) -> Result<fs::File, Failure> {
    let folder = work_folder(root).join("locks");
    fs::create_dir_all(&folder).map_err(|error| Failure::file("create", &folder, &error))?;
    let path = folder.join(what);
    let open = fs::File::options().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(|error| Failure::file("open", &path, &error))?;
    file.lock().map_err(|error| Failure::file("lock", &path, &error))?;
    Ok(file)
}
