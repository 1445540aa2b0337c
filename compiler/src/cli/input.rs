//! Reading the input: a file, or standard input for `-`.
//!
//! Invariant: what its first bytes rule out is not read to its end, and nothing without end is read.

use super::Failure;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use wasm2native::{Code, Diagnostic, Kind, PREFIX_BYTES, quoted, recognise};

/// The largest input. Functions and data are addressed with 32 bits, so nothing larger has a use.
const MOST_BYTES: u64 = 2 << 30;

/// An input that was read.
pub(crate) struct Input {
    /// Its contents; only their beginning when that already rules the input out.
    pub(crate) bytes: Vec<u8>,
    /// What messages call it.
    pub(crate) name: String,
    /// Where it is; `None` for standard input.
    pub(crate) path: Option<PathBuf>,
}

impl Input {
    /// Reads `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        Self::read_with(path, 0)
    }

    /// Reads `path`; also what its first bytes rule out, as far as `other_bytes`.
    pub(crate) fn read_with(path: &Path, other_bytes: u64) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            let name = "standard input".to_owned();
            let bytes = read_all(std::io::stdin().lock(), 0, other_bytes)
                .map_err(|error| refuse(&name, &error, path))?;
            return Ok(Self { bytes, name, path: None });
        }
        let name = path.display().to_string();
        let refuse = |error| refuse(&name, &error, path);
        let file = File::open(path).map_err(refuse)?;
        let size_bytes = file.metadata().map_err(refuse)?.len();
        let bytes = read_all(file, size_bytes, other_bytes).map_err(refuse)?;
        Ok(Self { bytes, name, path: Some(path.to_owned()) })
    }

    /// The last part of its name, as messages show it.
    pub(crate) fn short_name(&self) -> String {
        let file_name = self.path.as_deref().and_then(Path::file_name);
        quoted(&file_name.map_or(self.name.clone(), |name| name.to_string_lossy().into_owned()))
    }
}

fn read_all(mut file: impl Read, size_bytes: u64, other_bytes: u64) -> std::io::Result<Vec<u8>> {
    let capacity = size_bytes.min(MOST_BYTES).max(PREFIX_BYTES as u64) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(capacity).unwrap_or(PREFIX_BYTES));
    file.by_ref().take(PREFIX_BYTES as u64).read_to_end(&mut bytes)?;
    if matches!(recognise(&bytes), Kind::Other(_)) && !is_native(&bytes) {
        let rest = other_bytes.saturating_sub(bytes.len() as u64);
        file.take(rest).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    file.take(MOST_BYTES + 1 - bytes.len() as u64).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, "it is larger than 2 GiB"));
    }
    Ok(bytes)
}

/// Whether the file may be an executable of ours in a format other than ELF.
fn is_native(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MZ") || bytes.starts_with(b"\xcf\xfa\xed\xfe")
}

fn refuse(name: &str, error: &std::io::Error, path: &Path) -> Failure {
    let message = Diagnostic::error(Code::Read, format!("cannot read `{}`", quoted(name)));
    Box::new(match error.kind() {
        ErrorKind::NotFound => {
            let message = message.cause("there is no such file");
            match sibling(path) {
                Some(found) => message.hint(format!("did you mean `{}`?", quoted(&found))),
                None => message,
            }
        }
        ErrorKind::IsADirectory => message.cause("it is a directory"),
        ErrorKind::PermissionDenied => message.cause("you may not read it"),
        _ => message.cause(error.to_string()),
    })
}

/// The same path with an extension that exists.
fn sibling(path: &Path) -> Option<String> {
    let with = |extension: &str| {
        let candidate = path.with_extension(extension);
        candidate.is_file().then(|| candidate.display().to_string())
    };
    with("wasm").or_else(|| with("wat"))
}

#[cfg(test)]
mod tests {
    use super::read_all;

    #[test]
    fn what_is_ruled_out_is_not_read_to_its_end() {
        let endless = std::io::repeat(0);
        let read = read_all(endless, 0, 0).expect("a prefix");
        assert_eq!(read.len(), wasm2native::PREFIX_BYTES);
        let read = read_all(std::io::repeat(b'#'), 0, 1 << 20).expect("a part");
        assert_eq!(read.len(), 1 << 20);
    }
}
