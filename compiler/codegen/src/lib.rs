//! A closed program to one relocatable object of an architecture: plan, translate, compile, write.
//!
//! Knows no executable format and no system: the object serves every system of its architecture.
//! Invariants: the same program and options give the same bytes with any number of threads on any
//! host; input that a module's author controls never panics, it is an [`Error`]. A panic is a bug and
//! says in which function and phase.

mod compile;
mod convention;
mod error;
mod header;
mod isa;
mod listing;
mod names;
mod object_file;
mod place;
mod plan;
mod program;
mod read_only;
mod resolve;
mod signature;
mod symbol;
mod translate;
mod trap;

pub use error::Error;
pub use listing::{emit_asm, emit_clif};
pub use program::{Entry, ImportTarget, Instance, Program};

use std::num::NonZeroUsize;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_targets::{Architecture, CpuLevel};

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// For which architecture.
    pub architecture: Architecture,
    /// For which processors of the architecture.
    pub cpu: CpuLevel,
    /// How much to optimise.
    pub opt_level: OptLevel,
    /// On how many threads; as many as there are processors when absent.
    pub jobs: Option<NonZeroUsize>,
    /// How accesses to linear memories are kept inside them, where both ways are possible.
    pub memory_strategy: MemoryStrategy,
    /// Whether functions' names go into the object.
    pub names: bool,
}

/// How much to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OptLevel {
    /// As little as possible, to compile fast.
    None,
    /// For speed.
    #[default]
    Speed,
    /// For speed, then size.
    SpeedAndSize,
}

/// Who wants to know how far compilation is. Called from several threads.
pub trait Progress: Sync {
    /// `done` of `total` functions are compiled.
    fn functions_done(&self, done: usize, total: usize);
}

/// Nobody wants to know.
impl Progress for () {
    fn functions_done(&self, _done: usize, _total: usize) {}
}

/// A relocatable ELF object; its sections and symbols are those of [`wasm2native_abi::section`].
#[derive(Clone, Debug)]
pub struct Object {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// What it holds.
    pub report: Report,
}

/// Sizes of what an object holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Machine code.
    pub code_bytes: u64,
    /// Tables, names, passive segments.
    pub read_only_bytes: u64,
    /// Instance blocks.
    pub data_bytes: u64,
    /// Initial contents of memories.
    pub image_bytes: u64,
    /// Pieces of code: functions, and what they need besides.
    pub functions: usize,
}

/// Compiles a program.
///
/// # Errors
/// When a function is not valid, the program is too large, or the processor level too low.
///
/// # Panics
/// On a bug of the compiler, and when `program` breaks the invariant of [`Program`].
pub fn compile(
    program: &Program<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Object, Error> {
    let isa = isa::Isa::new(options)?;
    let plan = plan::Plan::new(program, options)?;
    let conventions = convention::Conventions::new(&plan.signatures, options.architecture);
    let compiler = compile::Compiler::new(&plan, &conventions, &isa, options);
    let code = compiler.compile_all(options, progress)?;
    object_file::write(&plan, code, &isa, options)
}
