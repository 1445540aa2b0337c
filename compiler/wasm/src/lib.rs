//! WebAssembly bytes to a validated [`Module`]: declarations are checked by [`Module::parse`],
//! function bodies when they are read (see [`Function`]), so that bodies are validated in parallel and
//! read once.
//!
//! Knows no target, no file and no WASI. Sources: WebAssembly core specification 2.0, chapters 3
//! (validation) and 5 (binary format), and its appendix on custom sections.

mod constant;
mod error;
mod features;
mod function;
mod index;
mod module;
mod names;
mod parse;

pub use constant::Constant;
pub use error::Error;
pub use features::{SUPPORTED, describe_features};
pub use function::{Function, FunctionAllocations};
pub use index::{
    DataIndex, DefinedFuncIndex, ElementIndex, FuncIndex, GlobalIndex, ImportIndex, MemoryIndex,
    TableIndex, TypeIndex,
};
pub use module::{
    DataMode, DataSegment, ElementItems, ElementMode, ElementSegment, Entity, Export, Global,
    Import, ImportType, Memory, Module, Table,
};
pub use names::Names;
/// The operators and types that modules are made of.
pub use wasmparser;
