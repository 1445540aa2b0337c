//! The many ways to write a target, each to one identity: short names, Rust triples, the styles of
//! Zig and of Go, and the aliases that people use for architectures and systems.

use crate::target::{Target, all, host};

/// A spelling that names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no target `{spelling}`")]
pub struct UnknownTarget {
    /// What was written.
    pub spelling: String,
    /// Short names of the targets nearest to it, nearest first, at most three.
    pub suggestions: Vec<&'static str>,
}

/// A target, and the part of its spelling that made no difference.
#[derive(Clone, Debug)]
pub struct Spelled {
    /// The target.
    pub target: &'static Target,
    /// A C library or environment (`gnu`, `musl`, `msvc`, …) that was named but is not used by
    /// executables.
    pub ignored: Option<String>,
}

/// The target that `spelling` names.
///
/// # Errors
/// When it names none, with suggestions.
pub fn parse(spelling: &str) -> Result<&'static Target, UnknownTarget> {
    parse_spelled(spelling).map(|spelled| spelled.target)
}

/// As [`parse`], and says which part of the spelling was ignored.
///
/// # Errors
/// As [`parse`].
pub fn parse_spelled(spelling: &str) -> Result<Spelled, UnknownTarget> {
    let unknown =
        || UnknownTarget { spelling: spelling.to_owned(), suggestions: suggestions(spelling) };
    if spelling.eq_ignore_ascii_case("native") {
        let target = host().ok_or_else(unknown)?;
        return Ok(Spelled { target, ignored: None });
    }
    let (architecture, system, ignored) = normalise(spelling).ok_or_else(unknown)?;
    let is_it = |target: &&Target| {
        target.architecture.name() == architecture && target.system.name() == system
    };
    let target = all().iter().find(is_it).ok_or_else(unknown)?;
    Ok(Spelled { target, ignored })
}

/// Architecture, system and ignored environment of a spelling whose every part is understood.
fn normalise(spelling: &str) -> Option<(&'static str, &'static str, Option<String>)> {
    let lower = spelling.to_ascii_lowercase();
    // `x86_64` holds no separator, `x86-64` does.
    let lower = lower.replace("x86-64", "x86_64");
    let parts: Vec<&str> = lower.split(['-', '/']).filter(|part| !part.is_empty()).collect();
    let (mut architecture_name, mut system_name, mut ignored) = (None, None, None);
    for part in parts {
        if let Some(name) = architecture(part).filter(|_| architecture_name.is_none()) {
            architecture_name = Some(name);
        } else if let Some(name) = system(part).filter(|_| system_name.is_none()) {
            system_name = Some(name);
        } else if is_environment(part) {
            ignored = Some(part.to_owned());
        } else if !matches!(part, "unknown" | "pc" | "apple" | "none") {
            return None;
        }
    }
    Some((architecture_name?, system_name?, ignored))
}

fn architecture(part: &str) -> Option<&'static str> {
    match part {
        "x86_64" | "amd64" | "x64" => Some("x86_64"),
        "aarch64" | "arm64" => Some("aarch64"),
        "riscv64" | "riscv64gc" => Some("riscv64"),
        "s390x" => Some("s390x"),
        _ => None,
    }
}

fn system(part: &str) -> Option<&'static str> {
    // Versions behind a system's name (`macos11`, `freebsd14`) are the minimum's business.
    match part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "linux" => Some("linux"),
        "windows" | "win" => Some("windows"),
        "macos" | "darwin" | "macosx" | "osx" => Some("macos"),
        "freebsd" => Some("freebsd"),
        _ => None,
    }
}

fn is_environment(part: &str) -> bool {
    matches!(part, "gnu" | "musl" | "msvc" | "gnullvm" | "llvm" | "glibc" | "mingw")
}

/// The nearest short names by edit distance, when they are near enough to be meant.
fn suggestions(spelling: &str) -> Vec<&'static str> {
    let lower = spelling.to_ascii_lowercase();
    let mut near: Vec<(usize, &'static str)> =
        all().iter().map(|target| (distance(&lower, &target.name), target.name.as_str())).collect();
    near.sort_unstable();
    near.retain(|&(distance, name)| distance <= name.len() / 2);
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Levenshtein's distance in bytes, of inputs cut to a size that is certainly not a target's name.
fn distance(left: &str, right: &str) -> usize {
    let left = &left.as_bytes()[..left.len().min(64)];
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, &a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_spellings_name_one_target() {
        for spelling in [
            "x86_64-linux",
            "x86_64-unknown-linux-gnu",
            "x86_64-unknown-linux-musl",
            "x86_64-linux-musl",
            "linux/amd64",
            "amd64-linux",
            "x64-linux",
            "X86-64-Linux",
        ] {
            assert_eq!(parse(spelling).unwrap().name, "x86_64-linux", "{spelling}");
        }
    }

    #[test]
    fn the_environment_is_ignored_and_reported() {
        let spelled = parse_spelled("x86_64-unknown-linux-gnu").unwrap();
        assert_eq!(spelled.ignored.as_deref(), Some("gnu"));
    }

    #[test]
    fn unknown_ones_get_suggestions() {
        assert_eq!(parse("x86_64-linus").unwrap_err().suggestions, ["x86_64-linux"]);
        assert!(parse("pdp11").unwrap_err().suggestions.is_empty());
        assert!(parse("x86_64-linux-banana").is_err());
        assert!(parse("").is_err());
    }
}
