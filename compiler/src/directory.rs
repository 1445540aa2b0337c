//! A granted directory: its text, `HOST[::GUEST][::MODS]`, to what its record says.
//!
//! It stands alone because a host path means something only where and when the program starts: what is
//! checked here is its form, never a file system. Invariant: text that `wasmtime` understands means what
//! it means there.

use crate::diagnostic::quoted;
use crate::grant::GrantError;
use crate::path::{GrantPath, PathRules};
use wasm2native_abi::policy::ANCHORS;

/// A directory that the program may use.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Directory {
    /// Its path when the program starts, as written.
    pub host: String,
    /// What the program calls it; empty for its own path only, see [`Self::own_path`].
    pub guest: String,
    /// Whether nothing below it may be changed.
    pub read_only: bool,
    /// Whether it is made, with those above it, when it is not there.
    pub create: bool,
    /// Whether it is left out when it is not there.
    pub optional: bool,
    /// Whether the program also knows it by its absolute path. A variable names the path of the current
    /// directory (`PWD`) and of a private temporary one (`TMPDIR`).
    pub own_path: bool,
    /// Whether what is in it is granted by name, with links that lead wherever they lead.
    pub everything: bool,
}

/// The anchor of a fresh private directory.
pub(crate) const TEMPORARY: &str = "tmp:";

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

    /// The current directory, under the name `.` and its own path.
    pub(crate) fn current() -> Self {
        Self { own_path: true, ..Self::new(".", ".") }
    }

    /// `host` under the name by which the program knows it unless another is given: a path as written; a
    /// place that an anchor names, by its absolute path on the machine that runs the program.
    ///
    /// # Errors
    /// When the host path is not one.
    pub(crate) fn named_by_host(host: &str) -> Result<Self, GrantError> {
        check_host(host)?;
        Ok(match anchor(host) {
            None => Self::new(host, host),
            Some(("cwd", "")) => Self::current(),
            Some(("cwd", rest)) => Self::new(host, rest),
            Some(("root", rest)) => Self::new(host, format!("/{rest}")),
            Some(_) => Self { own_path: true, ..Self::new(host, "") },
        })
    }

    /// `host` under the name `guest`.
    pub(crate) fn named(host: &str, guest: &str) -> Result<Self, GrantError> {
        check_host(host)?;
        if guest.contains('\0') {
            return Err(GrantError::new("a path contains a NUL character"));
        }
        // What the anchor says besides the place, the program is told under any name.
        let own_path = host == TEMPORARY;
        Ok(Self { own_path, ..Self::new(host, guest) })
    }

    /// Whether the two have the same name for the program.
    pub(crate) fn is_named_as(&self, other: &Self) -> bool {
        // What is the same name on Unix is so everywhere.
        let rules = PathRules::Unix;
        let same_host =
            || GrantPath::host(&self.host, rules).is_same(&GrantPath::host(&other.host, rules));
        match (self.guest.is_empty(), other.guest.is_empty()) {
            (true, true) => same_host(),
            (false, false) => {
                GrantPath::guest(&self.guest, rules).is_same(&GrantPath::guest(&other.guest, rules))
            }
            _ => false,
        }
    }

    /// The modifiers, each with the field that it sets. `rw` sets none.
    pub(crate) fn modify(&mut self, modifier: &str) -> Result<(), GrantError> {
        match modifier {
            "ro" => self.read_only = true,
            "rw" => self.read_only = false,
            "create" => self.create = true,
            "optional" => self.optional = true,
            other => {
                return Err(GrantError::new(format!("`{}` is not a modifier", quoted(other)))
                    .similar(other, MODIFIERS)
                    .hint("the modifiers are `ro` (read-only), `rw` (read and write, the default), `create` and `optional`, separated by commas"));
            }
        }
        Ok(())
    }
}

/// What may stand behind the paths.
const MODIFIERS: [&str; 4] = ["ro", "rw", "create", "optional"];

/// A directory's name as C's library looks at it: `/a`, `./a` and `a` are one, and so are `/` and `.`.
pub(crate) fn bare(name: &str) -> &str {
    let mut name = name;
    loop {
        let rest = name.strip_prefix('/').or(name.strip_prefix("./")).or(name.strip_suffix('/'));
        match rest {
            Some(rest) => name = rest,
            None if name == "." => return "",
            None => return name,
        }
    }
}

/// The anchor that a host path begins with, and what follows it.
pub(crate) fn anchor(host: &str) -> Option<(&str, &str)> {
    let (word, rest) = host.split_once(':')?;
    ANCHORS.contains(&word).then_some((word, rest))
}

/// What shells would put something in the place of, at the beginning of a host path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShellWord<'a> {
    /// The user's home directory, and what follows it.
    Home(&'a str),
    /// A variable.
    Variable,
}

/// The word for a shell that a host path begins with.
pub(crate) fn shell_word(host: &str) -> Option<ShellWord<'_>> {
    let (word, rest) = host.split_once(['/', '\\']).unwrap_or((host, ""));
    let is_variable = word.len() > 1 && word.starts_with('$')
        || word.len() > 2 && word.starts_with('%') && word.ends_with('%');
    match word {
        "~" | "$HOME" | "${HOME}" | "%USERPROFILE%" => Some(ShellWord::Home(rest)),
        _ => is_variable.then_some(ShellWord::Variable),
    }
}

fn check_host(host: &str) -> Result<(), GrantError> {
    if host.is_empty() {
        return Err(
            GrantError::new("the host path is empty").hint("for the current directory, write `.`")
        );
    }
    if host.contains('\0') {
        return Err(GrantError::new("a path contains a NUL character"));
    }
    let Some((word, rest)) = anchor(host) else { return Ok(()) };
    let shown = quoted(host);
    if word == "tmp" && !rest.is_empty() {
        return Err(GrantError::new(format!(
            "`{shown}`: `tmp:` is a fresh directory, with nothing in it that could be named"
        ))
        .hint("write `tmp:`"));
    }
    if rest.starts_with(['/', '\\']) {
        return Err(GrantError::new(format!("`{shown}` has an absolute path behind its anchor"))
            .hint(format!("write `{word}:{}`", quoted(rest.trim_start_matches(['/', '\\'])))));
    }
    if rest.split(['/', '\\']).any(|part| part == "..") {
        return Err(GrantError::new(format!("`{shown}` leads out of `{word}:`")));
    }
    Ok(())
}

/// Reads `HOST[::GUEST][::MODS]`. With two parts the second is the guest path, whatever it is: that is
/// what the same text means to wasmtime.
///
/// # Errors
/// When a part is empty where it may not be, or a modifier is unknown.
pub fn parse_directory(text: &str) -> Result<Directory, GrantError> {
    let parts = split(text);
    let (host, guest, modifiers) = match parts[..] {
        [host] => (host, "", None),
        [host, guest] => (host, guest, None),
        [host, guest, modifiers] => (host, guest, Some(modifiers)),
        _ => {
            return Err(GrantError::new(format!("`{}` has more than three parts", quoted(text)))
                .hint("write HOST::GUEST::ro; neither path may contain `::`"));
        }
    };
    let mut directory = match guest {
        "" => Directory::named_by_host(host)?,
        guest => Directory::named(host, guest)?,
    };
    let Some(modifiers) = modifiers else { return Ok(directory) };
    let modifiers: Vec<&str> = modifiers.split(',').map(str::trim).collect();
    if modifiers.contains(&"ro") && modifiers.contains(&"rw") {
        return Err(GrantError::new("a directory is either `ro` or `rw`"));
    }
    for modifier in modifiers {
        directory.modify(modifier)?;
    }
    Ok(directory)
}

/// The parts between `::`. An anchor's own colon is no part of one: `tmp:::/t` is `tmp:` under the name
/// `/t`, whereas `tmp::/t` is, as for wasmtime, a directory `tmp`.
fn split(text: &str) -> Vec<&str> {
    let anchor_bytes = anchor(text)
        .filter(|(_, rest)| !rest.starts_with(':') || rest.starts_with("::"))
        .map_or(0, |(word, _)| word.len() + 1);
    let host_bytes = text[anchor_bytes..].find("::").map(|place| anchor_bytes + place);
    match host_bytes {
        None => vec![text],
        Some(end) => [&text[..end]].into_iter().chain(text[end + 2..].split("::")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Directory, ShellWord, bare, parse_directory, shell_word};

    fn directory(host: &str, guest: &str, read_only: bool) -> Directory {
        Directory { read_only, ..Directory::new(host, guest) }
    }

    #[test]
    fn a_directory_alone_keeps_its_name_and_all_rights() {
        assert_eq!(parse_directory("."), Ok(directory(".", ".", false)));
        assert_eq!(parse_directory("/a/b"), Ok(directory("/a/b", "/a/b", false)));
        assert_eq!(parse_directory("C:\\a"), Ok(directory("C:\\a", "C:\\a", false)));
    }

    #[test]
    fn two_parts_mean_what_they_mean_to_wasmtime() {
        assert_eq!(parse_directory("a::/b"), Ok(directory("a", "/b", false)));
        assert_eq!(parse_directory("a::ro"), Ok(directory("a", "ro", false)));
        assert_eq!(parse_directory("home::/b"), Ok(directory("home", "/b", false)));
        assert_eq!(parse_directory("./home:x"), Ok(directory("./home:x", "./home:x", false)));
    }

    #[test]
    fn names_are_compared_without_what_says_nothing() {
        for (name, plain) in
            [(".", ""), ("/", ""), ("./", ""), ("./a/b/", "a/b"), ("//a", "a"), ("..", "..")]
        {
            assert_eq!(bare(name), plain, "{name}");
        }
    }

    #[test]
    fn three_parts_have_modifiers() {
        assert_eq!(parse_directory("a::/b::ro"), Ok(directory("a", "/b", true)));
        assert_eq!(parse_directory("a::/b::rw"), Ok(directory("a", "/b", false)));
        assert_eq!(parse_directory("a::::ro"), Ok(directory("a", "a", true)));
        let made = Directory { create: true, optional: true, ..directory("a", "a", false) };
        assert_eq!(parse_directory("a::a::rw,create, optional"), Ok(made));
    }

    #[test]
    fn anchored_directories_are_known_by_their_own_path() {
        let own =
            |host: &str, guest: &str| Directory { own_path: true, ..directory(host, guest, false) };
        assert_eq!(parse_directory("home:.cache"), Ok(own("home:.cache", "")));
        assert_eq!(parse_directory("cwd:"), Ok(own(".", ".")));
        assert_eq!(parse_directory("cwd:a/b"), Ok(directory("cwd:a/b", "a/b", false)));
        assert_eq!(parse_directory("root:etc"), Ok(directory("root:etc", "/etc", false)));
        assert_eq!(parse_directory("root:"), Ok(directory("root:", "/", false)));
        assert_eq!(parse_directory("tmp:"), Ok(own("tmp:", "")));
        assert_eq!(parse_directory("tmp:::/t"), Ok(own("tmp:", "/t")));
        assert_eq!(parse_directory("exe:data::/data"), Ok(directory("exe:data", "/data", false)));
        let optional = Directory {
            read_only: true,
            optional: true,
            ..directory("config:app", "/etc/app", false)
        };
        assert_eq!(parse_directory("config:app::/etc/app::ro,optional"), Ok(optional));
    }

    #[test]
    fn words_for_shells_are_known() {
        for (host, rest) in
            [("~", ""), ("~/x", "x"), ("$HOME/a/b", "a/b"), ("%USERPROFILE%\\x", "x")]
        {
            assert_eq!(shell_word(host), Some(ShellWord::Home(rest)), "{host}");
        }
        for host in ["$XDG_DATA_HOME/x", "${A}", "%APPDATA%\\x"] {
            assert_eq!(shell_word(host), Some(ShellWord::Variable), "{host}");
        }
        for host in ["./~/x", "~x", "a~", "a/$B", "$", "%", "%%", "100%", "home:~"] {
            assert_eq!(shell_word(host), None, "{host}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "::/b",
            "a::b::",
            "a::b::rx",
            "a::b::ro,rw",
            "a::b::c::ro",
            "a\0b",
            "a::b\0",
            "tmp:x",
            "home:/x",
            "config:a/../..",
            "a::b::ro,,create",
        ] {
            assert!(parse_directory(text).is_err(), "{text}");
        }
    }
}
