//! What is compiled: instances of modules, bound to each other and to the runtime.
//!
//! Invariant: an import refers only to earlier instances, and what it refers to has the type that the
//! module asks for. Whoever builds a [`Program`] has checked that (core specification, 4.5.1).

use wasm2native_abi::program::EntryKind;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_wasm::{Entity, FuncIndex, MemoryIndex, Module};

/// A closed program: everything that will ever run in one process.
pub struct Program<'a> {
    /// The instances, in the order in which they are instantiated.
    pub instances: Vec<Instance<'a>>,
    /// The functions that the runtime may call.
    pub entries: Vec<Entry>,
}

/// The one instance of a module.
pub struct Instance<'a> {
    /// The module.
    pub module: &'a Module<'a>,
    /// What each of the module's imports is, in the module's order.
    pub imports: Vec<ImportTarget>,
    /// The memory that host functions called by this instance work on: an instance, and the index of
    /// a memory of its module.
    pub host_memory: Option<(usize, MemoryIndex)>,
}

/// What an import is bound to.
#[derive(Clone, Copy, Debug)]
pub enum ImportTarget {
    /// A function of the runtime.
    Host(RuntimeFunction),
    /// Something that an earlier instance has.
    Export {
        /// Index of that instance.
        instance: usize,
        /// What it is there.
        item: Entity,
    },
    /// A function that nobody provides: calling it traps as `unreachable` does.
    Trap,
}

/// A function that the runtime may call.
pub struct Entry {
    /// The index of its instance.
    pub instance: usize,
    /// The name under which the instance exports it.
    pub export_name: String,
    /// The function.
    pub function: FuncIndex,
    /// What it is called for.
    pub kind: EntryKind,
}
