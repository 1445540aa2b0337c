//! The hash over the sources that a stub is made from: tells whether a stub is out of date.

use super::Failure;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// What a stub is made from, relative to the workspace.
pub(crate) const SOURCES: [&str; 7] = [
    "runtime-stub/Cargo.toml",
    "runtime-stub/src",
    "runtime-stub/abi/Cargo.toml",
    "runtime-stub/abi/src",
    "wasi-libc-shim/Cargo.toml",
    "wasi-libc-shim/src",
    "targets/recipe",
];

/// SHA-256 over names and contents of all sources, hexadecimal.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn sources_sha256(root: &Path) -> Result<String, Failure> {
    hash(root, &SOURCES)
}

/// SHA-256 over names and contents of the recipe alone, hexadecimal.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn recipe_sha256(root: &Path) -> Result<String, Failure> {
    hash(root, &["targets/recipe"])
}

fn hash(root: &Path, sources: &[&str]) -> Result<String, Failure> {
    let mut files = Vec::new();
    for source in sources {
        collect(root, &PathBuf::from(source), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for (name, path) in files {
        let bytes = fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
        // Sizes come first, so that no two lists of files give the same bytes.
        hash.update((name.len() as u64).to_le_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update(&bytes);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(root: &Path, name: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), Failure> {
    let path = root.join(name);
    if path.is_dir() {
        let entries = fs::read_dir(&path).map_err(|error| Failure::file("list", &path, &error))?;
        for entry in entries.flatten() {
            collect(root, &name.join(entry.file_name()), files)?;
        }
    } else if name
        .extension()
        .is_some_and(|extension| ["rs", "toml", "ld", "tbd"].iter().any(|&kept| extension == kept))
    {
        let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        files.push((parts.join("/"), path));
    }
    Ok(())
}
