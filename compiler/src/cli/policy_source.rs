//! Reading the policy file, and what it embeds: the part of policies that touches files.
//!
//! Invariant: a file that is not understood to its last key has no effect at all.

use super::terminal::Terminal;
use super::{Failure, build, embed};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use wasm2native::{
    Code, Diagnostic, Embedding, Error, PolicyDescription, PolicyFile, PolicyFileError, quoted,
};

/// The file that is read unless another is named.
pub(crate) const DEFAULT: &str = "wasm2native.toml";
/// A larger file is no policy.
const MOST_BYTES: u64 = 4 << 20;

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
        let text = read_text(path).map_err(|error| unreadable(path, &error))?;
        let file = PolicyFile::parse(&text).map_err(|error| wrong(path, &error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// What it grants, with what it embeds, for its own targets.
    pub(crate) fn description(&self, terminal: &Terminal) -> Result<PolicyDescription, Failure> {
        let refuse = |error: Error| {
            let mut message = error.diagnostic("");
            message.title = title(&self.path);
            message.code = Code::PolicyFile;
            Box::new(message)
        };
        let targets = build::parse_targets(&self.file.targets, terminal).map_err(refuse)?;
        self.file.describe(self.embedded()?, &targets).map_err(refuse)
    }

    /// Reads what it embeds; relative paths are looked up where the file is.
    pub(crate) fn embedded(&self) -> Result<Vec<Embedding>, Failure> {
        let base = self.path.parent().unwrap_or(Path::new(""));
        self.file.embed.iter().map(|text| embed::read(text, base)).collect()
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
    }
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let name = quoted(&path.display().to_string());
    let message = Diagnostic::error(Code::Read, format!("cannot read the policy file `{name}`"));
    Box::new(message.cause(match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::IsADirectory => "it is a directory".to_owned(),
        ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }))
}

fn title(path: &Path) -> String {
    format!("the policy file `{}` is wrong", quoted(&path.display().to_string()))
}

fn wrong(path: &Path, error: &PolicyFileError) -> Failure {
    let message = Diagnostic::error(Code::PolicyFile, title(path));
    let message = message.cause(error.message.as_str());
    let message = match error.position {
        Some((line, column)) => message.at(format!("line {line}, column {column}")),
        None => message,
    };
    Box::new(error.hints.iter().fold(message, |message, hint| message.hint(hint.as_str())))
}
