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
    let calls = target.starts_with("wasi_path");
    seed(&corpus, if calls { CALLS } else { MODULES })?;
    let mut command = Command::new("cargo");
    command.current_dir(workspace().join("tests/fuzz"));
    command.args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", target]).arg(&corpus);
    // Address sanitizing finds nothing in code without `unsafe` and halves the speed.
    command.args(["--sanitizer", "none", "--", "-timeout=60", "-rss_limit_mb=4096"]);
    command.arg(if calls { "-max_len=1024" } else { "-max_len=65536" });
    if let Some(seconds) = seconds {
        command.arg(format!("-max_total_time={seconds}"));
    }
    succeed(&mut command)
}

/// Where seeds of a kind come from: a folder, and the ending of a file's name.
type Seeds = &'static [(&'static str, &'static str)];

/// For targets that take modules: those of the run tests, and what once failed.
const MODULES: Seeds = &[("tests/run", "wat"), ("tests/fuzz/regressions", "bin")];
/// For targets that take choices of host calls: what once failed.
const CALLS: Seeds = &[("tests/fuzz/regressions", "calls")];

/// Puts seeds into the corpus.
fn seed(corpus: &Path, seeds: Seeds) -> Result<()> {
    std::fs::create_dir_all(corpus)?;
    for (folder, ending) in seeds {
        for entry in std::fs::read_dir(workspace().join(folder)).context(*folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|found| found != *ending) {
                continue;
            }
            let seed = corpus.join(path.file_stem().unwrap_or_default());
            let module = *ending == "wat";
            let bytes = if module { wat::parse_file(&path)? } else { std::fs::read(&path)? };
            std::fs::write(seed, bytes)?;
        }
    }
    Ok(())
}

fn target_folder() -> Result<std::path::PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    Ok(metadata["target_directory"].as_str().context("cargo names no target folder")?.into())
}
