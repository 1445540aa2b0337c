//! `cargo xtask spec [FILTER] [--target T] [--cpu LEVEL] [--group G] [--memory-strategy S]`: the
//! WebAssembly suite.

use crate::command::{cargo, succeed};
use anyhow::Result;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "wasm2native-tests", "--test", "spec", "--"]);
    succeed(command.args(arguments))
}
