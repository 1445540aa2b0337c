//! Memories, tables and globals of all instances: each exists once, in the block of the instance that
//! defines it, and every module's index leads there (core specification, 4.2.3).

use super::elements::TableContents;
use super::{Functions, Reference};
use crate::{ImportTarget, Options, Program};
use wasm2native_abi::WASM_PAGE_BYTES;
use wasm2native_abi::instance::{BlockLayout, MemoryStrategy};
use wasm2native_wasm::wasmparser::{MemoryType, TableType, ValType};
use wasm2native_wasm::{Constant, Entity, GlobalIndex, ImportType, MemoryIndex, TableIndex};

/// Inaccessible bytes behind the 4 GiB of a memory: constant offsets up to here need no check.
const GUARD_BYTES: u64 = 32 << 20;

/// No memory may grow beyond this (see [`wasm2native_abi::instance::MemoryDescriptor`]).
const MEMORY_LIMIT_BYTES: u64 = 1 << 48;

/// Somewhere in an instance block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Whose block.
    pub(crate) instance: usize,
    /// Offset in it.
    pub(crate) offset: u32,
}

/// A linear memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryPlan {
    /// Its descriptor.
    pub(crate) place: Place,
    /// Index among the defined memories of its instance.
    pub(crate) defined_index: u32,
    /// How accesses are kept inside.
    pub(crate) strategy: MemoryStrategy,
    /// Whether addresses are 64 bits.
    pub(crate) memory64: bool,
    /// Binary logarithm of its page size.
    pub(crate) page_size_log2: u32,
    /// Initial size.
    pub(crate) minimum_bytes: u64,
    /// Size that it may grow to.
    pub(crate) maximum_bytes: u64,
    /// Inaccessible bytes behind 4 GiB; 0 unless the strategy is guard.
    pub(crate) guard_bytes: u64,
}

/// A table of the program, in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableId(usize);

impl TableId {
    /// The position in a list of all tables.
    pub(crate) fn position(self) -> usize {
        self.0
    }
}

/// A table.
pub(crate) struct TablePlan {
    /// Its descriptor.
    pub(crate) place: Place,
    /// Whether indices are 64 bits.
    pub(crate) table64: bool,
    /// Initial number of elements.
    pub(crate) minimum: u64,
    /// Number that it may grow to.
    pub(crate) maximum: u64,
    /// Whether any code of the program grows it.
    pub(crate) grows: bool,
    /// Whether any code of the program changes an element.
    pub(crate) written: bool,
    /// What is known of its elements.
    pub(crate) contents: TableContents,
}

impl TablePlan {
    /// The number of elements, when nothing can change it.
    pub(crate) fn fixed_length(&self) -> Option<u64> {
        (!self.grows || self.minimum == self.maximum).then_some(self.minimum)
    }
}

/// A value that is known when the program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConstantValue {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector, lane 0 first.
    V128([u8; 16]),
    /// A reference to a function, or a null reference of any type.
    Reference(Reference),
}

impl ConstantValue {
    /// An index or an address, zero-extended.
    pub(crate) fn address(self) -> u64 {
        match self {
            Self::I32(value) => u64::from(value.cast_unsigned()),
            Self::I64(value) => value.cast_unsigned(),
            _ => panic!("validation makes offsets integers"),
        }
    }
}

/// A global.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalPlan {
    /// Its slot.
    pub(crate) place: Place,
    /// Its type.
    pub(crate) value_type: ValType,
    /// Whether it may change.
    pub(crate) mutable: bool,
    /// Its value at first; for ever, unless it is mutable.
    pub(crate) initial: ConstantValue,
}

/// All memories, tables and globals.
#[derive(Default)]
pub(crate) struct Items {
    memories: Vec<MemoryPlan>,
    tables: Vec<TablePlan>,
    globals: Vec<GlobalPlan>,
    /// For each instance and index, the position in `memories`; likewise below.
    memory_indices: Vec<Vec<usize>>,
    table_indices: Vec<Vec<TableId>>,
    global_indices: Vec<Vec<usize>>,
}

impl Items {
    /// Resolves imports and places what instances define.
    pub(crate) fn new(
        program: &Program<'_>,
        layouts: &[BlockLayout],
        functions: &mut Functions,
        options: &Options,
    ) -> Self {
        let mut items = Self::default();
        for (instance, layout) in layouts.iter().enumerate() {
            items.memory_indices.push(Vec::new());
            items.table_indices.push(Vec::new());
            items.global_indices.push(Vec::new());
            items.import(program, instance);
            items.define(program, instance, layout, functions, options);
        }
        items
    }

    fn import(&mut self, program: &Program<'_>, importer: usize) {
        let instance = &program.instances[importer];
        for (import, target) in instance.module.imports.iter().zip(&instance.imports) {
            if matches!(import.import_type, ImportType::Function(..)) {
                continue;
            }
            let ImportTarget::Export { instance, item } = *target else {
                panic!("the runtime provides functions only");
            };
            match item {
                Entity::Memory(index) => {
                    let memory = self.memory_indices[instance][index.position()];
                    self.memory_indices[importer].push(memory);
                }
                Entity::Table(index) => {
                    let table = self.table_indices[instance][index.position()];
                    self.table_indices[importer].push(table);
                }
                Entity::Global(index) => {
                    let global = self.global_indices[instance][index.position()];
                    self.global_indices[importer].push(global);
                }
                Entity::Function(_) => panic!("an import is bound to an item of its own type"),
            }
        }
    }

    fn define(
        &mut self,
        program: &Program<'_>,
        instance: usize,
        layout: &BlockLayout,
        functions: &mut Functions,
        options: &Options,
    ) {
        let module = program.instances[instance].module;
        let memories = module.memories.iter().skip(module.imported_memories as usize);
        for (index, memory) in (0..).zip(memories) {
            let place = Place { instance, offset: layout.memory(index) };
            self.memory_indices[instance].push(self.memories.len());
            self.memories.push(plan_memory(place, index, &memory.memory_type, options));
        }
        let tables = module.tables.iter().skip(module.imported_tables as usize);
        for (index, table) in (0..).zip(tables) {
            let place = Place { instance, offset: layout.table(index) };
            self.table_indices[instance].push(TableId(self.tables.len()));
            self.tables.push(plan_table(place, &table.table_type));
        }
        let globals = module.globals.iter().skip(module.imported_globals as usize);
        for (index, global) in (0..).zip(globals) {
            let constant = global.initial.expect("defined globals have initial values");
            let initial = self.constant(instance, constant, functions);
            self.global_indices[instance].push(self.globals.len());
            self.globals.push(GlobalPlan {
                place: Place { instance, offset: layout.global(index) },
                value_type: global.global_type.content_type,
                mutable: global.global_type.mutable,
                initial,
            });
        }
    }

    /// The value of a constant expression: every global that one may refer to is immutable and known
    /// (core specification, 3.3.10).
    pub(crate) fn constant(
        &self,
        instance: usize,
        constant: Constant,
        functions: &mut Functions,
    ) -> ConstantValue {
        match constant {
            Constant::I32(value) => ConstantValue::I32(value),
            Constant::I64(value) => ConstantValue::I64(value),
            Constant::F32(bits) => ConstantValue::F32(bits),
            Constant::F64(bits) => ConstantValue::F64(bits),
            Constant::V128(bytes) => ConstantValue::V128(bytes),
            Constant::NullReference => ConstantValue::Reference(None),
            Constant::Function(function) => {
                ConstantValue::Reference(functions.reference(instance, function))
            }
            Constant::Global(global) => self.global(instance, global).initial,
        }
    }

    /// The address or index that a segment's offset expression comes to.
    pub(crate) fn offset(&self, instance: usize, constant: Constant) -> u64 {
        match constant {
            Constant::I32(value) => ConstantValue::I32(value),
            Constant::I64(value) => ConstantValue::I64(value),
            Constant::Global(global) => self.global(instance, global).initial,
            _ => panic!("validation makes offsets integers"),
        }
        .address()
    }

    /// Gives the functions that globals refer to at first their elements in the reference array.
    pub(crate) fn refer_globals(&self, functions: &mut Functions) {
        for global in &self.globals {
            if let ConstantValue::Reference(reference) = global.initial {
                functions.refer(reference);
            }
        }
    }

    /// A memory of an instance's module.
    pub(crate) fn memory(&self, instance: usize, memory: MemoryIndex) -> &MemoryPlan {
        &self.memories[self.memory_indices[instance][memory.position()]]
    }

    /// Which table an index of an instance's module is.
    pub(crate) fn table_id(&self, instance: usize, table: TableIndex) -> TableId {
        self.table_indices[instance][table.position()]
    }

    /// A table of an instance's module.
    pub(crate) fn table(&self, instance: usize, table: TableIndex) -> &TablePlan {
        &self.tables[self.table_id(instance, table).position()]
    }

    /// A global of an instance's module.
    pub(crate) fn global(&self, instance: usize, global: GlobalIndex) -> &GlobalPlan {
        &self.globals[self.global_indices[instance][global.position()]]
    }

    /// All memories, in the order of definition.
    pub(crate) fn memories(&self) -> &[MemoryPlan] {
        &self.memories
    }

    /// All tables, in the order of definition.
    pub(crate) fn tables(&self) -> &[TablePlan] {
        &self.tables
    }

    /// All tables, to be completed.
    pub(crate) fn tables_mut(&mut self) -> &mut [TablePlan] {
        &mut self.tables
    }

    /// All globals, in the order of definition.
    pub(crate) fn globals(&self) -> &[GlobalPlan] {
        &self.globals
    }
}

fn plan_memory(
    place: Place,
    defined_index: u32,
    memory_type: &MemoryType,
    options: &Options,
) -> MemoryPlan {
    let page_size_log2 = memory_type.page_size_log2.unwrap_or(WASM_PAGE_BYTES.trailing_zeros());
    let limit = if memory_type.memory64 { MEMORY_LIMIT_BYTES } else { 1 << 32 };
    let bytes = |pages: u64| pages.saturating_mul(1 << page_size_log2);
    let guarded = options.memory_strategy == MemoryStrategy::Guard
        && !memory_type.memory64
        && 1 << page_size_log2 == WASM_PAGE_BYTES;
    MemoryPlan {
        place,
        defined_index,
        strategy: if guarded { MemoryStrategy::Guard } else { MemoryStrategy::Check },
        memory64: memory_type.memory64,
        page_size_log2,
        minimum_bytes: bytes(memory_type.initial),
        maximum_bytes: memory_type.maximum.map_or(limit, bytes).min(limit),
        guard_bytes: if guarded { GUARD_BYTES } else { 0 },
    }
}

fn plan_table(place: Place, table_type: &TableType) -> TablePlan {
    let limit = u64::from(u32::MAX);
    TablePlan {
        place,
        table64: table_type.table64,
        minimum: table_type.initial,
        maximum: table_type.maximum.unwrap_or(limit).min(limit).max(table_type.initial),
        grows: false,
        written: false,
        contents: TableContents::default(),
    }
}
