//! Function bodies to what the whole program never does: which tables stay as they began, which
//! segments are never dropped, which functions have their references taken.
//!
//! It stands alone because it reads bodies before they are validated: what it finds in a malformed
//! body may be wrong, but then compilation fails when the body is translated. Invariant: for a valid
//! program the facts hold for every instruction, reachable or not.

use rayon::prelude::*;
use wasm2native_wasm::wasmparser::Operator;
use wasm2native_wasm::{Function, Module};

/// What the code of one module does, by the module's own indices.
#[derive(Default)]
pub(crate) struct ModuleFacts {
    /// For each table: whether an element may change.
    pub(crate) table_written: Vec<bool>,
    /// For each table: whether it may grow.
    pub(crate) table_grown: Vec<bool>,
    /// For each data segment: whether it may be dropped by an instruction.
    pub(crate) data_dropped: Vec<bool>,
    /// For each element segment: whether it may be dropped by an instruction.
    pub(crate) element_dropped: Vec<bool>,
    /// For each element segment: whether `table.init` reads it.
    pub(crate) element_used: Vec<bool>,
    /// The functions that `ref.func` refers to, ascending.
    pub(crate) referenced_functions: Vec<u32>,
}

/// One thing that an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    TableWritten(u32),
    TableGrown(u32),
    DataDropped(u32),
    ElementDropped(u32),
    ElementUsed(u32),
    Referenced(u32),
}

impl ModuleFacts {
    /// Reads all bodies of a module, in parallel.
    pub(crate) fn gather(module: &Module<'_>) -> Self {
        let mut facts = Self {
            table_written: vec![false; module.tables.len()],
            table_grown: vec![false; module.tables.len()],
            data_dropped: vec![false; module.data.len()],
            element_dropped: vec![false; module.elements.len()],
            element_used: vec![false; module.elements.len()],
            referenced_functions: Vec::new(),
        };
        let effects: Vec<Vec<Effect>> = module
            .functions
            .par_chunks(64)
            .map(|functions| {
                let mut effects = Vec::new();
                for function in functions {
                    // An error is reported when the body is translated.
                    let _ = read_body(function, &mut effects);
                }
                effects.sort_unstable();
                effects.dedup();
                effects
            })
            .collect();
        for effect in effects.into_iter().flatten() {
            facts.add(effect);
        }
        facts.referenced_functions.sort_unstable();
        facts.referenced_functions.dedup();
        facts
    }

    /// Notes an effect; indices of malformed bodies may be out of range.
    fn add(&mut self, effect: Effect) {
        let (flags, index) = match effect {
            Effect::TableWritten(index) => (&mut self.table_written, index),
            Effect::TableGrown(index) => (&mut self.table_grown, index),
            Effect::DataDropped(index) => (&mut self.data_dropped, index),
            Effect::ElementDropped(index) => (&mut self.element_dropped, index),
            Effect::ElementUsed(index) => (&mut self.element_used, index),
            Effect::Referenced(index) => {
                self.referenced_functions.push(index);
                return;
            }
        };
        if let Some(flag) = flags.get_mut(index as usize) {
            *flag = true;
        }
    }
}

fn read_body(
    function: &Function<'_>,
    effects: &mut Vec<Effect>,
) -> Result<(), wasm2native_wasm::wasmparser::BinaryReaderError> {
    let mut operators = function.body.get_operators_reader()?;
    while !operators.eof() {
        match operators.read()? {
            Operator::TableSet { table }
            | Operator::TableFill { table }
            | Operator::TableCopy { dst_table: table, .. } => {
                effects.push(Effect::TableWritten(table));
            }
            Operator::TableInit { elem_index, table } => {
                effects.push(Effect::TableWritten(table));
                effects.push(Effect::ElementUsed(elem_index));
            }
            Operator::TableGrow { table } => {
                effects.push(Effect::TableWritten(table));
                effects.push(Effect::TableGrown(table));
            }
            Operator::DataDrop { data_index } => effects.push(Effect::DataDropped(data_index)),
            Operator::ElemDrop { elem_index } => effects.push(Effect::ElementDropped(elem_index)),
            Operator::RefFunc { function_index } => {
                effects.push(Effect::Referenced(function_index));
            }
            _ => {}
        }
    }
    Ok(())
}
