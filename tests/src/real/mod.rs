//! Real programs from package registries: fetched by name and version into a cache, built with
//! `wasm2native`, run, and compared with what is recorded or with the native tool.
//!
//! What a package is and where it comes from is in `tests/real/packages.toml`; a program and its runs
//! are a file `tests/real/*.toml`. Nothing fetched is ever committed.

mod package;
mod program;

pub use package::Cache;
pub use program::{Program, load};

use std::path::{Path, PathBuf};

/// The environment variable that asks for real programs; `cargo xtask real` sets it.
const ASKED_VARIABLE: &str = "WASM2NATIVE_REAL";

/// Why a case was skipped that needs packages.
pub const NOT_ASKED: &str = "it needs a network: `cargo xtask real`";

/// Whether packages may be fetched.
pub fn asked() -> bool {
    std::env::var_os(ASKED_VARIABLE).is_some()
}

/// The place for packages, `TARGET/real`: it outlives builds, and `cargo clean` removes it.
///
/// # Panics
/// When the running program has no path.
pub fn cache_folder() -> PathBuf {
    let this = std::env::current_exe().expect("the test program has a path");
    // TARGET/PROFILE/deps/NAME-HASH
    this.ancestors()
        .nth(3)
        .map_or_else(|| Path::new("real").to_owned(), |target| target.join("real"))
}
