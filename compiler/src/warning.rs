//! Builds that succeed but are probably not what was meant.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, quoted};
use crate::directory::{Directory, ShellWord, TEMPORARY, bare, shell_word};
use crate::grant::{ArgumentGrant, Environment, looks_secret};
use crate::path::{GrantPath, PathRules};
use crate::policy::{Policy, Reach};
use crate::setting::Random;
use wasm2native_abi::policy::{
    DENY_ARGUMENTS, DENY_ENVIRONMENT, DENY_FILES, DENY_NETWORK, DENY_WRITE, Preset, Sandbox,
};

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
    /// A directory has nothing in it when the program starts, and may not be written to.
    ReadOnlyNew {
        /// The host path.
        host: String,
    },
    /// What is granted by name is denied as a whole.
    DeniedGrant {
        /// The flag that grants.
        flag: &'static str,
        /// The kind that is denied.
        denied: &'static str,
    },
    /// No wall is raised.
    SandboxOff,
    /// Random numbers are the same at every start.
    PredictableRandom,
    /// Files are granted to a module that cannot use any.
    UnusedFiles {
        /// The flag that grants them.
        flag: &'static str,
    },
    /// Embedded files and a directory of the host's have the same name.
    EmbedOverDirectory {
        /// The name.
        guest: String,
    },
    /// A directory's path begins with what only a shell understands.
    ShellWord {
        /// The host path.
        host: String,
    },
    /// The module uses vectors, which the architecture's default level has not.
    CpuRaised {
        /// The architecture.
        architecture: &'static str,
        /// The processor feature that the level got.
        feature: &'static str,
    },
}

/// What is suspicious about building a module of this `reach` with `policy`, for systems with these `rules`.
pub(crate) fn warnings(policy: &Policy, reach: Reach, rules: &[PathRules]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if policy.preset == Preset::All {
        warnings.push(Warning::EverythingGranted);
    }
    let no_files = policy.all_directories(reach).is_empty()
        && policy.embedded.directories.is_empty()
        && policy.all_arguments(reach) == ArgumentGrant::Off;
    if no_files && reach.opens {
        warnings.push(Warning::NoDirectory);
    }
    warnings.extend(about_directories(policy, reach, rules));
    warnings.extend(about_denied(policy));
    for variable in &policy.environment {
        if let Environment::Set(name, _) = variable
            && looks_secret(name)
        {
            warnings.push(Warning::SecretValue { name: name.clone() });
        }
    }
    if policy.sandbox == Sandbox::Off {
        warnings.push(Warning::SandboxOff);
    }
    if policy.random != Random::Real {
        warnings.push(Warning::PredictableRandom);
    }
    warnings
}

fn about_directories(policy: &Policy, reach: Reach, rules: &[PathRules]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !reach.directories && !policy.directories.is_empty() {
        warnings.push(Warning::UnusedFiles { flag: "--dir" });
    }
    if !reach.paths && policy.arguments.is_some_and(|grant| grant != ArgumentGrant::Off) {
        warnings.push(Warning::UnusedFiles { flag: "--grant-args" });
    }
    for directory in &policy.directories {
        if matches!(directory.guest.as_str(), "ro" | "rw") && directory.host != directory.guest {
            warnings.push(Warning::GuestPathLooksLikeModifier {
                host: directory.host.clone(),
                guest: directory.guest.clone(),
            });
        }
        if shell_word(&directory.host).is_some() {
            warnings.push(Warning::ShellWord { host: directory.host.clone() });
        }
    }
    for directory in policy.directories.iter().filter(|directory| directory.read_only) {
        if directory.host == TEMPORARY {
            warnings.push(Warning::ReadOnlyNew { host: directory.host.clone() });
        }
    }
    let directories = policy.all_directories(reach);
    if !reach.directories && !policy.embedded.directories.is_empty() {
        warnings.push(Warning::UnusedFiles { flag: "--embed" });
    }
    for guest in &policy.embedded.directories {
        let is_same = |directory: &Directory| {
            !directory.guest.is_empty() && bare(&directory.guest) == bare(guest)
        };
        if policy.denied & DENY_FILES == 0 && directories.iter().any(is_same) {
            warnings.push(Warning::EmbedOverDirectory { guest: guest.clone() });
        }
    }
    for inner in directories.iter().filter(|directory| directory.read_only) {
        let is_in = |outer: &Directory, rules: PathRules| {
            GrantPath::host(&inner.host, rules).is_in(&GrantPath::host(&outer.host, rules))
        };
        let holds =
            |outer: &&Directory| !outer.read_only && rules.iter().any(|rules| is_in(outer, *rules));
        if let Some(outer) = directories.iter().find(holds) {
            warnings.push(Warning::ReadOnlyOverlap {
                read_only: inner.host.clone(),
                writable: outer.host.clone(),
            });
        }
    }
    warnings
}

/// Grants that somebody wrote down, each denied as a whole. Those of a preset are meant to be cut down.
fn about_denied(policy: &Policy) -> Vec<Warning> {
    let directories = !policy.directories.is_empty();
    let writable = policy.directories.iter().any(|directory| directory.create);
    let arguments = policy.arguments.is_some_and(|grant| grant != ArgumentGrant::Off);
    let written = policy.arguments == Some(ArgumentGrant::ReadWrite);
    let cases = [
        (DENY_FILES, "fs", directories, "--dir"),
        (DENY_FILES, "fs", arguments, "--grant-args"),
        (DENY_WRITE, "write", writable, "--dir …::create"),
        (DENY_WRITE, "write", written, "--grant-args rw"),
        (DENY_NETWORK, "net", !policy.listen.is_empty(), "--tcplisten"),
        (DENY_ENVIRONMENT, "env", !policy.environment.is_empty(), "--env"),
        (DENY_ARGUMENTS, "args", arguments, "--grant-args"),
    ];
    let cases =
        cases.into_iter().filter(|(kind, _, granted, _)| policy.denied & kind != 0 && *granted);
    cases.map(|(_, denied, _, flag)| Warning::DeniedGrant { flag, denied }).collect()
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
            .hint("--grant cli     files in the current directory and those named in arguments")
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
                let title = if read_only == writable {
                    format!("`{read_only}` is granted read-only, and under another name for writing")
                } else {
                    format!(
                        "`{read_only}` is granted read-only, but `{writable}`, which holds it, for writing"
                    )
                };
                Diagnostic::warning(Code::ReadOnlyOverlap, title)
                .hint("grants add up: the program can change it through the other one")
            }
            Self::ReadOnlyNew { host } => Diagnostic::warning(
                Code::ReadOnlyNew,
                format!(
                    "`{}` begins empty and is granted read-only: there will never be anything in it",
                    quoted(host)
                ),
            )
            .hint("leave `ro` out"),
            Self::DeniedGrant { flag, denied } => Diagnostic::warning(
                Code::DeniedGrant,
                format!("`--deny {denied}` takes away what `{flag}` grants"),
            )
            .hint("denials come after all grants, wherever they stand"),
            Self::SandboxOff => Diagnostic::warning(
                Code::SandboxOff,
                format!("no wall by the kernel is raised around {input} (--sandbox off)"),
            )
            .hint("a defect in this version of wasm2native would then be enough to leave the sandbox"),
            Self::PredictableRandom => Diagnostic::warning(
                Code::PredictableRandom,
                format!("the random numbers of {input} are the same at every start, for everybody"),
            )
            .hint("keys, passwords and tokens made with them are worth nothing"),
            Self::UnusedFiles { flag } => Diagnostic::warning(
                Code::UnusedFiles,
                format!("{input} cannot use files: it imports nothing that needs `{flag}`"),
            )
            .hint(format!("leave `{flag}` out")),
            Self::EmbedOverDirectory { guest } => {
                let guest = quoted(guest);
                Diagnostic::warning(
                    Code::EmbedOverDirectory,
                    format!("`{guest}` is both embedded and a directory of the machine: programs look into one of them only"),
                )
                .hint("--embed HOST::GUEST  gives what is embedded a name of its own")
            }
            Self::ShellWord { host } => {
                let message = Diagnostic::warning(
                    Code::ShellWord,
                    format!("`{}` is looked up as it is written: no shell reads it when the program starts", quoted(host)),
                );
                match shell_word(host) {
                    Some(ShellWord::Home(rest)) => message.hint(format!(
                        "--dir home:{}  for the home directory of whoever runs the program",
                        quoted(rest)
                    )),
                    _ => message.hint("write the path itself, or a place such as `home:` or `data:` before it"),
                }
            }
            Self::CpuRaised { architecture, feature } => Diagnostic::warning(
                Code::CpuRaised,
                format!("{input} uses vectors: for {architecture} it starts only on processors with `{feature}`"),
            )
            .hint(format!("--cpu +{feature}  to say so, and not be warned")),
        }
    }
}
