//! `cargo xtask bless [FILTER]`: rewrites the expectations beside test cases with what comes out now.

use crate::command::{cargo, succeed};
use anyhow::Result;

/// The test programs whose expectations are files.
const SUITES: [&str; 3] = ["run", "cli", "filetests"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    for suite in SUITES {
        let mut command = cargo();
        command.args(["test", "--quiet", "--package", "wasm2native-tests", "--test", suite, "--"]);
        succeed(command.args(arguments).env("WASM2NATIVE_BLESS", "1"))?;
    }
    println!("read the difference before you commit it: git diff tests");
    Ok(())
}
