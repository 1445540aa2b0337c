//! The root holds what is agreed, and no more.

use crate::tidy::files;
use anyhow::Result;
use std::collections::BTreeSet;

const AGREED: [&str; 14] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "compiler",
    "runtime-stub",
    "wasi-libc-shim",
    "targets",
    "tests",
    "benches",
    "xtask",
    "SECURITY.md",
];

pub(super) fn check() -> Result<Vec<String>> {
    let files = files("")?;
    let names: BTreeSet<_> = files
        .iter()
        .filter_map(|file| file.components().next())
        .map(|name| name.as_os_str().to_string_lossy().into_owned())
        .collect();
    let extra =
        names.into_iter().filter(|name| !name.starts_with('.') && !AGREED.contains(&&**name));
    Ok(extra.map(|name| format!("`{name}` does not belong at the root")).collect())
}
