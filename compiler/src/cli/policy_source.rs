//! Reading the policy file, and what it embeds: the part of policies that touches files.
//!
//! Invariant: a file that is not understood to its last key has no effect at all.

use super::terminal::Terminal;
use super::{Failure, build, embed};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use wasm2native::{
    Code, Diagnostic, Embedding, Error, Kind, PREFIX_BYTES, PolicyDescription, PolicyFile,
    PolicyFileError, Target, quoted, recognise,
};

/// The file that is read unless another is named.
pub(crate) const DEFAULT: &str = "wasm2native.toml";
/// A larger file is no policy.
pub(super) const MOST_BYTES: u64 = 4 << 20;

/// A policy file that was read.
pub(crate) struct PolicySource {
    /// What it says.
    pub(crate) file: PolicyFile,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl PolicySource {
    /// The file that is named, or the default one if it is there and wanted.
    pub(crate) fn find(named: Option<&Path>, no_default: bool) -> Result<Option<Self>, Failure> {
        let path = match named {
            Some(path) => path,
            None if no_default || !Path::new(DEFAULT).exists() => return Ok(None),
            None => Path::new(DEFAULT),
        };
        Self::read(path).map(Some)
    }

    /// Reads it.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = read_bytes(path).map_err(|error| unreadable(path, &error))?;
        Self::of(path, bytes)
    }

    /// The policy file at `path`, of these bytes.
    pub(super) fn of(path: &Path, bytes: Vec<u8>) -> Result<Self, Failure> {
        if let Some(refusal) = refuse_other(path, &bytes) {
            return Err(refusal);
        }
        let unreadable = |error: std::io::Error| unreadable(path, &error);
        if bytes.len() as u64 > MOST_BYTES {
            let error = std::io::Error::new(ErrorKind::FileTooLarge, "it is larger than 4 MiB");
            return Err(unreadable(error));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| unreadable(ErrorKind::InvalidData.into()))?;
        let file = PolicyFile::parse(&text).map_err(|error| wrong(path, &error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        name(&self.path)
    }

    /// The targets that it names.
    pub(crate) fn targets(&self, terminal: &Terminal) -> Result<Vec<Target>, Failure> {
        build::parse_targets(&self.file.targets, terminal).map_err(|error| self.refuse(&error))
    }

    /// What it grants, with what it embeds, for its own targets.
    pub(crate) fn description(&self, terminal: &Terminal) -> Result<PolicyDescription, Failure> {
        let targets = self.targets(terminal)?;
        self.file.describe(self.embedded()?, &targets).map_err(|error| self.refuse(&error))
    }

    /// Reads what it embeds; relative paths are looked up where the file is.
    pub(crate) fn embedded(&self) -> Result<Vec<Embedding>, Failure> {
        let base = self.path.parent().unwrap_or(Path::new(""));
        let embedded = self.file.embed.iter().enumerate().map(|(index, text)| {
            embed::read(text, base).map_err(|message| {
                // What cannot be understood is a mistake in the file, what cannot be read is none.
                Box::new(match message.code {
                    Code::Grant => self.wrong(*message, Some(("grants.embed", index))),
                    _ => self.located(*message, "grants.embed", index),
                })
            })
        });
        embedded.collect()
    }

    /// The message for what it says and cannot be kept.
    fn refuse(&self, error: &Error) -> Failure {
        let message = self.wrong(error.diagnostic(""), self.setting(error));
        match error {
            Error::Limit { limit, .. } => {
                Box::new(message.only_hint(format!("change `{}`", limit.key())))
            }
            _ => Box::new(message),
        }
    }

    /// The setting of the file that an error is about, with its index in a list.
    fn setting(&self, error: &Error) -> Option<(&'static str, usize)> {
        match error {
            Error::Limit { limit, .. } => Some((limit.key(), 0)),
            Error::Cpu { .. } | Error::CpuTooLow { .. } => Some(("build.cpu", 0)),
            Error::NoWall { .. } => Some(("runtime.sandbox", 0)),
            Error::UnknownTarget { spelling, .. } => {
                let mut targets = self.file.targets.iter();
                let index = targets.position(|target| target.trim() == spelling);
                index.map(|index| ("build.targets", index))
            }
            _ => None,
        }
    }

    /// The message for a build that what the file says makes impossible, of what `message` says of a command line.
    pub(super) fn unkept(&self, message: Diagnostic, error: &Error) -> Diagnostic {
        let message = Diagnostic { code: Code::PolicyFile, ..message };
        let Some((setting, index)) = self.setting(error) else { return message };
        let message = self.located(message, setting, index);
        match error {
            Error::Limit { .. } => message.only_hint(format!("change `{setting}`")),
            _ => message.hint(format!("change `{setting}`")),
        }
    }

    /// As `message`, of a mistake in the file.
    fn wrong(&self, message: Diagnostic, setting: Option<(&str, usize)>) -> Diagnostic {
        let message = Diagnostic { code: Code::PolicyFile, title: title(&self.path), ..message };
        match setting.and_then(|(setting, index)| self.file.place(setting, index)) {
            Some(place) => message.at(in_words(place)),
            None => message,
        }
    }

    /// The message with the place of the setting that it is about.
    fn located(&self, message: Diagnostic, setting: &str, index: usize) -> Diagnostic {
        match self.file.place(setting, index) {
            Some(place) => message.at(format!("{}, {}", self.name(), in_words(place))),
            None => message,
        }
    }
}

fn in_words((line, column): (usize, usize)) -> String {
    format!("line {line}, column {column}")
}

fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Refuses what is no text of a policy but something else that this tool knows.
fn refuse_other(path: &Path, bytes: &[u8]) -> Option<Failure> {
    let (what, hint) = match recognise(&bytes[..bytes.len().min(PREFIX_BYTES)]) {
        Kind::Module | Kind::Text | Kind::Component => (
            "a WebAssembly program",
            "`wasm2native inspect` shows what a program may need, and `wasm2native policy audit -- run` what it uses",
        ),
        Kind::Executable => (
            "an executable",
            "`wasm2native policy explain` says what an executable made by wasm2native may do",
        ),
        Kind::Empty | Kind::Other(_) => return None,
    };
    let message =
        Diagnostic::error(Code::PolicyFile, format!("`{}` is no policy file", name(path)))
            .cause(format!("it is {what}"));
    Some(Box::new(message.hint(hint)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let title = format!("cannot read the policy file `{}`", name(path));
    let message = Diagnostic::error(Code::Read, title);
    Box::new(message.cause(match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::IsADirectory => "it is a directory".to_owned(),
        ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }))
}

fn name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "standard input".to_owned();
    }
    quoted(&path.display().to_string())
}

fn title(path: &Path) -> String {
    format!("the policy file `{}` is wrong", name(path))
}

fn wrong(path: &Path, error: &PolicyFileError) -> Failure {
    let message = Diagnostic::error(Code::PolicyFile, title(path));
    let message = message.cause(error.message.as_str());
    let message = match error.position {
        Some(place) => message.at(in_words(place)),
        None => message,
    };
    Box::new(error.hints.iter().fold(message, |message, hint| message.hint(hint.as_str())))
}
