//! A module's declarations, as data. No invariant is checked here: [`Module::parse`] establishes them
//! all.

use crate::{
    Constant, DefinedFuncIndex, FuncIndex, Function, GlobalIndex, MemoryIndex, Names, TableIndex,
    TypeIndex,
};
use wasmparser::{FuncType, GlobalType, MemoryType, RefType, TableType, WasmFeatures};

/// A core module whose declarations are valid.
pub struct Module<'a> {
    /// Function types. Equal ones may occur several times.
    pub types: Vec<FuncType>,
    /// Imports, in the section's order.
    pub imports: Vec<Import<'a>>,
    /// The type of every function, imported ones first.
    pub function_types: Vec<TypeIndex>,
    /// How many functions are imported.
    pub imported_functions: u32,
    /// The functions that the module defines.
    pub functions: Vec<Function<'a>>,
    /// Every table, imported ones first.
    pub tables: Vec<Table>,
    /// How many tables are imported.
    pub imported_tables: u32,
    /// Every memory, imported ones first.
    pub memories: Vec<Memory>,
    /// How many memories are imported.
    pub imported_memories: u32,
    /// Every global, imported ones first.
    pub globals: Vec<Global>,
    /// How many globals are imported.
    pub imported_globals: u32,
    /// Exports, in the section's order.
    pub exports: Vec<Export<'a>>,
    /// The start function (not WASI's `_start`: core specification, 2.5.9).
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment<'a>>,
    /// Names for people.
    pub names: Names<'a>,
    /// The features that the producer says it used, from the custom section `target_features`.
    pub declared_features: Vec<&'a str>,
    /// What the producer says of itself, `language` and `processed-by` fields in turn: name, version.
    pub producers: Vec<(&'a str, &'a str)>,
    /// The features that the module was validated with.
    pub features: WasmFeatures,
}

/// An import.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The name of the module that is to provide it.
    pub module: &'a str,
    /// Its name in that module.
    pub name: &'a str,
    /// What it must be.
    pub import_type: ImportType,
    /// Where it stands, in bytes from the start of the file.
    pub wasm_offset: u64,
}

/// The type of an import, with the index that it occupies.
#[derive(Clone, Copy, Debug)]
pub enum ImportType {
    /// A function.
    Function(FuncIndex, TypeIndex),
    /// A table.
    Table(TableIndex, TableType),
    /// A memory.
    Memory(MemoryIndex, MemoryType),
    /// A global.
    Global(GlobalIndex, GlobalType),
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its limits and the type of its elements.
    pub table_type: TableType,
    /// Whether the module exports it.
    pub exported: bool,
}

/// A memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Its limits.
    pub memory_type: MemoryType,
    /// Whether the module exports it.
    pub exported: bool,
}

/// A global.
#[derive(Clone, Copy, Debug)]
pub struct Global {
    /// Its type and mutability.
    pub global_type: GlobalType,
    /// Its initial value; `None` for imported ones.
    pub initial: Option<Constant>,
    /// Whether the module exports it.
    pub exported: bool,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// Its name, unique in the module.
    pub name: &'a str,
    /// What is exported.
    pub entity: Entity,
}

/// An item of a module that may be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A function.
    Function(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// What happens to it at instantiation.
    pub mode: ElementMode,
    /// The type of its elements.
    pub element_type: RefType,
    /// Its elements.
    pub items: ElementItems,
}

/// An element segment's elements.
#[derive(Clone, Debug)]
pub enum ElementItems {
    /// References to functions.
    Functions(Vec<FuncIndex>),
    /// References by constant expressions.
    Expressions(Vec<Constant>),
}

impl ElementItems {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(functions) => functions.len(),
            Self::Expressions(constants) => constants.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at `position`.
    ///
    /// # Panics
    /// When there is no such element.
    pub fn get(&self, position: usize) -> Constant {
        match self {
            Self::Functions(functions) => Constant::Function(functions[position]),
            Self::Expressions(constants) => constants[position],
        }
    }
}

/// What happens to an element segment at instantiation.
#[derive(Clone, Copy, Debug)]
pub enum ElementMode {
    /// Nothing: it waits for `table.init`.
    Passive,
    /// It is copied into a table.
    Active {
        /// The table.
        table: TableIndex,
        /// The index of the first element there.
        offset: Constant,
    },
    /// It is dropped: it only declares functions for `ref.func`.
    Declared,
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub struct DataSegment<'a> {
    /// What happens to it at instantiation.
    pub mode: DataMode,
    /// Its contents.
    pub bytes: &'a [u8],
}

/// What happens to a data segment at instantiation.
#[derive(Clone, Copy, Debug)]
pub enum DataMode {
    /// Nothing: it waits for `memory.init`.
    Passive,
    /// It is copied into a memory.
    Active {
        /// The memory.
        memory: MemoryIndex,
        /// The address of the first byte there.
        offset: Constant,
    },
}

impl<'a> Module<'a> {
    /// The type of a function.
    pub fn function_type(&self, function: FuncIndex) -> &FuncType {
        &self.types[self.function_types[function.position()].position()]
    }

    /// The index among defined functions, or `None` for an imported one.
    pub fn defined(&self, function: FuncIndex) -> Option<DefinedFuncIndex> {
        function.as_u32().checked_sub(self.imported_functions).map(DefinedFuncIndex::from_u32)
    }

    /// The export of this name.
    pub fn export(&self, name: &str) -> Option<&Export<'a>> {
        self.exports.iter().find(|export| export.name == name)
    }

    /// The function exported under this name.
    pub fn exported_function(&self, name: &str) -> Option<FuncIndex> {
        match self.export(name)?.entity {
            Entity::Function(function) => Some(function),
            _ => None,
        }
    }

    /// The name of a function for people: from the name section, or from an export.
    pub fn function_name(&self, function: FuncIndex) -> Option<&'a str> {
        self.names.functions.get(&function).copied()
    }
}
