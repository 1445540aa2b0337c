//! What the builder of a program grants it, as written on the command line.
//!
//! A grant is text that the executable interprets when it starts: host paths are neither resolved nor
//! looked at here, since the machine that builds is not the one that runs. Invariant: the default is
//! nothing; what is not understood is refused, never guessed.

use crate::diagnostic::quoted;
use wasm2native_abi::policy::Preset;

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A directory of the machine that runs the program.
    Directory(Directory),
    /// An environment variable.
    Environment(Environment),
}

/// A directory that the program may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its path when the program starts, as written.
    pub host: String,
    /// What the program calls it.
    pub guest: String,
    /// Whether nothing below it may be changed.
    pub read_only: bool,
    /// Whether it is made, with those above it, when it is not there.
    pub create: bool,
    /// Whether it is left out when it is not there.
    pub optional: bool,
    /// Whether the program also knows it by its absolute path, which a variable names.
    pub own_path: bool,
    /// Whether what is in it is granted by name, with links that lead wherever they lead.
    pub everything: bool,
}

impl Directory {
    /// `host` under the name `guest`, with all rights.
    pub fn new(host: impl Into<String>, guest: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            guest: guest.into(),
            read_only: false,
            create: false,
            optional: false,
            own_path: false,
            everything: false,
        }
    }
}

/// What of the command line is granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// A grant that cannot be understood or given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GrantError {
    /// What is wrong with it.
    pub message: String,
    /// What to write instead, when that is known.
    pub hint: Option<String>,
}

impl GrantError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
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

    /// The same directory without the right to change anything. No effect on a variable.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        if let Self::Directory(directory) = &mut self {
            directory.read_only = true;
        }
        self
    }

    /// The same directory under another name for the program. No effect on a variable.
    #[must_use]
    pub fn as_guest(mut self, path: impl Into<String>) -> Self {
        if let Self::Directory(directory) = &mut self {
            directory.guest = path.into();
        }
        self
    }
}

/// Words before a colon that will name places such as the user's home; until then they are refused,
/// so that their meaning need not change.
const ANCHORS: [&str; 8] = ["cwd", "exe", "home", "config", "data", "cache", "tmp", "root"];

/// Reads `HOST[::GUEST][::MODS]`. With two parts the second is the guest path, whatever it is: that is
/// what the same text means to wasmtime.
///
/// # Errors
/// When a part is empty where it may not be, or a modifier is unknown.
pub fn parse_directory(text: &str) -> Result<Directory, GrantError> {
    let parts: Vec<&str> = text.split("::").collect();
    let (host, guest, modifiers) = match parts[..] {
        [host] => (host, host, ""),
        [host, guest] => (host, guest, ""),
        [host, guest, modifiers] => (host, guest, modifiers),
        _ => {
            return Err(GrantError::new(format!("`{}` has more than three parts", quoted(text)))
                .hint("write HOST::GUEST::ro; neither path may contain `::`"));
        }
    };
    if host.is_empty() {
        return Err(
            GrantError::new("the host path is empty").hint("for the current directory, write `.`")
        );
    }
    if let Some((anchor, rest)) = host.split_once(':')
        && ANCHORS.contains(&anchor)
    {
        return Err(GrantError::new(format!(
            "`{anchor}:` is reserved for a place that this version cannot grant"
        ))
        .hint(format!("for a directory of that name, write `./{anchor}:{}`", quoted(rest))));
    }
    let guest = if guest.is_empty() { host } else { guest };
    for path in [host, guest] {
        if path.contains('\0') {
            return Err(GrantError::new("a path contains a NUL character"));
        }
    }
    let read_only = parse_modifiers(modifiers, parts.len() == 3)?;
    Ok(Directory { read_only, ..Directory::new(host, guest) })
}

/// Whether the modifiers say read-only.
fn parse_modifiers(text: &str, written: bool) -> Result<bool, GrantError> {
    if !written {
        return Ok(false);
    }
    match text {
        "ro" => Ok(true),
        "rw" => Ok(false),
        other => Err(GrantError::new(format!("`{}` is not a modifier", quoted(other)))
            .hint("the modifiers are `ro` (read-only) and `rw` (read and write, the default)")),
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

/// Reads the name of a preset.
///
/// # Errors
/// When there is none of that name.
pub fn parse_preset(text: &str) -> Result<Preset, GrantError> {
    match text {
        "none" => Ok(Preset::None),
        "cli" => Ok(Preset::Cli),
        "all" => Ok(Preset::All),
        other => Err(GrantError::new(format!("`{}` is not a preset", quoted(other)))
            .hint("the presets are `none`, `cli` and `all`")),
    }
}

/// The name of a preset.
pub(crate) fn preset_name(preset: Preset) -> &'static str {
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
    use super::{Directory, Environment, looks_secret, parse_directory, parse_environment};

    fn directory(host: &str, guest: &str, read_only: bool) -> Directory {
        Directory { read_only, ..Directory::new(host, guest) }
    }

    #[test]
    fn a_directory_alone_keeps_its_name_and_all_rights() {
        assert_eq!(parse_directory("."), Ok(directory(".", ".", false)));
        assert_eq!(parse_directory("/a/b"), Ok(directory("/a/b", "/a/b", false)));
    }

    #[test]
    fn two_parts_mean_what_they_mean_to_wasmtime() {
        assert_eq!(parse_directory("a::/b"), Ok(directory("a", "/b", false)));
        assert_eq!(parse_directory("a::ro"), Ok(directory("a", "ro", false)));
    }

    #[test]
    fn three_parts_have_modifiers() {
        assert_eq!(parse_directory("a::/b::ro"), Ok(directory("a", "/b", true)));
        assert_eq!(parse_directory("a::/b::rw"), Ok(directory("a", "/b", false)));
        assert_eq!(parse_directory("a::::ro"), Ok(directory("a", "a", true)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in
            ["", "::/b", "a::b::", "a::b::rx", "a::b::ro,rw", "a::b::c::ro", "home:x", "a\0b"]
        {
            assert!(parse_directory(text).is_err(), "{text}");
        }
    }

    #[test]
    fn variables_are_names_patterns_or_values() {
        assert_eq!(parse_environment("TERM"), Ok(Environment::Inherit("TERM".to_owned())));
        assert_eq!(parse_environment("LC_*"), Ok(Environment::Inherit("LC_*".to_owned())));
        assert_eq!(
            parse_environment("A=b=c"),
            Ok(Environment::Set("A".to_owned(), "b=c".to_owned()))
        );
        assert_eq!(parse_environment("A="), Ok(Environment::Set("A".to_owned(), String::new())));
        for text in ["", "=x", "*_A", "A*B", "**"] {
            assert!(parse_environment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_secrets_are_recognised() {
        assert!(looks_secret("GITHUB_TOKEN") && looks_secret("aws_secret_access_key"));
        assert!(!looks_secret("TERM"));
    }
}
