//! Everything that can go wrong while linking, one variant a reason.
//!
//! Stub faults are defects of a target's stub, object faults those of the code generator: users meet
//! [`Error::RelocationOverflow`] and [`Error::TooLarge`] at most. All are still errors, not panics,
//! since both files may come from disk.

/// Why no executable was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target's executable format has no writer.
    #[error("executables of format {format} cannot be written")]
    UnsupportedFormat {
        /// The format's name.
        format: &'static str,
    },
    /// The stub is not a well-formed executable.
    #[error("the stub is malformed: {reason}")]
    MalformedStub {
        /// What is wrong with it.
        reason: String,
    },
    /// The stub was built for another version of the ABI.
    #[error("the stub has ABI version {found}, this linker needs {expected}")]
    StubVersion {
        /// The stub's version.
        found: u32,
        /// [`wasm2native_abi::ABI_VERSION`].
        expected: u32,
    },
    /// The stub has another number of runtime functions than the ABI.
    #[error("the stub has {found} functions, this linker needs {expected}")]
    StubFunctionCount {
        /// The stub's number.
        found: u32,
        /// [`wasm2native_abi::runtime::RuntimeFunction::COUNT`].
        expected: usize,
    },
    /// The stub has too little space for further program headers, or section headers of PE.
    #[error("the stub has room for {room} headers, {needed} are needed")]
    NoRoomForHeaders {
        /// How many there would be.
        needed: usize,
        /// How many fit.
        room: usize,
    },
    /// The stub has too little space behind its load commands for further ones.
    #[error("the stub has room for {room} bytes of load commands, {needed} are needed")]
    NoRoomForCommands {
        /// How many bytes there would be.
        needed: u64,
        /// How many fit.
        room: u64,
    },
    /// The object is not a well-formed relocatable ELF file.
    #[error("the object is malformed: {reason}")]
    MalformedObject {
        /// What is wrong with it.
        reason: String,
    },
    /// Stub or object belong to another architecture than the target.
    #[error("the {file} is for ELF machine {found}, the target needs {expected}")]
    WrongMachine {
        /// `stub` or `object`.
        file: &'static str,
        /// Its `e_machine`.
        found: u16,
        /// The target's.
        expected: u16,
    },
    /// A section of the object has no place in an executable.
    #[error("section `{section}` cannot be linked: {reason}")]
    UnsupportedSection {
        /// The section's name.
        section: String,
        /// Why.
        reason: &'static str,
    },
    /// The object refers to a symbol that neither it nor the ABI defines.
    #[error("undefined symbol `{symbol}`")]
    UndefinedSymbol {
        /// Its name.
        symbol: String,
    },
    /// The object refers to a runtime function that this variant of the stub leaves out.
    #[error("the stub does not provide `{symbol}`")]
    AbsentFunction {
        /// Its name.
        symbol: String,
    },
    /// The object does not define the program header, or not in read-only data.
    #[error(
        "the object does not define `{}` in read-only data",
        wasm2native_abi::section::PROGRAM_SYMBOL
    )]
    MissingProgram,
    /// A relocation that cannot be resolved when the image is linked.
    #[error(
        "{relocation} against `{symbol}` at `{section}`+{offset:#x} cannot be linked: {reason}"
    )]
    UnsupportedRelocation {
        /// The relocation's name in its psABI.
        relocation: String,
        /// The symbol, or section, that it refers to.
        symbol: String,
        /// The section that it is in.
        section: String,
        /// Its offset there.
        offset: u64,
        /// Why.
        reason: &'static str,
    },
    /// A reference that is too far from its target.
    #[error(
        "{relocation} against `{symbol}` at `{section}`+{offset:#x} does not reach: the distance is \
         {distance} bytes"
    )]
    RelocationOverflow {
        /// The relocation's name in its psABI.
        relocation: String,
        /// The symbol, or section, that it refers to.
        symbol: String,
        /// The section that it is in.
        section: String,
        /// Its offset there.
        offset: u64,
        /// How far the target is from the place, in bytes.
        distance: i128,
    },
    /// A part of the executable exceeds what the format or this machine can hold.
    #[error("{what} is too large")]
    TooLarge {
        /// Which part.
        what: &'static str,
    },
    /// The finished executable did not pass its check: a defect of this linker.
    #[error("the linked executable is invalid: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// A file given to [`crate::read_section()`] is no executable that is understood.
    #[error("the executable cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    pub(crate) fn stub(reason: impl ToString) -> Self {
        Self::MalformedStub { reason: reason.to_string() }
    }

    pub(crate) fn object(reason: impl ToString) -> Self {
        Self::MalformedObject { reason: reason.to_string() }
    }

    pub(crate) fn unreadable(reason: impl ToString) -> Self {
        Self::Unreadable { reason: reason.to_string() }
    }

    pub(crate) fn invalid(reason: impl ToString) -> Self {
        Self::Invalid { reason: reason.to_string() }
    }
}
