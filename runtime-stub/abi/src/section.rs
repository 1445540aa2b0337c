//! Names of the sections and symbols that object files carry from the code generator to the linker.
//!
//! The names are those of the relocatable object, which is always ELF: the linker chooses the names
//! of the output format: these in ELF, others where a format limits them. An ordinary linker places these sections correctly too.

/// Compiled functions and trampolines (r-x).
pub const CODE: &str = ".text";
/// Headers, trap tables, names, function references, passive segments (r--).
pub const READ_ONLY: &str = ".rodata";
/// Instance blocks (rw-).
pub const DATA: &str = ".data";
/// Initial contents of memories, whole target pages (rw-, private); see
/// [`crate::program::MemoryImage`].
pub const MEMORY_IMAGE: &str = ".w2n.image";

/// The section of an executable that holds the manifest: UTF-8 lines `key=value`, not loaded.
pub const MANIFEST: &str = ".w2n.manifest";
/// The section of an executable that holds the encoded policy (r--, loaded).
pub const POLICY: &str = ".w2n.policy";
/// The section of an executable that holds the test suite's script (r--, loaded).
pub const SCRIPT: &str = ".w2n.script";

/// [`MANIFEST`] in PE, whose names have at most eight bytes and whose sections are all loaded.
pub const MANIFEST_PE: &str = ".w2nman";
/// [`POLICY`] in PE.
pub const POLICY_PE: &str = ".w2npol";
/// [`SCRIPT`] in PE.
pub const SCRIPT_PE: &str = ".w2nscr";
/// [`MEMORY_IMAGE`] in PE.
pub const MEMORY_IMAGE_PE: &str = ".w2nimg";

/// The symbol of the [`crate::program::ProgramHeader`].
pub const PROGRAM_SYMBOL: &str = "w2n_program";
