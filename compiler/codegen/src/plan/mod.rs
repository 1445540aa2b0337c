//! A program to its plan: where every memory, table, global, function and import lives, and how code
//! reaches it.
//!
//! The plan knows nothing of CLIF, so that another back end could stand beside translation. Invariant:
//! after [`Plan::new`] nothing about layout is decided any more; translation only reads the plan, from
//! any number of threads. Sources: core specification, 4.5 (modules, instantiation), and the layouts
//! of [`wasm2native_abi`].

mod constants;
mod elements;
mod facts;
mod functions;
mod image;
mod items;
mod start;

pub(crate) use constants::{Constants, Piece, Reference};
pub(crate) use elements::ElementPlan;
pub(crate) use functions::{Body, Callee, FunctionNumber, Functions};
pub(crate) use image::ImageRun;
pub(crate) use items::{ConstantValue, GlobalPlan, MemoryPlan, TablePlan};
pub(crate) use start::{DataPlan, Step};

use crate::signature::{ModuleSignatures, Signatures};
use crate::{Error, Options, Program};
use facts::ModuleFacts;
use items::Items;
use wasm2native_abi::instance::BlockLayout;
use wasm2native_wasm::{FuncIndex, GlobalIndex, MemoryIndex, Module, TableIndex};

/// How large a section of the object may be: distances are 32 bits and signed, and span sections.
pub(crate) const SECTION_LIMIT_BYTES: u64 = 1 << 30;

/// How large the code may be, on the same grounds.
pub(crate) const CODE_LIMIT_BYTES: u64 = 1 << 30;

/// Every decision about layout and access.
pub(crate) struct Plan<'p> {
    /// What is compiled.
    pub(crate) program: &'p Program<'p>,
    /// Function types of the whole program.
    pub(crate) signatures: Signatures,
    /// Every piece of code, in the order of the code section.
    pub(crate) functions: Functions,
    /// Instances, in the program's order.
    pub(crate) instances: Vec<InstancePlan>,
    /// Memories, tables and globals of all instances.
    pub(crate) items: Items,
    /// Read-only data that code refers to.
    pub(crate) constants: Constants<'p>,
}

/// The plan of one instance.
pub(crate) struct InstancePlan {
    /// The identities of the module's types.
    pub(crate) signatures: ModuleSignatures,
    /// Where everything lies in the instance block.
    pub(crate) layout: BlockLayout,
    /// Data segments, by index.
    pub(crate) data: Vec<DataPlan>,
    /// Element segments, by index.
    pub(crate) elements: Vec<ElementPlan>,
    /// Initial contents of defined memories.
    pub(crate) images: Vec<ImageRun>,
    /// What has to run when the instance comes to life, in order.
    pub(crate) steps: Vec<Step>,
    /// The code that runs `steps`, when there are any.
    pub(crate) initialize: Option<FunctionNumber>,
}

impl<'p> Plan<'p> {
    /// Decides everything.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub(crate) fn new(program: &'p Program<'p>, options: &Options) -> Result<Self, Error> {
        let facts: Vec<ModuleFacts> =
            program.instances.iter().map(|instance| ModuleFacts::gather(instance.module)).collect();
        let mut signatures = Signatures::default();
        let module_signatures: Vec<ModuleSignatures> = program
            .instances
            .iter()
            .map(|instance| signatures.intern_module(instance.module))
            .collect();
        let mut functions = Functions::new(program, &module_signatures);
        let layouts: Vec<BlockLayout> =
            program.instances.iter().map(|instance| block_layout(instance.module)).collect();
        let mut items = Items::new(program, &layouts, &mut functions, options);

        // The reference array comes first in read-only data, hence before anything else is placed.
        for (position, facts) in facts.iter().enumerate() {
            functions.refer_all(position, &facts.referenced_functions);
        }
        items.refer_globals(&mut functions);
        let mut constants = Constants::default();
        constants.add_references(functions.references().to_vec())?;

        let mut segments =
            elements::place(program, &facts, &mut items, &mut functions, &mut constants)?;
        let mut instances = Vec::with_capacity(program.instances.len());
        let parts = module_signatures.into_iter().zip(layouts).zip(&facts);
        for (position, ((signatures, layout), facts)) in parts.enumerate() {
            let elements = std::mem::take(&mut segments[position]);
            let data = start::place_data(program, position, facts, &items, &mut constants)?;
            let steps = start::steps(program, position, &items, &elements, &data.plans);
            let initialize =
                (!steps.is_empty()).then(|| functions.add(Body::Initialize { instance: position }));
            instances.push(InstancePlan {
                signatures,
                layout,
                data: data.plans,
                elements,
                images: data.images,
                steps,
                initialize,
            });
        }
        for entry in 0..program.entries.len() {
            functions.add_entry(entry);
        }
        Ok(Self { program, signatures, functions, instances, items, constants })
    }

    /// The module of an instance.
    pub(crate) fn module(&self, instance: usize) -> &'p Module<'p> {
        self.program.instances[instance].module
    }

    /// What a function of an instance's module is.
    pub(crate) fn callee(&self, instance: usize, function: FuncIndex) -> Callee {
        self.functions.callee(instance, function)
    }

    /// A memory of an instance's module.
    pub(crate) fn memory(&self, instance: usize, memory: MemoryIndex) -> &MemoryPlan {
        self.items.memory(instance, memory)
    }

    /// A table of an instance's module.
    pub(crate) fn table(&self, instance: usize, table: TableIndex) -> &TablePlan {
        self.items.table(instance, table)
    }

    /// A global of an instance's module.
    pub(crate) fn global(&self, instance: usize, global: GlobalIndex) -> &GlobalPlan {
        self.items.global(instance, global)
    }
}

fn block_layout(module: &Module<'_>) -> BlockLayout {
    let count = |all: usize, imported: u32| {
        u32::try_from(all).expect("index spaces are limited to 32 bits") - imported
    };
    BlockLayout {
        memories: count(module.memories.len(), module.imported_memories),
        tables: count(module.tables.len(), module.imported_tables),
        globals: count(module.globals.len(), module.imported_globals),
        data_segments: count(module.data.len(), 0),
        element_segments: count(module.elements.len(), 0),
    }
}
