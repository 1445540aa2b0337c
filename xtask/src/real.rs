//! `cargo xtask real [FILTER] [--target T]`: real programs from package registries, built with an optimised
//! compiler, run, and compared with what is recorded.

use crate::command::{cargo, succeed};
use anyhow::Result;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--quiet", "--release", "--package", "wasm2native-tests"]);
    command.args(["--test", "real", "--test", "paths", "--"]).args(arguments);
    succeed(command.env("WASM2NATIVE_REAL", "1"))
}
