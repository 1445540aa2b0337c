//! What a build tells when it is done: as data, and in the lines that people see.

use crate::diagnostic::size;
use crate::policy::PolicyDescription;
use crate::warning::Warning;
use serde::Serialize;

/// What was built, from what.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The target's short name.
    pub target: &'static str,
    /// The processor level that it needs, as `--cpu` takes it.
    pub cpu: String,
    /// Size of the input.
    pub input_bytes: u64,
    /// SHA-256 of the input, in hex.
    pub input_sha256: String,
    /// The language that the module was written in, when it says so.
    pub language: Option<String>,
    /// Whether the module imports WASI.
    pub wasi: bool,
    /// Proposals beyond WebAssembly 1.0 that the module uses.
    pub features: Vec<&'static str>,
    /// Functions that the module defines.
    pub functions: usize,
    /// What is granted.
    pub policy: PolicyDescription,
    /// What is suspicious.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// How large the parts of an executable are, in bytes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Sizes {
    /// The whole file.
    pub total: u64,
    /// Compiled code.
    pub code: u64,
    /// The program's data: initial memory contents, tables, names.
    pub data: u64,
    /// The stub: start-up, memory, traps and WASI.
    pub runtime: u64,
    /// Headers, padding, symbols and the manifest.
    pub other: u64,
}

impl Report {
    /// What went in: `1.8 MiB · Rust 1.92 · WASI 0.1 · simd128, bulk-memory`.
    pub fn input_in_words(&self) -> String {
        let mut words = vec![size(self.input_bytes)];
        words.extend(self.language.clone());
        if self.wasi {
            words.push("WASI 0.1".to_owned());
        }
        if !self.features.is_empty() {
            words.push(self.features.join(", "));
        }
        words.join(" · ")
    }
}

impl Sizes {
    /// What came out: `612 KiB (code 401, data 148, wasi 52, other 11)`.
    pub fn in_words(&self) -> String {
        let kibibytes = |bytes: u64| bytes.div_ceil(1024);
        format!(
            "{} (code {}, data {}, wasi {}, other {})",
            size(self.total),
            kibibytes(self.code),
            kibibytes(self.data),
            kibibytes(self.runtime),
            kibibytes(self.other)
        )
    }
}
