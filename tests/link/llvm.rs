//! LLVM's tools, as a second reader of what we write.

use crate::program_in_path;
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One of LLVM's tools, of the version that this project uses or of any.
pub(crate) fn llvm(name: &str) -> Option<PathBuf> {
    program_in_path(&format!("{name}-22")).or_else(|| program_in_path(name))
}

/// What a tool prints for `file`; a warning is as bad as an error.
pub(crate) fn output(tool: &Path, options: &[&str], file: &Path) -> Result<String> {
    let Output { status, stdout, stderr } = Command::new(tool).args(options).arg(file).output()?;
    let complaints = String::from_utf8_lossy(&stderr);
    ensure!(status.success() && complaints.is_empty(), "{options:?}: {status}: {complaints}");
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
