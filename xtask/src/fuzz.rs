//! `cargo xtask fuzz TARGET [SECONDS]`: a fuzz target of `tests/fuzz`, from its seeds, without limit of
//! time unless one is given. Needs `cargo-fuzz` and a nightly toolchain.

use crate::command::{cargo, exists, output, succeed, workspace};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (target, seconds) = match arguments {
        [target] => (target, None),
        [target, seconds] => (target, Some(seconds)),
        _ => bail!("expected TARGET [SECONDS]"),
    };
    if !exists("cargo-fuzz", "--version") {
        bail!("`cargo-fuzz` is not installed: cargo install cargo-fuzz --locked");
    }
    let corpus = target_folder()?.join("fuzz").join(target);
    seed(&corpus)?;
    let mut command = Command::new("cargo");
    command.current_dir(workspace().join("tests/fuzz"));
    command.args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", target]).arg(&corpus);
    // Address sanitizing finds nothing in code without `unsafe` and halves the speed.
    command.args(["--sanitizer", "none", "--", "-max_len=65536", "-timeout=60"]);
    command.arg("-rss_limit_mb=4096");
    if let Some(seconds) = seconds {
        command.arg(format!("-max_total_time={seconds}"));
    }
    succeed(&mut command)
}

/// Puts the modules of the run tests and the regression files into the corpus.
fn seed(corpus: &Path) -> Result<()> {
    std::fs::create_dir_all(corpus)?;
    for folder in ["tests/run", "tests/fuzz/regressions"] {
        for entry in std::fs::read_dir(workspace().join(folder)).context(folder)? {
            let path = entry?.path();
            let seed = corpus.join(path.file_stem().unwrap_or_default());
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("wat") => std::fs::write(seed, wat::parse_file(&path)?)?,
                Some("bin") => std::fs::write(seed, std::fs::read(&path)?)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn target_folder() -> Result<std::path::PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    Ok(metadata["target_directory"].as_str().context("cargo names no target folder")?.into())
}
