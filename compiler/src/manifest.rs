//! What an executable says of itself: UTF-8 lines `key=value` in a section that is not loaded.
//!
//! One file writes and reads it, so that `inspect` on any host understands every executable.
//! Invariants: keys are written in a fixed order and say nothing of the machine, the path or the time
//! of the build; unknown keys are kept when read, so that newer executables can be shown.

use std::fmt::Write;

/// The manifest's own version, its first line.
const FORMAT: &str = "1";

/// The lines of a manifest, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Manifest {
    entries: Vec<(String, String)>,
}

impl Manifest {
    /// A manifest that says its format.
    pub fn new() -> Self {
        let mut manifest = Self::default();
        manifest.put("format", FORMAT);
        manifest
    }

    /// Adds a line. Line ends in the value become blanks.
    pub fn put(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into().replace(['\n', '\r'], " ");
        self.entries.push((key.to_owned(), value));
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// All lines.
    pub fn entries(&self) -> &[(String, String)] {
        &self.entries
    }

    /// The section's contents.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::new();
        for (key, value) in &self.entries {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{key}={value}");
        }
        text.into_bytes()
    }

    /// Reads a section's contents; `None` when it is not a manifest.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\0');
        let lines = text.lines().map(|line| {
            let (key, value) = line.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        });
        let manifest = Self { entries: lines.collect::<Option<_>>()? };
        manifest.get("format").is_some().then_some(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    #[test]
    fn what_is_written_is_read() {
        let mut manifest = Manifest::new();
        manifest.put("language", "C=1\nx");
        let read = Manifest::read(&manifest.encode()).expect("a manifest");
        assert_eq!(read, manifest);
        assert_eq!(read.get("language"), Some("C=1 x"));
    }

    #[test]
    fn other_bytes_are_no_manifest() {
        assert!(Manifest::read(b"").is_none());
        assert!(Manifest::read(b"hello").is_none());
        assert!(Manifest::read(b"a=b\n").is_none());
        assert!(Manifest::read(&[0xff]).is_none());
    }
}
