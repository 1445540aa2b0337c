//! Everything that compiled code, compiler and stub agree on: layouts, symbols, sections, trap codes,
//! the WASI function table and the encoded policy.
//!
//! It stands alone so that neither side can change a layout without the other. Invariants: `core`
//! only, no dependencies, no allocation; every structure that is written by the compiler and read by
//! the stub is `repr(C)`, in the *target's* byte order, and free of absolute addresses (see
//! [`relative`]), so that no format needs a base relocation for it.
#![no_std]

pub mod cpu;
pub mod embed;
pub mod instance;
pub mod policy;
pub mod program;
pub mod relative;
pub mod runtime;
pub mod script;
pub mod section;
pub mod stub;
pub mod trap;
pub mod wasi;

/// The version of every layout in this crate; a stub refuses a program with another one.
pub const ABI_VERSION: u32 = 2;

/// Exit status of a program that ended in a trap, on Unix (what `abort` gives a shell).
pub const EXIT_TRAP_UNIX: i32 = 134;
/// Exit status of a program that ended in a trap, on Windows (what `abort` gives there).
pub const EXIT_TRAP_WINDOWS: i32 = 3;
/// Exit status when the time is over that the program was given, as of the command `timeout`.
pub const EXIT_TIMEOUT: i32 = 124;
/// Exit status when the program could not be started: grants, memory or processor are missing.
pub const EXIT_SETUP_FAILED: i32 = 125;

/// The size of a WebAssembly page unless the memory says otherwise (core specification, 2.5.2).
pub const WASM_PAGE_BYTES: u64 = 65_536;
