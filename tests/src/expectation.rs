//! Known failures and skips, as data: `tests/expectations.toml`. An unexpected pass fails, so that the
//! file never says what is no longer true.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::HashSet;

/// One entry of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The test program: `spec`, `run`, `cli`, …
    suite: String,
    /// The case's name.
    case: String,
    /// For the WebAssembly suite, the line of the command.
    line: Option<u32>,
    /// The target, or none for all.
    target: Option<String>,
    /// What happens.
    outcome: Known,
    /// Why, in one sentence.
    reason: String,
}

/// What is known to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// It fails.
    Fail,
    /// It is not tried.
    Skip,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Entry>,
}

/// The entries for one test program and one target.
#[derive(Clone, Debug)]
pub struct Expectations {
    entries: Vec<Entry>,
}

impl Expectations {
    /// The committed expectations.
    ///
    /// # Errors
    /// When the file is malformed, repeats itself, or gives no reason.
    pub fn load(suite: &str, target: &str) -> Result<Self> {
        Self::parse(include_str!("../expectations.toml"), suite, target)
    }

    fn parse(text: &str, suite: &str, target: &str) -> Result<Self> {
        let file: File = toml::from_str(text).context("expectations.toml")?;
        let mut seen = HashSet::new();
        for entry in &file.known {
            if entry.reason.trim().is_empty() {
                bail!("expectations.toml: `{}` has no reason", entry.case);
            }
            if !seen.insert((&entry.suite, &entry.case, entry.line, &entry.target)) {
                bail!("expectations.toml: `{}` occurs twice", entry.case);
            }
        }
        let applies = |entry: &Entry| {
            entry.suite == suite && entry.target.as_deref().is_none_or(|name| name == target)
        };
        Ok(Self { entries: file.known.into_iter().filter(applies).collect() })
    }

    /// What is known of a case, or of one line of it, and why.
    pub fn find(&self, case: &str, line: Option<u32>) -> Option<(Known, &str)> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.case == case && (entry.line.is_none() || entry.line == line))?;
        Some((entry.outcome, &entry.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::{Expectations, Known};

    const FILE: &str = r#"
        [[known]]
        suite = "spec"
        case = "wasm-v2/a"
        line = 3
        outcome = "fail"
        reason = "because"
    "#;

    #[test]
    fn an_entry_with_a_line_means_that_line() {
        let expectations = Expectations::parse(FILE, "spec", "x").unwrap();
        assert_eq!(expectations.find("wasm-v2/a", Some(3)), Some((Known::Fail, "because")));
        assert_eq!(expectations.find("wasm-v2/a", Some(4)), None);
    }

    #[test]
    fn a_reason_is_required() {
        assert!(Expectations::parse(&FILE.replace("because", " "), "spec", "x").is_err());
    }

    #[test]
    fn the_committed_file_is_well_formed() {
        Expectations::load("spec", "x").unwrap();
    }
}
