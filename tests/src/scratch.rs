//! Folders for the files of one test, removed when it is over.

use anyhow::{Context, Result};
use std::path::Path;
use tempfile::TempDir;

/// An empty folder of one's own.
pub struct Scratch(TempDir);

impl Scratch {
    /// A new folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn new() -> Result<Self> {
        let builder = tempfile::Builder::new().prefix("wasm2native-test-").tempdir();
        Ok(Self(builder.context("cannot make a scratch folder")?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file in it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads a file in it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path().join(name);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}
