//! Every Rust file says what it is, has one subject's length, and leaves nothing undone.

use crate::command::workspace;
use crate::tidy::files;
use anyhow::Result;
use std::path::Path;

/// Lines that no file may pass.
const MAXIMUM_LINES: usize = 600;

/// Names of files that say nothing.
const EMPTY_NAMES: [&str; 4] = ["utils.rs", "common.rs", "misc.rs", "helpers.rs"];

pub(super) fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in files(".rs")? {
        let text = std::fs::read_to_string(workspace().join(&file))?;
        complaints.extend(complaints_about(&file, &text));
    }
    Ok(complaints)
}

fn complaints_about(file: &Path, text: &str) -> Vec<String> {
    // Spelled in pieces, so that this file does not complain about itself.
    let undone = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("// TO", "DO"),
        concat!("// FIX", "ME"),
        concat!("#[ig", "nore"),
        concat!("(in construc", "tion)"),
    ];
    let place = file.display();
    let mut complaints = Vec::new();
    if !text.starts_with("//! ") {
        complaints.push(format!("{place} does not begin by saying what it is (`//! `)"));
    }
    let lines = text.lines().count();
    if lines > MAXIMUM_LINES {
        complaints.push(format!("{place} has {lines} lines, more than {MAXIMUM_LINES}"));
    }
    if file.file_name().is_some_and(|name| EMPTY_NAMES.iter().any(|empty| name == *empty)) {
        complaints.push(format!("{place} has a name that says nothing"));
    }
    for (number, line) in text.lines().enumerate() {
        if let Some(mark) = undone.iter().find(|mark| line.contains(**mark)) {
            complaints.push(format!("{place}:{} leaves something undone: `{mark}`", number + 1));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::complaints_about;
    use std::path::Path;

    #[test]
    fn headers_names_and_marks_are_checked() {
        let about = |name: &str, text: &str| complaints_about(Path::new(name), text).len();
        assert_eq!(about("a.rs", "//! What it is.\n"), 0);
        assert_eq!(about("a.rs", "fn a() {}\n"), 1);
        assert_eq!(about("utils.rs", "//! What it is.\n"), 1);
        assert_eq!(about("a.rs", concat!("//! What.\nfn a() { todo", "!() }\n")), 1);
        assert_eq!(about("a.rs", &"//! What.\n".repeat(601)), 1);
    }
}
