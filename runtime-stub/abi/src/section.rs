//! Names of the sections and symbols that object files carry from the code generator to the linker,
//! and of those that the linker adds to a stub.
//!
//! The names in objects are ELF's, since objects always are. The names in executables are ELF's too
//! wherever one speaks of them; formats that have other rules for names have a table here. An ordinary
//! linker places an object's sections correctly too.

/// Compiled functions and trampolines (r-x).
pub const CODE: &str = ".text";
/// Headers, trap tables, names, function references, passive segments (r--).
pub const READ_ONLY: &str = ".rodata";
/// Instance blocks (rw-).
pub const DATA: &str = ".data";
/// Initial contents of memories, whole target pages (rw-, private); see
/// [`crate::program::MemoryImage`].
pub const MEMORY_IMAGE: &str = ".w2n.image";

/// The section of an executable that holds the program's code (r-x). The stub has a `.text` of its
/// own.
pub const PROGRAM_CODE: &str = ".w2n.text";
/// The section of an executable that holds the program's read-only data (r--).
pub const PROGRAM_READ_ONLY: &str = ".w2n.rodata";
/// The section of an executable that holds the program's writable data (rw-).
pub const PROGRAM_DATA: &str = ".w2n.data";
/// The section of an executable that holds the program's zeros (rw-), not in the file.
pub const PROGRAM_ZERO: &str = ".w2n.bss";

/// The section of an executable that holds the manifest: UTF-8 lines `key=value`, not loaded.
pub const MANIFEST: &str = ".w2n.manifest";
/// The section of an executable that holds the encoded policy (r--, loaded).
pub const POLICY: &str = ".w2n.policy";
/// The section of an executable that holds the test suite's script (r--, loaded).
pub const SCRIPT: &str = ".w2n.script";

/// What the sections of an executable are called in PE: at most eight bytes (Microsoft's PE format,
/// section table).
pub const PE_NAMES: [(&str, &str); 8] = [
    (crate::stub::SECTION, crate::stub::SECTION_PE),
    (PROGRAM_CODE, PROGRAM_CODE_PE),
    (PROGRAM_READ_ONLY, PROGRAM_READ_ONLY_PE),
    (PROGRAM_DATA, PROGRAM_DATA_PE),
    (MANIFEST, MANIFEST_PE),
    (POLICY, POLICY_PE),
    (SCRIPT, SCRIPT_PE),
    (MEMORY_IMAGE, MEMORY_IMAGE_PE),
];

/// [`MANIFEST`] in PE, whose names have at most eight bytes and whose sections are all loaded.
pub const MANIFEST_PE: &str = ".w2nman";
/// [`PROGRAM_CODE`] in PE.
pub const PROGRAM_CODE_PE: &str = ".w2ntext";
/// [`PROGRAM_READ_ONLY`] in PE.
pub const PROGRAM_READ_ONLY_PE: &str = ".w2nro";
/// [`PROGRAM_DATA`] in PE; zeros are at its end.
pub const PROGRAM_DATA_PE: &str = ".w2ndata";
/// [`POLICY`] in PE.
pub const POLICY_PE: &str = ".w2npol";
/// [`SCRIPT`] in PE.
pub const SCRIPT_PE: &str = ".w2nscr";
/// [`MEMORY_IMAGE`] in PE.
pub const MEMORY_IMAGE_PE: &str = ".w2nimg";
/// What the sections of an executable are called in Mach-O: segment and section, each at most 16 bytes
/// (`loader.h`, `segment_command_64`, `section_64`).
pub const MACHO_NAMES: [(&str, [&str; 2]); 9] = [
    (crate::stub::SECTION, ["__DATA", crate::stub::SECTION_MACHO]),
    (PROGRAM_CODE, ["__W2N_TEXT", "__text"]),
    (POLICY, ["__W2N_CONST", "__policy"]),
    (SCRIPT, ["__W2N_CONST", "__script"]),
    (PROGRAM_READ_ONLY, ["__W2N_CONST", "__const"]),
    (MANIFEST, ["__W2N_CONST", "__manifest"]),
    (PROGRAM_DATA, ["__W2N_DATA", "__data"]),
    (PROGRAM_ZERO, ["__W2N_DATA", "__bss"]),
    (MEMORY_IMAGE, ["__W2N_IMAGE", "__image"]),
];

/// The symbol of the [`crate::program::ProgramHeader`].
pub const PROGRAM_SYMBOL: &str = "w2n_program";
