//! `cargo xtask tidy`: what no compiler checks. Each file checks one thing and returns complaints.

mod codes;
mod imports;
mod root;
mod sources;

use crate::command::{output, workspace};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let mut complaints = Vec::new();
    complaints.extend(imports::check()?);
    complaints.extend(root::check()?);
    complaints.extend(sources::check()?);
    complaints.extend(codes::check()?);
    for complaint in &complaints {
        println!("tidy: {complaint}");
    }
    if !complaints.is_empty() {
        bail!("{} complaints", complaints.len());
    }
    println!("tidy: nothing to complain about");
    Ok(())
}

/// The files of the project with the ending, committed or about to be, relative to its folder.
fn files(ending: &str) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(workspace()).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listing = String::from_utf8(output(&mut git)?)?;
    let mut files: Vec<_> =
        listing.lines().filter(|line| line.ends_with(ending)).map(PathBuf::from).collect();
    files.retain(|file| workspace().join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}
