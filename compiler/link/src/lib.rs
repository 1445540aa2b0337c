//! A stub and one relocatable object to a finished executable, for one target.
//!
//! The object is always ELF, whatever the target: it belongs to an architecture. The stub is an
//! executable of the target's own format. What every format shares is in the files beside this one
//! (`object`, `layout`, `resolve`, `relocate`, `program`), what one format decides is in a folder of its own
//! (`elf`, `macho`, `pe`, whose `link` reads as a list of passes).
//!
//! Invariants: all addresses are fixed before the first byte is written; no segment is writable and
//! executable; time and memory are linear in the input; hostile input is an error, never a panic;
//! equal input gives equal bytes. Knows nothing of WebAssembly.

mod bytes;
mod contains;
mod cut_short;
mod elf;
mod error;
mod identity;
mod layout;
mod macho;
mod object;
mod pe;
mod program;
mod read_section;
mod relocate;
mod resolve;
mod stub;

pub use contains::contains_stub;
pub use cut_short::is_cut_short;
pub use error::Error;
pub use identity::{has_own_identity, identity_name};
pub use read_section::{read_section, sections};

use wasm2native_targets::{Architecture, Format, Target};

/// What an executable is made of.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// What to link for.
    pub target: &'a Target,
    /// The target's stub, in its own executable format.
    pub stub: &'a [u8],
    /// The program: a relocatable ELF object of the target's architecture.
    pub object: &'a [u8],
    /// The encoded policy (see `wasm2native_abi::policy`); loaded read-only.
    pub policy: &'a [u8],
    /// The manifest: UTF-8 lines `key=value`; not loaded.
    pub manifest: &'a [u8],
    /// The test suite's script (see `wasm2native_abi::script`); loaded read-only.
    pub script: Option<&'a [u8]>,
}

/// A finished executable.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The file.
    pub bytes: Vec<u8>,
    /// What its size is made up of.
    pub sizes: Sizes,
}

/// Parts of an executable's size in bytes; they add up to the file's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Compiled code.
    pub code: u64,
    /// Read-only data, initialised data and memory images.
    pub data: u64,
    /// The stub.
    pub runtime: u64,
    /// Policy, manifest, symbols, headers and padding.
    pub other: u64,
}

/// What a format's writer needs to know of the input.
#[derive(Clone, Copy)]
struct Job<'a> {
    architecture: Architecture,
    page_bytes: u64,
    stub: &'a [u8],
    object: &'a [u8],
    policy: &'a [u8],
    manifest: &'a [u8],
    script: Option<&'a [u8]>,
}

/// Links a program with a stub.
///
/// # Errors
/// Stub or object are malformed, of another architecture or ABI version; a symbol is undefined; a
/// section or relocation has no meaning in an executable of this kind, or does not reach; the result
/// would exceed the format's limits. See [`Error`].
pub fn link(input: &Input<'_>) -> Result<Executable, Error> {
    let job = Job {
        architecture: input.target.architecture,
        page_bytes: input.target.page_bytes,
        stub: input.stub,
        object: input.object,
        policy: input.policy,
        manifest: input.manifest,
        script: input.script,
    };
    match input.target.system.format() {
        Format::Elf => elf::link(&job),
        Format::Pe => pe::link(&job),
        Format::MachO => macho::link(&job),
    }
}
