//! Every code of a message to users has a case in `tests/cli` that shows it.

use crate::command::workspace;
use crate::tidy::files;
use anyhow::{Context, Result};

/// Codes that no command line can provoke on a healthy machine, each with the reason.
const UNPROVOKED: &[(&str, &str)] = &[
    ("internal", "it is a defect of ours"),
    ("stub", "it needs a damaged `wasm2native`"),
    ("compile", "it needs a program of several gigabytes"),
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
    let untested = codes(&table).filter(|(number, name)| {
        let excused = UNPROVOKED.iter().any(|(excused, _)| excused == name);
        let shapes = [format!("error[{name}]"), format!("warning[{number}]")];
        !excused && !shapes.iter().any(|shape| shown.contains(shape))
    });
    Ok(untested.map(|(_, name)| format!("no case in tests/cli shows the code `{name}`")).collect())
}

/// The numbers and names in the table of codes.
fn codes(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table.lines().filter_map(|line| {
        let (_, rest) = line.split_once("= \"")?;
        let (number, rest) = rest.split_once("\", \"")?;
        let (name, _) = rest.split_once('"')?;
        number.starts_with("W2N").then_some((number, name))
    })
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn names_are_found_in_the_table() {
        let table = "    Read = \"W2N0002\", \"read\", EXIT_FAILURE;\n    /// Text.\n";
        assert_eq!(codes(table).collect::<Vec<_>>(), [("W2N0002", "read")]);
    }
}
