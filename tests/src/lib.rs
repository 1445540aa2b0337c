//! The harness: everything that the test programs of this package share.
//!
//! Each test program is a list of [`case::Case`]s, run in parallel by [`case::main`], which prints one
//! line a case and totals, and compares with the known failures of `expectations.toml`. What is tested
//! is what users get: the command `wasm2native` and the executables that it writes ([`tool`], [`run`]).
#![allow(clippy::print_stdout, reason = "reports of tests are read by people")]

pub mod c_compiler;
pub mod case;
pub mod directive;
pub mod expectation;
pub mod golden;
#[cfg(unix)]
pub mod hole;
pub mod loader;
pub mod oracle;
pub mod program;
pub mod puppet;
pub mod real;
pub mod run;
pub mod scratch;
pub mod session;
pub mod spec;
pub mod tool;
pub mod toolchain;
#[cfg(target_os = "linux")]
pub mod wasi_path;
pub mod wine;
