//! Every code of a message to users has a case in `tests/cli` that shows it.

use crate::command::workspace;
use crate::tidy::files;
use anyhow::{Context, Result};

/// Codes that no command line can provoke on a healthy machine, each with the reason.
const UNPROVOKED: &[(&str, &str)] = &[
    ("internal", "it is a defect of ours"),
    ("stub", "it needs a damaged `wasm2native`"),
    ("link", "it needs a defect of ours or a program of several gigabytes"),
    ("start", "it needs a system that refuses to start a correct executable"),
];

pub(super) fn check() -> Result<Vec<String>> {
    let table = workspace().join("compiler/src/code.rs");
    let table = std::fs::read_to_string(table).context("compiler/src/code.rs")?;
    let mut shown = String::new();
    for file in files(".cli")? {
        shown.push_str(&std::fs::read_to_string(workspace().join(file))?);
    }
    let untested = names(&table).filter(|name| {
        let excused = UNPROVOKED.iter().any(|(excused, _)| excused == name);
        let kinds = ["error", "warning"];
        !excused && !kinds.iter().any(|kind| shown.contains(&format!("{kind}[{name}]")))
    });
    Ok(untested.map(|name| format!("no case in tests/cli shows the code `{name}`")).collect())
}

/// The names in the table of codes: the second of two strings, of which the first is a number.
fn names(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter_map(|line| {
        let (_, rest) = line.split_once("= \"W2N")?;
        let (_, rest) = rest.split_once("\", \"")?;
        Some(rest.split_once('"')?.0)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_are_found_in_the_table() {
        let table = "    Read = \"W2N0002\", \"read\", EXIT_FAILURE;\n    /// Text.\n";
        assert_eq!(names(table).collect::<Vec<_>>(), ["read"]);
    }
}
