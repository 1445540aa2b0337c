//! Why a program cannot be compiled. Bugs of the compiler are no errors: they panic with the function
//! and the phase, see [`crate::compile()`].

/// A program that cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A function body breaks a validation rule.
    #[error("function {function}: {source}")]
    Function {
        /// The function's name, or its index when it has none.
        function: String,
        /// What is wrong with it, and where.
        source: wasm2native_wasm::Error,
    },
    /// The program is larger than an object of one architecture can be.
    #[error("the program is too large: its {what} would take more than {limit_bytes} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it may be.
        limit_bytes: u64,
    },
    /// A function uses vectors, and the processor level has none.
    #[error("function {function} uses vectors, which need the processor feature `{feature}`")]
    NoVectors {
        /// The function's name, or its index when it has none.
        function: String,
        /// The feature, as [`wasm2native_abi::cpu`] names it.
        feature: &'static str,
    },
    /// A processor level lacks what compiled code cannot do without.
    #[error("compiled code needs the processor feature `{feature}`")]
    MissingCpuFeature {
        /// The feature, as [`wasm2native_abi::cpu`] names it.
        feature: &'static str,
    },
}

impl Error {
    /// Where in the module's file the error is, when that is known.
    pub fn wasm_offset(&self) -> Option<u64> {
        match self {
            Self::Function { source, .. } => source.wasm_offset(),
            _ => None,
        }
    }
}
