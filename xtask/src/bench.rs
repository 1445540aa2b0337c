//! `cargo xtask bench [FILTER]`: what `benches/` measures.

use crate::command::{cargo, succeed};
use anyhow::Result;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo();
    command.args(["run", "--quiet", "--release", "--package", "wasm2native-benches", "--"]);
    succeed(command.args(arguments))
}
