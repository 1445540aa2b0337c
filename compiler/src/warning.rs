//! Builds that succeed but are probably not what was meant.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, quoted};
use crate::grant::{Directory, Environment, looks_secret};
use crate::policy::Policy;
use wasm2native_abi::policy::Preset;
use wasm2native_abi::wasi;
use wasm2native_wasm::Module;

/// A warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The module opens files, but nothing is granted.
    NoDirectory,
    /// A variable's fixed value looks like a secret.
    SecretValue {
        /// The variable's name.
        name: String,
    },
    /// A guest path was probably meant as a modifier.
    GuestPathLooksLikeModifier {
        /// The host path.
        host: String,
        /// The guest path.
        guest: String,
    },
    /// Everything is granted.
    EverythingGranted,
    /// A directory that is granted read-only lies in one that is not.
    ReadOnlyOverlap {
        /// The host path of the one that is read-only.
        read_only: String,
        /// The host path of the one that holds it.
        writable: String,
    },
    /// The module uses vectors, which the architecture's default level has not.
    CpuRaised {
        /// The architecture.
        architecture: &'static str,
        /// The processor feature that the level got.
        feature: &'static str,
    },
}

/// What is suspicious about building `module` with `policy`.
pub(crate) fn warnings(module: &Module<'_>, policy: &Policy) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if policy.preset == Preset::All {
        warnings.push(Warning::EverythingGranted);
    }
    let opens = |import: &wasm2native_wasm::Import<'_>| {
        wasi::is_module(import.module) && import.name == "path_open"
    };
    if policy.all_directories().is_empty() && module.imports.iter().any(opens) {
        warnings.push(Warning::NoDirectory);
    }
    for directory in &policy.directories {
        if matches!(directory.guest.as_str(), "ro" | "rw") && directory.host != directory.guest {
            warnings.push(Warning::GuestPathLooksLikeModifier {
                host: directory.host.clone(),
                guest: directory.guest.clone(),
            });
        }
    }
    let directories = policy.all_directories();
    for inner in directories.iter().filter(|directory| directory.read_only) {
        let holds = |outer: &&Directory| !outer.read_only && holds(&outer.host, &inner.host);
        if let Some(outer) = directories.iter().find(holds) {
            warnings.push(Warning::ReadOnlyOverlap {
                read_only: inner.host.clone(),
                writable: outer.host.clone(),
            });
        }
    }
    for variable in &policy.environment {
        if let Environment::Set(name, _) = variable
            && looks_secret(name)
        {
            warnings.push(Warning::SecretValue { name: name.clone() });
        }
    }
    warnings
}

/// Whether the directory `outer` is or holds `inner`, by the paths alone: the machine that builds is not
/// the one on which they are looked up.
fn holds(outer: &str, inner: &str) -> bool {
    use std::path::{Component, Path};
    if outer == "/" {
        return true;
    }
    let plain = |path: &str| -> Vec<String> {
        let parts = Path::new(path).components().filter(|part| *part != Component::CurDir);
        parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (outer, inner) = (plain(outer), plain(inner));
    let leaves = |parts: &[String]| parts.iter().any(|part| part == "..");
    if leaves(&outer) || leaves(&inner) {
        return outer == inner;
    }
    let same_root = Path::new(outer.first().map_or("", String::as_str)).is_absolute()
        == Path::new(inner.first().map_or("", String::as_str)).is_absolute();
    same_root && inner.starts_with(&outer)
}

impl Warning {
    /// The message for a person who asked for `input` to be built.
    pub fn diagnostic(&self, input: &str) -> Diagnostic {
        let input = quoted(input);
        match self {
            Self::NoDirectory => Diagnostic::warning(
                Code::NoDirectory,
                format!("{input} opens files, but no directory is granted: every open will fail"),
            )
            .hint("--grant cli     files in the current directory")
            .hint("--dir .::.::ro  the current directory, read-only"),
            Self::SecretValue { name } => Diagnostic::warning(
                Code::SecretValue,
                format!(
                    "the value of `{}` becomes part of the executable, where anybody can read it",
                    quoted(name)
                ),
            )
            .hint(format!("--env {}  its value when the program starts", quoted(name))),
            Self::GuestPathLooksLikeModifier { host, guest } => {
                let (host, guest) = (quoted(host), quoted(guest));
                Diagnostic::warning(
                    Code::GuestPathLooksLikeModifier,
                    format!("`--dir {host}::{guest}` grants `{host}` for reading and writing, as `{guest}`"),
                )
                .hint(format!("--dir {host}::{host}::{guest}  if `{guest}` was meant as a modifier"))
            }
            Self::EverythingGranted => Diagnostic::warning(
                Code::EverythingGranted,
                format!("{input} may use every file and variable of whoever runs it (--grant all)"),
            ),
            Self::ReadOnlyOverlap { read_only, writable } => {
                let (read_only, writable) = (quoted(read_only), quoted(writable));
                Diagnostic::warning(
                    Code::ReadOnlyOverlap,
                    format!(
                        "`{read_only}` is granted read-only, but `{writable}`, which holds it, for writing"
                    ),
                )
                .hint("grants add up: the program can change it through the other one")
            }
            Self::CpuRaised { architecture, feature } => Diagnostic::warning(
                Code::CpuRaised,
                format!("{input} uses vectors: for {architecture} it starts only on processors with `{feature}`"),
            )
            .hint(format!("--cpu +{feature}  to say so, and not be warned")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn directories_hold_what_their_paths_begin() {
        for (outer, inner) in [
            (".", "in"),
            ("./a", "a/b"),
            ("/", "x"),
            ("/a", "/a/b"),
            ("a", "./a"),
            ("../x", "../x"),
        ] {
            assert!(holds(outer, inner), "{outer} {inner}");
        }
        for (outer, inner) in [("a", "ab"), (".", "/a"), ("a", "."), ("a", "../a"), ("/a/b", "/a")]
        {
            assert!(!holds(outer, inner), "{outer} {inner}");
        }
    }
}
