//! The many ways to write a target, each to one identity: short names, Rust triples, the styles of
//! clang, Zig, Go, Docker, Node and .NET, and the aliases that people use for architectures and systems.
//!
//! Invariant: a spelling whose every part is understood names the same target on every machine; only
//! `host`, `native` and a spelling that lacks its architecture or system are completed by this machine.

use crate::target::{Target, all, host};

/// A spelling that names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no target `{spelling}`")]
pub struct UnknownTarget {
    /// What was written.
    pub spelling: String,
    /// Short names of the targets that may have been meant, at most four.
    pub suggestions: Vec<&'static str>,
}

/// A target, and what its spelling said too much or too little.
#[derive(Clone, Debug)]
pub struct Spelled {
    /// The target.
    pub target: &'static Target,
    /// A C library or environment (`gnu`, `musl`, `msvc`, …) that was named but is not used by
    /// executables.
    pub ignored: Option<String>,
    /// Whether the architecture or the system was not named, and is as on this machine.
    pub completed: bool,
}

/// What the parts of a spelling say.
#[derive(Default)]
struct Parts {
    architecture: Option<&'static str>,
    system: Option<&'static str>,
    ignored: Option<String>,
}

/// The target that `spelling` names.
///
/// # Errors
/// When it names none, with suggestions.
pub fn parse(spelling: &str) -> Result<&'static Target, UnknownTarget> {
    parse_spelled(spelling).map(|spelled| spelled.target)
}

/// As [`parse`], and says what the spelling said too much or too little.
///
/// # Errors
/// As [`parse`].
pub fn parse_spelled(spelling: &str) -> Result<Spelled, UnknownTarget> {
    find(spelling).ok_or_else(|| UnknownTarget {
        spelling: spelling.to_owned(),
        suggestions: suggestions(spelling),
    })
}

fn find(spelling: &str) -> Option<Spelled> {
    if ["host", "native"].iter().any(|word| spelling.eq_ignore_ascii_case(word)) {
        return Some(Spelled { target: host()?, ignored: None, completed: false });
    }
    let Parts { architecture, system, ignored } = read(spelling)?;
    let completed = architecture.is_none() || system.is_none();
    let target = match (architecture, system) {
        (Some(architecture), Some(system)) => named(architecture, system)?,
        (None, Some(system)) => named(std::env::consts::ARCH, system)?,
        (Some(architecture), None) => {
            let mut candidates = all().iter().filter(|t| t.architecture.name() == architecture);
            let here = || named(architecture, host()?.system.name());
            match (candidates.next(), candidates.next()) {
                // There is nothing to complete.
                (Some(only), None) => only,
                _ => here()?,
            }
        }
        (None, None) => return None,
    };
    Some(Spelled { target, ignored, completed })
}

fn named(architecture: &str, system: &str) -> Option<&'static Target> {
    all()
        .iter()
        .find(|target| target.architecture.name() == architecture && target.system.name() == system)
}

/// The parts of a spelling in lower case. `x86_64` holds what separates parts in other names.
fn split(spelling: &str) -> Vec<String> {
    let lower = spelling.to_ascii_lowercase().replace("x86_64", "x64").replace("x86-64", "x64");
    lower.split(['-', '/', '_']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// What a spelling says, when every part is understood.
fn read(spelling: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    for part in split(spelling) {
        if let Some(name) = architecture(&part).filter(|_| parts.architecture.is_none()) {
            parts.architecture = Some(name);
        } else if let Some(name) = system(&part).filter(|_| parts.system.is_none()) {
            parts.system = Some(name);
        } else if is_environment(&part) {
            parts.ignored = Some(part);
        } else if !(is_vendor(&part) || parts.architecture == Some("aarch64") && part == "v8") {
            return None;
        }
    }
    Some(parts)
}

fn architecture(part: &str) -> Option<&'static str> {
    match part {
        "x64" | "amd64" => Some("x86_64"),
        "aarch64" | "arm64" => Some("aarch64"),
        "riscv64" | "riscv64gc" | "rv64gc" => Some("riscv64"),
        "s390x" => Some("s390x"),
        _ => None,
    }
}

/// Without the version behind it (`macos11`, `freebsd14.1`, `darwin23.1.0`), which is the minimum's
/// business.
fn unversioned(part: &str) -> &str {
    part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn system(part: &str) -> Option<&'static str> {
    match unversioned(part) {
        "linux" => Some("linux"),
        "windows" | "win" | "mingw" => Some("windows"),
        "macos" | "darwin" | "macosx" | "osx" => Some("macos"),
        "freebsd" => Some("freebsd"),
        _ => None,
    }
}

fn is_environment(part: &str) -> bool {
    matches!(
        unversioned(part),
        "gnu" | "musl" | "msvc" | "gnullvm" | "llvm" | "glibc" | "mingw" | "none"
    )
}

fn is_vendor(part: &str) -> bool {
    matches!(
        part,
        "unknown" | "pc" | "apple" | "w64" | "portbld" | "ibm" | "redhat" | "suse" | "alpine"
    )
}

/// Targets that may have been meant: those whose short names differ by a slip of the keyboard, else
/// those of the architecture or system that is named.
fn suggestions(spelling: &str) -> Vec<&'static str> {
    const SLIP: usize = 2;
    const MOST: usize = 4;
    let lower = spelling.to_ascii_lowercase();
    let mut near: Vec<(usize, &'static str)> = all()
        .iter()
        .map(|target| (distance(&lower, &target.name), target.name.as_str()))
        .filter(|(distance, _)| *distance <= SLIP)
        .collect();
    if !near.is_empty() {
        near.sort_unstable();
        return near.into_iter().map(|(_, name)| name).take(MOST).collect();
    }
    let parts = split(spelling);
    let named_architecture = parts.iter().find_map(|part| architecture(nearest(part)));
    let named_system = parts.iter().find_map(|part| system(nearest(part)));
    let targets = |architecture: Option<&str>, system: Option<&str>| -> Vec<&'static str> {
        let is_it = |target: &&Target| {
            architecture.is_none_or(|name| target.architecture.name() == name)
                && system.is_none_or(|name| target.system.name() == name)
        };
        all().iter().filter(is_it).map(|target| target.name.as_str()).take(MOST).collect()
    };
    match (named_architecture, named_system) {
        (None, None) => Vec::new(),
        (architecture, system) => match targets(architecture, system) {
            none if none.is_empty() => targets(architecture, None),
            found => found,
        },
    }
}

/// The word for an architecture or a system that a part differs from by one letter, or the part.
fn nearest(part: &str) -> &str {
    const WORDS: [&str; 10] = [
        "amd64", "aarch64", "arm64", "riscv64", "s390x", "linux", "windows", "macos", "darwin",
        "freebsd",
    ];
    WORDS.into_iter().find(|word| distance(part, word) == 1).unwrap_or(part)
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
mod tests;
