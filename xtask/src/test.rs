//! `cargo xtask test [FILTER]`: every test that a machine with nothing but Rust can run.

use crate::command::{cargo, succeed};
use anyhow::Result;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo();
    succeed(command.args(["test", "--workspace", "--no-fail-fast", "--"]).args(arguments))
}
