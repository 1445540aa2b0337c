//! Expected text beside its input: compared with what came out, or accepted when blessing.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The environment variable with which `cargo xtask bless` asks for new expectations.
pub const BLESS_VARIABLE: &str = "WASM2NATIVE_BLESS";

/// Whether what comes out is to be accepted.
pub fn blessing() -> bool {
    std::env::var_os(BLESS_VARIABLE).is_some()
}

/// Writes an accepted expectation, unless it is there already.
///
/// # Errors
/// Those of the file system.
pub fn accept(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Compares line by line. In expected lines `[..]` stands for any text, and a line `...` for any lines.
///
/// # Errors
/// With both texts, when they differ.
pub fn compare(what: &str, expected: &str, actual: &str) -> Result<()> {
    let expected_lines: Vec<_> = expected.lines().collect();
    let actual_lines: Vec<_> = actual.lines().collect();
    if lines_match(&expected_lines, &actual_lines) {
        return Ok(());
    }
    bail!("{what} differs\n--- expected\n{expected}\n--- actual\n{actual}\n---")
}

/// Whether text matches, by the rules of [`compare`].
pub fn matches(expected: &str, actual: &str) -> bool {
    compare("", expected, actual).is_ok()
}

fn lines_match(expected: &[&str], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((&"...", rest)) => (0..=actual.len()).any(|skip| lines_match(rest, &actual[skip..])),
        Some((pattern, rest)) => actual
            .split_first()
            .is_some_and(|(line, others)| line_matches(pattern, line) && lines_match(rest, others)),
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(position) => rest = &rest[position + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The files of a folder and below with an ending, sorted, with their names relative to the folder.
///
/// # Errors
/// Those of the file system.
pub fn files(folder: &Path, ending: &str) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                let name = path.strip_prefix(folder)?.with_extension("");
                found.push((name.to_string_lossy().replace('\\', "/"), path));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_stand_for_text_and_for_lines() {
        assert!(matches("a [..] c\n...\nend", "a b c\nx\ny\nend"));
        assert!(matches("[..]", "\n"));
        assert!(!matches("[..]", ""), "there is no line at all");
        assert!(!matches("a [..] c", "a b d"));
        assert!(!matches("a", "a\nb"));
        assert!(!matches("a[..]a", "a"));
    }
}
