//! What the builder of a program grants it, as written on the command line.
//!
//! A grant is text that the executable interprets when it starts: host paths are neither resolved nor
//! looked at here, since the machine that builds is not the one that runs. Invariant: the default is
//! nothing; what is not understood is refused, never guessed.

use crate::diagnostic::quoted;
use crate::directory::Directory;
use crate::suggest;
use std::net::SocketAddr;
use wasm2native_abi::policy::Preset;

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A directory of the machine that runs the program.
    Directory(Directory),
    /// An environment variable.
    Environment(Environment),
    /// A listening socket that the program starts with.
    Listen(SocketAddr),
}

/// What of the command line is granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArgumentGrant {
    /// Nothing.
    #[default]
    Off,
    /// Existing files and directories that it names, to be read.
    ReadOnly,
    /// Those, and files that could be made, to be read and written.
    ReadWrite,
}

/// An environment variable that the program may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// The value that it has when the program starts. A trailing `*` stands for any ending.
    Inherit(String),
    /// A value that is part of the executable.
    Set(String, String),
}

impl Environment {
    /// Its name, or the pattern of names.
    pub fn name(&self) -> &str {
        match self {
            Self::Inherit(name) | Self::Set(name, _) => name,
        }
    }
}

impl ArgumentGrant {
    /// `off`, `ro` or `rw`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::ReadOnly => "ro",
            Self::ReadWrite => "rw",
        }
    }
}

impl serde::Serialize for ArgumentGrant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A grant that cannot be understood or given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GrantError {
    /// What is wrong with it.
    pub message: String,
    /// What to write instead, when that is known.
    pub hints: Vec<String>,
}

impl GrantError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Asks whether one of `known` was meant that resembles `wanted`, if one does.
    pub(crate) fn similar(
        self,
        wanted: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        match suggest::did_you_mean(wanted, known) {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

impl Grant {
    /// The directory `path`, under the same name for the program, with all rights.
    pub fn dir(path: impl Into<String>) -> Self {
        let host = path.into();
        Self::Directory(Directory::new(host.clone(), host))
    }

    /// The variable `name` as it is when the program starts.
    pub fn env(name: impl Into<String>) -> Self {
        Self::Environment(Environment::Inherit(name.into()))
    }

    /// Whether it takes the place of `other` when both are given at different places, the command line
    /// and a policy file: a directory under the same name, another wish for the same variable.
    ///
    /// ```
    /// use wasm2native::Grant;
    ///
    /// assert!(Grant::dir(".").read_only().replaces(&Grant::dir(".")));
    /// assert!(!Grant::dir("a").replaces(&Grant::dir("b")));
    /// ```
    pub fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(one), Self::Directory(other)) => one.is_named_as(other),
            (Self::Environment(one), Self::Environment(other)) => one.name() == other.name(),
            (one, other) => one == other,
        }
    }

    /// The same directory without the right to change anything. No effect on another grant.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        if let Self::Directory(directory) = &mut self {
            directory.read_only = true;
        }
        self
    }

    /// The same directory under another name for the program. No effect on another grant.
    #[must_use]
    pub fn as_guest(mut self, path: impl Into<String>) -> Self {
        if let Self::Directory(directory) = &mut self {
            directory.guest = path.into();
        }
        self
    }
}

/// Reads `NAME`, a pattern `PREFIX*`, or `NAME=VALUE`.
///
/// # Errors
/// When the name is empty or the pattern is not of that form.
pub fn parse_environment(text: &str) -> Result<Environment, GrantError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    if name.is_empty() {
        return Err(GrantError::new("the variable has no name").hint("write NAME or NAME=VALUE"));
    }
    if text.contains('\0') {
        return Err(GrantError::new("the variable contains a NUL character"));
    }
    if name.contains(char::is_whitespace) {
        let error =
            format!("the name of a variable cannot contain blanks, as in `{}`", quoted(name));
        return Err(GrantError::new(error).hint("give each variable for itself"));
    }
    match value {
        Some(value) => Ok(Environment::Set(name.to_owned(), value.to_owned())),
        None if name[..name.len() - 1].contains('*') => Err(GrantError::new(format!(
            "`*` may only end a pattern, unlike in `{}`",
            quoted(name)
        ))
        .hint("for all variables that begin alike, write PREFIX*")),
        None => Ok(Environment::Inherit(name.to_owned())),
    }
}

/// The presets.
pub(crate) const PRESETS: [Preset; 3] = [Preset::None, Preset::Cli, Preset::All];

/// Reads the name of a preset.
///
/// # Errors
/// When there is none of that name.
pub fn parse_preset(text: &str) -> Result<Preset, GrantError> {
    let found = PRESETS.into_iter().find(|preset| preset_name(*preset) == text);
    found.ok_or_else(|| {
        GrantError::new(format!("`{}` is not a preset", quoted(text)))
            .similar(text, PRESETS.map(preset_name))
            .hint("the presets are `none`, `cli` and `all`")
    })
}

/// The name of a preset.
pub fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::None => "none",
        Preset::Cli => "cli",
        Preset::All => "all",
    }
}

/// Whether a variable's name suggests that its value should not be part of a file that is passed on.
pub(crate) fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"]
        .iter()
        .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::{Environment, looks_secret, parse_environment};

    #[test]
    fn variables_are_names_patterns_or_values() {
        assert_eq!(parse_environment("TERM"), Ok(Environment::Inherit("TERM".to_owned())));
        assert_eq!(parse_environment("LC_*"), Ok(Environment::Inherit("LC_*".to_owned())));
        assert_eq!(
            parse_environment("A=b=c"),
            Ok(Environment::Set("A".to_owned(), "b=c".to_owned()))
        );
        assert_eq!(parse_environment("A="), Ok(Environment::Set("A".to_owned(), String::new())));
        assert!(parse_environment("A=b c").is_ok());
        for text in ["", "=x", "*_A", "A*B", "**", "A B", " A=b", " "] {
            assert!(parse_environment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_secrets_are_recognised() {
        assert!(looks_secret("GITHUB_TOKEN") && looks_secret("aws_secret_access_key"));
        assert!(!looks_secret("TERM"));
    }
}
