//! Paths as grants write them, taken apart by the rules of the system that looks them up, and compared.
//!
//! It stands alone because no file system is asked: what is compared is text, since the machine that builds
//! is not the one that runs. Invariant: what is said to be the same, or to be in something, is so on every
//! machine of the system. Sources: POSIX.1-2024, "Pathname Resolution"; Microsoft, "Naming Files, Paths, and
//! Namespaces".

use crate::Target;
use crate::directory::anchor;
use wasm2native_targets::System;

/// By whose rules a path is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRules {
    /// `/` stands between names, which are told apart by every bit.
    Unix,
    /// `/` and `\` stand between names, whose case makes no difference; drives and shares are places.
    Windows,
}

impl PathRules {
    /// Those of a target's system.
    pub fn of(target: Target) -> Self {
        match target.description().system {
            System::Windows => Self::Windows,
            System::Linux | System::Macos | System::Freebsd => Self::Unix,
        }
    }

    /// Those of several targets, each once; this machine's where there are none.
    pub fn of_all(targets: &[Target]) -> Vec<Self> {
        let here = if cfg!(windows) { Self::Windows } else { Self::Unix };
        let mut all: Vec<Self> = Vec::new();
        for rules in targets.iter().map(|target| Self::of(*target)) {
            if !all.contains(&rules) {
                all.push(rules);
            }
        }
        if all.is_empty() { vec![here] } else { all }
    }

    fn is_separator(self, character: char) -> bool {
        character == '/' || self == Self::Windows && character == '\\'
    }

    /// Whether two names are one. Of letters beyond ASCII each volume has its own table.
    fn is_same_name(self, one: &str, other: &str) -> bool {
        match self {
            Self::Unix => one == other,
            Self::Windows => one.eq_ignore_ascii_case(other),
        }
    }
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// What a path counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base<'a> {
    /// The current directory.
    Current,
    /// Where all paths begin; on Windows all drives.
    Root,
    /// The place that an anchor names.
    Anchor(&'a str),
    /// A drive, by its letter in lower case.
    Drive(char),
    /// The drive that is current.
    CurrentDrive,
    /// The directory that is current on a drive.
    CurrentOn(char),
    /// Another machine.
    Share,
    /// What Windows has beside its files.
    Device,
}

/// A path, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct GrantPath<'a> {
    rules: PathRules,
    base: Base<'a>,
    /// Without those that say nothing.
    names: Vec<&'a str>,
}

impl<'a> GrantPath<'a> {
    /// A path of the machine, which may begin with an anchor.
    pub(crate) fn host(text: &'a str, rules: PathRules) -> Self {
        let (base, rest) = match (anchor(text), rules) {
            (Some(("cwd", rest)), _) => (Base::Current, rest),
            (Some(("root", rest)), PathRules::Windows) if !rest.is_empty() => {
                (Base::CurrentDrive, rest)
            }
            (Some(("root", rest)), _) => (Base::Root, rest),
            (Some((word, rest)), _) => (Base::Anchor(word), rest),
            (None, PathRules::Windows) => return Self::windows(text),
            (None, PathRules::Unix) => return Self::unix(text),
        };
        Self::of(rules, base, rest)
    }

    /// A directory's name as the program knows it: a path with `/`, in which Windows' drives are names, and
    /// letters are told apart by their case.
    pub(crate) fn guest(text: &'a str, rules: PathRules) -> Self {
        let path = match (rules, drive(text)) {
            (PathRules::Unix, _) => return Self::unix(text),
            (PathRules::Windows, Some((letter, rest))) => {
                let mut path = Self::of(rules, Base::Root, rest);
                let letter = letter as usize - 'a' as usize;
                path.names.insert(0, &LETTERS[letter..=letter]);
                path
            }
            (PathRules::Windows, None) => {
                let is_absolute = text.starts_with(['/', '\\']);
                Self::of(rules, if is_absolute { Base::Root } else { Base::Current }, text)
            }
        };
        Self { rules: PathRules::Unix, ..path }
    }

    fn unix(text: &'a str) -> Self {
        let base = if text.starts_with('/') { Base::Root } else { Base::Current };
        Self::of(PathRules::Unix, base, text)
    }

    fn windows(text: &'a str) -> Self {
        let rules = PathRules::Windows;
        if let Some(verbatim) = text.strip_prefix(r"\\?\") {
            let (base, rest) = match (verbatim.strip_prefix(r"UNC\"), drive(verbatim)) {
                (Some(share), _) => (Base::Share, share),
                (None, Some((letter, rest))) => (Base::Drive(letter), rest),
                (None, None) => (Base::Device, verbatim),
            };
            // There `/` and `.` are characters of names.
            let names = rest.split('\\').filter(|name| !name.is_empty()).collect();
            return Self { rules, base, names };
        }
        let is_separator = |character| rules.is_separator(character);
        let (base, rest) = match drive(text) {
            Some((letter, rest)) if rest.starts_with(is_separator) => (Base::Drive(letter), rest),
            Some((letter, rest)) => (Base::CurrentOn(letter), rest),
            None if text == "/" => (Base::Root, ""),
            None if text.starts_with(is_separator) && text[1..].starts_with(is_separator) => {
                let rest = &text[2..];
                let is_device = rest.starts_with(['.', '?']);
                (if is_device { Base::Device } else { Base::Share }, rest)
            }
            None if text.starts_with(is_separator) => (Base::CurrentDrive, text),
            None => (Base::Current, text),
        };
        Self::of(rules, base, rest)
    }

    fn of(rules: PathRules, base: Base<'a>, rest: &'a str) -> Self {
        let names = rest.split(|character| rules.is_separator(character));
        let names = names.filter(|name| !matches!(*name, "" | ".")).collect();
        Self { rules, base, names }
    }

    /// Its names below `outer`; none when it is not there. A name `..` leads elsewhere, unless both paths
    /// take it on their common way.
    pub(crate) fn below(&self, outer: &GrantPath<'_>) -> Option<Vec<String>> {
        let drive = match (outer.base, self.base) {
            (Base::Root, Base::Drive(letter)) => Some(letter.to_string()),
            (one, other) if one == other => None,
            _ => return None,
        };
        let names = drive.iter().map(String::as_str).chain(self.names.iter().copied());
        let names: Vec<&str> = names.collect();
        let (common, rest) = names.split_at_checked(outer.names.len())?;
        let mut pairs = common.iter().zip(&outer.names);
        let is_below = pairs.all(|(one, other)| self.rules.is_same_name(one, other));
        (is_below && !rest.contains(&".."))
            .then(|| rest.iter().map(|&name| name.to_owned()).collect())
    }

    /// Whether the two are the same.
    pub(crate) fn is_same(&self, other: &GrantPath<'_>) -> bool {
        self.below(other).is_some_and(|below| below.is_empty())
    }

    /// Whether it lies in `outer`, or is it. In the root all files of a machine are.
    pub(crate) fn is_in(&self, outer: &GrantPath<'_>) -> bool {
        let is_root = outer.base == Base::Root && outer.names.is_empty();
        is_root && !matches!(self.base, Base::Share | Base::Device) || self.below(outer).is_some()
    }

    /// Whether where it leads depends on where the program is started.
    pub(crate) fn depends_on_start(&self) -> bool {
        matches!(self.base, Base::Current | Base::CurrentDrive | Base::CurrentOn(_))
    }
}

/// The drive that a path begins with, and what follows its colon.
fn drive(text: &str) -> Option<(char, &str)> {
    let (letter, rest) = text.split_once(':')?;
    let mut letters = letter.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => {
            Some((letter.to_ascii_lowercase(), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{GrantPath, PathRules};

    fn below(rules: PathRules, outer: &str, inner: &str) -> Option<String> {
        let below = GrantPath::host(inner, rules).below(&GrantPath::host(outer, rules));
        below.map(|names| names.join("/"))
    }

    #[test]
    fn what_says_nothing_makes_no_difference() {
        for rules in [PathRules::Unix, PathRules::Windows] {
            for (one, other) in [
                (".", "./"),
                ("a", "./a/"),
                ("a//b", "a/./b"),
                ("cwd:a", "a"),
                ("cwd:", "."),
                ("root:", "/"),
                ("root:x", "/x/"),
                ("home:a/", "home:a"),
                ("../x", "../x/."),
            ] {
                assert_eq!(below(rules, one, other).as_deref(), Some(""), "{one} {other}");
            }
        }
    }

    #[test]
    fn directories_hold_what_their_paths_begin() {
        for rules in [PathRules::Unix, PathRules::Windows] {
            for (outer, inner, names) in [
                (".", "a/b", "a/b"),
                ("./a", "a/b", "b"),
                ("/srv", "/srv/x/", "x"),
                ("home:", "home:x", "x"),
                ("../x", "../x/y", "y"),
            ] {
                assert_eq!(below(rules, outer, inner).as_deref(), Some(names), "{outer} {inner}");
            }
            for (outer, inner) in [
                ("a", "ab"),
                (".", ".."),
                (".", "a/../.."),
                (".", "/a"),
                ("a", "."),
                ("a", "../a"),
                ("/a/b", "/a"),
                ("home:", "data:x"),
                (".", "home:a"),
            ] {
                assert_eq!(below(rules, outer, inner), None, "{outer} {inner}");
            }
        }
    }

    #[test]
    fn a_windows_path_has_many_spellings() {
        let rules = PathRules::Windows;
        for (outer, inner, names) in [
            (r"C:\Data", "c:/data/X", "X"),
            (r"\\?\C:\data", r"C:\DATA", ""),
            (r"in\a", "IN/A/b", "b"),
            (r"\\server\share", r"//SERVER/share/a", "a"),
            (r"\\?\UNC\server\share", r"\\server\share\a", "a"),
            ("/", r"C:\a", "c/a"),
            (r"\a", "/a/b", "b"),
            ("root:a", r"\a\b", "b"),
        ] {
            assert_eq!(below(rules, outer, inner).as_deref(), Some(names), "{outer} {inner}");
        }
        for (outer, inner) in [
            (r"C:\", r"D:\a"),
            (r"C:\", "C:a"),
            (".", "C:a"),
            ("/", r"\a"),
            ("/", r"\\server\share"),
            (r"\\.\pipe", r"\\server\pipe"),
            (r"\\?\C:\a", r"\\?\C:\a\..\b"),
        ] {
            assert_eq!(below(rules, outer, inner), None, "{outer} {inner}");
        }
    }

    #[test]
    fn a_unix_path_has_no_drives_and_no_second_case() {
        let rules = PathRules::Unix;
        for (outer, inner) in [("in", "IN/a"), (r"in\a", "in/a"), (r"C:\", r"c:\")] {
            assert_eq!(below(rules, outer, inner), None, "{outer} {inner}");
        }
        assert!(GrantPath::host(r"C:\a", rules).depends_on_start());
        assert!(!GrantPath::host(r"C:\a", PathRules::Windows).depends_on_start());
    }

    #[test]
    fn the_root_holds_every_file_of_the_machine() {
        let is_in = |rules, outer: &str, inner: &str| {
            GrantPath::host(inner, rules).is_in(&GrantPath::host(outer, rules))
        };
        for inner in ["x", "/x", "home:x", ".."] {
            assert!(is_in(PathRules::Unix, "/", inner), "{inner}");
            assert!(is_in(PathRules::Windows, "/", inner), "{inner}");
        }
        assert!(!is_in(PathRules::Windows, "/", r"\\server\share"));
        assert!(!is_in(PathRules::Unix, "/a", "x"));
    }

    #[test]
    fn names_for_the_program_have_slashes() {
        let is_same = |rules, one: &str, other: &str| {
            GrantPath::guest(one, rules).is_same(&GrantPath::guest(other, rules))
        };
        assert!(is_same(PathRules::Unix, "./a/", "a") && !is_same(PathRules::Unix, "/a", "a"));
        assert!(is_same(PathRules::Windows, r"C:\a", "/c/a"));
        assert!(!is_same(PathRules::Windows, "/A", "/a"));
        assert!(!is_same(PathRules::Unix, r"C:\a", "/c/a"));
        assert!(!is_same(PathRules::Unix, "home:", "."));
    }
}
