//! Real programs from package registries: fetched by name and version into a cache, built with
//! `wasm2native`, run, and compared with what is recorded or with the native tool.
//!
//! What a package is and where it comes from is in `tests/real/packages.toml`; a program and its runs
//! are a file `tests/real/*.toml`. Nothing fetched is ever committed.

mod package;
mod program;

pub use package::Cache;
pub use program::{Program, load};
