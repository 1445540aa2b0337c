//! `cargo xtask ci`: everything that a change must pass, in the order of what fails fastest, with the
//! time that each step took.

use crate::command::{cargo, exists, succeed, workspace};
use crate::{real, stub, tidy};
use anyhow::{Context, Result};
use std::process::Command;
use std::time::Instant;

/// A step: its name and what it does.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("tidy", || tidy::run(&[])),
    ("format", || succeed(cargo().args(["fmt", "--all", "--check"]))),
    ("lints", lints),
    ("documentation", documentation),
    ("dependencies", dependencies),
    ("stub", || stub::run(&["--check".to_owned()])),
    ("README", readme),
    ("real programs", || real::run(&[])),
];

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let start = Instant::now();
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("\n=== {name}");
        let begin = Instant::now();
        step().with_context(|| format!("step `{name}`"))?;
        times.push(format!("{name} {:.0} s", begin.elapsed().as_secs_f64()));
    }
    println!("\nci: passed in {:.0} s ({})", start.elapsed().as_secs_f64(), times.join(", "));
    Ok(())
}

fn lints() -> Result<()> {
    let mut command = cargo();
    command.args(["clippy", "--quiet", "--workspace", "--all-targets", "--all-features"]);
    succeed(command.args(["--", "--deny", "warnings"]))
}

fn documentation() -> Result<()> {
    let mut command = cargo();
    command.args(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    succeed(command.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn dependencies() -> Result<()> {
    if !exists("cargo-deny", "--version") {
        println!("skipped: `cargo-deny` is not installed; `.ci/run` installs it");
        return Ok(());
    }
    let mut command = cargo();
    command.args(["deny", "--config", ".config/deny.toml", "check", "licenses", "bans", "sources"]);
    succeed(&mut command)
}

/// The section of `README.md` whose commands a newcomer runs.
const README_SECTION: &str = "## Try it";

/// Runs the commands that `README.md` shows to a newcomer, as they stand there: the blocks marked `sh`,
/// each by one shell. The tests are among them.
fn readme() -> Result<()> {
    let text = std::fs::read_to_string(workspace().join("README.md"))?;
    let (_, section) = text.split_once(README_SECTION).context("README.md lacks the section")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = shell_blocks(section);
    anyhow::ensure!(!blocks.is_empty(), "README.md has no block of commands");
    for block in blocks {
        let mut shell = Command::new("sh");
        succeed(shell.current_dir(workspace()).args(["-euxc", &block]))?;
    }
    Ok(())
}

fn shell_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line.trim()) {
            (None, "```sh") => block = Some(String::new()),
            (None, _) => {}
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(block), _) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::shell_blocks;

    #[test]
    fn only_blocks_of_commands_are_run() {
        let text = "a\n```sh\ncargo test\n```\n```text\nno\n```\n";
        assert_eq!(shell_blocks(text), ["cargo test\n"]);
    }
}
