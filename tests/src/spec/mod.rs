//! The WebAssembly suite: each `.wast` file becomes one executable with the stub's `wast` variant,
//! which runs the file's commands and reports line by line.
//!
//! | step | in → out | file |
//! |---|---|---|
//! | select | group and filter → files | `suite.rs` |
//! | read | text → commands and the bytes of modules | `read.rs` |
//! | resolve | modules → instances with their imports bound, or why they cannot be | `resolve.rs` |
//! | encode | commands → the script of `wasm2native_abi::script` | `encode.rs`, `value.rs` |
//! | execute | instances + script → executable → a verdict a command | `execute.rs` |
//!
//! What only the compiler can judge (`assert_invalid`, `assert_malformed`, `assert_unlinkable`) is
//! judged while encoding. Source: the script format in the specification's reference interpreter.

mod encode;
mod execute;
mod read;
mod resolve;
mod suite;
mod value;
mod verdict;

pub use execute::{Settings, run_file};
pub use suite::{DEFAULT_GROUPS, SuiteFile, select};
pub use verdict::{FileReport, Outcome, Verdict};
