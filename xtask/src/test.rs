//! `cargo xtask test [FILTER | --target T]`: everything that this machine can test.
//!
//! First the tests of all packages, which run executables of this machine's own kind. Then, for every
//! other target, the suites that run executables, where an emulator or a loader for it is installed;
//! they say so where none is. With a filter only the former, with a target only the latter.

use crate::command::{cargo, succeed, workspace};
use anyhow::{Context, Result, ensure};

/// The suites that run executables of any target, those of one system, and the runtime's own tests where
/// they are built for it.
const SUITES: [&str; 7] = ["spec", "run", "wasi", "sandbox", "native", "windows", "units"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if let [option, target] = arguments
        && option == "--target"
    {
        return run_target(target);
    }
    let mut command = cargo();
    succeed(command.args(["test", "--workspace", "--no-fail-fast", "--"]).args(arguments))?;
    if !arguments.is_empty() {
        return Ok(());
    }
    let host = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let mut failed = Vec::new();
    for target in targets()?.into_iter().filter(|target| *target != host) {
        if let Err(error) = run_target(&target) {
            println!("{error:#}");
            failed.push(target);
        }
    }
    ensure!(failed.is_empty(), "suites failed for {}", failed.join(", "));
    Ok(())
}

fn run_target(target: &str) -> Result<()> {
    for suite in SUITES {
        let mut command = cargo();
        // For the package alone its dependencies would have other features, and be compiled once more.
        command.args(["test", "--quiet", "--workspace", "--test", suite]);
        succeed(command.args(["--", "--target", target]))?;
    }
    Ok(())
}

/// The names of all targets, which are those of their folders.
fn targets() -> Result<Vec<String>> {
    let folder = workspace().join("targets");
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("target.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}
