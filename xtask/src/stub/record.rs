//! Reads a target's description and records there what was built: the table `[stub]`, at the end of
//! `target.toml`, is rewritten; the rest is kept as it was typed.

use super::recipe::{self, Variant};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The part of a `target.toml` that building stubs needs.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) triple: String,
    pub(crate) page_bytes: u64,
    pub(crate) stub: Record,
}

/// The table `[stub]`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Record {
    pub(crate) budget_bytes: u64,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
    pub(crate) wast_sha256: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) hole_sha256: String,
    pub(crate) sources_sha256: String,
    pub(crate) toolchain: String,
}

impl Description {
    /// Reads the description in a target's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("target.toml");
        let text = fs::read_to_string(&path)?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Takes over what was built.
    pub(crate) fn record(&mut self, variant: Variant, image: &[u8]) {
        let hash = recipe::sha256(image);
        match variant {
            Variant::Normal => {
                self.stub.sha256 = hash;
                self.stub.size_bytes = image.len() as u64;
            }
            Variant::Wast => self.stub.wast_sha256 = hash,
            Variant::Hole => self.stub.hole_sha256 = hash,
        }
    }

    /// The recorded hash.
    pub(crate) fn sha256(&self, variant: Variant) -> &str {
        match variant {
            Variant::Normal => &self.stub.sha256,
            Variant::Wast => &self.stub.wast_sha256,
            Variant::Hole => &self.stub.hole_sha256,
        }
    }

    /// Writes the record back.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join("target.toml");
        let text = fs::read_to_string(&path)?;
        let kept = text.find("[stub]").map_or(&*text, |start| &text[..start]);
        let record = toml::to_string(&self.stub)?;
        fs::write(&path, format!("{kept}[stub]\n{record}"))?;
        Ok(())
    }
}
