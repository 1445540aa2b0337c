//! Why bytes are not a module that can be built.

/// A module that is malformed, invalid, or needs a proposal that is not supported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes break the binary format or a validation rule.
    #[error("{message}")]
    Invalid {
        /// What is wrong, in the validator's words.
        message: String,
        /// Where, in bytes from the start of the file.
        wasm_offset: u64,
    },
    /// The module is a component, which is not a core module.
    #[error("it is a component, not a core module")]
    Component,
}

impl Error {
    /// Where the error is, in bytes from the start of the file, when that is known.
    pub fn wasm_offset(&self) -> Option<u64> {
        match self {
            Self::Invalid { wasm_offset, .. } => Some(*wasm_offset),
            Self::Component => None,
        }
    }
}

impl From<wasmparser::BinaryReaderError> for Error {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid { message: error.message().to_owned(), wasm_offset: error.offset() }
    }
}
