//! The Rust toolchain that builds stubs, for tests that need the sources of its library: where it is, see
//! `targets/recipe/toolchain.rs`.

use std::path::Path;

/// Its cargo; another one may come first in `PATH`.
pub const CARGO: &str = "/usr/bin/cargo";
/// Its compiler.
pub const RUSTC: &str = "/usr/bin/rustc";
/// Sources of its library.
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// Whether it is there.
///
/// # Errors
/// A sentence for the report of a test that is skipped.
pub fn available() -> Result<(), String> {
    if [CARGO, RUSTC, LIBRARY].iter().all(|path| Path::new(path).exists()) {
        return Ok(());
    }
    Err("the toolchain that builds stubs is not installed".to_owned())
}
