//! The command `wasm2native`, built from this checkout.

use crate::run::{Finished, Run};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The environment variable that names a finished `wasm2native` to test instead of building one.
pub const TOOL_VARIABLE: &str = "WASM2NATIVE_TEST_TOOL";

/// The executable `wasm2native`, built with the profile of the running test program.
///
/// # Errors
/// When it does not build.
pub fn path() -> Result<&'static Path> {
    static PATH: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let path = PATH.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    path.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn build() -> Result<PathBuf> {
    if let Some(tool) = std::env::var_os(TOOL_VARIABLE) {
        return Ok(std::path::absolute(tool)?);
    }
    // Test programs lie in `PROFILE/deps`, commands in `PROFILE`.
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(Path::parent).context("the test program has no folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bin", "wasm2native"]).current_dir(workspace());
    // As dependencies were built before: for all packages' tests in development, else for the tool alone. With
    // the features that another selection gives them they would be compiled once more.
    if folder.ends_with("release") {
        command.args(["--release", "--package", "wasm2native"]);
    } else {
        command.arg("--workspace");
    }
    if !command.status()?.success() {
        bail!("`wasm2native` does not build");
    }
    Ok(folder.join(format!("wasm2native{}", std::env::consts::EXE_SUFFIX)))
}

/// The folder of the whole project.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// The folder of this package.
pub fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A run of `wasm2native` in `folder`, with an environment that does not depend on the machine.
///
/// # Errors
/// When it does not build.
pub fn command<T: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = T>,
    folder: &Path,
) -> Result<Run> {
    Ok(Run::program(path()?).clear_environment().arguments(arguments).folder(folder))
}

/// Runs `wasm2native`, which must succeed.
///
/// # Errors
/// With what it printed, when it fails.
pub fn succeed<T: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = T>,
    folder: &Path,
) -> Result<Finished> {
    let finished = command(arguments, folder)?.run()?;
    if finished.ending != crate::run::Ending::Status(0) {
        bail!("`wasm2native` failed ({}):\n{}", finished.ending, finished.stderr_text());
    }
    Ok(finished)
}
