//! Instantiation split in two: what is known at build time becomes data, the rest becomes steps that
//! the instance's `initialize` runs.
//!
//! Invariant: the outcome is that of the specification's order (core specification, 4.5.4): globals,
//! element segments, data segments, start function; each segment checked before it is copied.

use super::facts::ModuleFacts;
use super::image::{self, Budget, ImageRun, Placed};
use super::items::{ConstantValue, Items};
use super::{Constants, ElementPlan};
use crate::{Error, Program};
use wasm2native_wasm::{
    DataIndex, DataMode, ElementIndex, ElementMode, FuncIndex, GlobalIndex, MemoryIndex, TableIndex,
};

/// A data segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DataPlan {
    /// Offset of its bytes in read-only data, as far as instructions or steps need them.
    pub(crate) contents: Option<u32>,
    /// Its size as instructions see it: 0 once it is dropped, which active segments are from the
    /// start.
    pub(crate) size_bytes: u64,
    /// Whether an instruction may drop it.
    pub(crate) droppable: bool,
    /// For an active segment that runs as code: the number of bytes to copy.
    pub(crate) active_bytes: Option<u64>,
}

/// The data segments of one instance.
pub(crate) struct PlacedData {
    /// By index.
    pub(crate) plans: Vec<DataPlan>,
    /// What the instance's memories begin with.
    pub(crate) images: Vec<ImageRun>,
}

/// Something that runs when an instance comes to life.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A global gets a function reference.
    Global(GlobalIndex),
    /// An element segment is copied into a table.
    Elements {
        /// The segment.
        segment: ElementIndex,
        /// The table.
        table: TableIndex,
        /// Index of the first element in the table.
        offset: u64,
    },
    /// A data segment is copied into a memory.
    Data {
        /// The segment.
        segment: DataIndex,
        /// The memory.
        memory: MemoryIndex,
        /// Address of the first byte.
        offset: u64,
    },
    /// The start function is called.
    Start(FuncIndex),
}

/// Places the data segments of an instance.
///
/// # Errors
/// [`Error::TooLarge`].
pub(crate) fn place_data<'p>(
    program: &'p Program<'p>,
    instance: usize,
    facts: &ModuleFacts,
    items: &Items,
    constants: &mut Constants<'p>,
) -> Result<PlacedData, Error> {
    let module = program.instances[instance].module;
    let total: u64 = module.data.iter().map(|segment| segment.bytes.len() as u64).sum();
    let mut budget = Budget::new(total);
    let mut placed: Vec<Vec<Placed<'p>>> = Vec::new();
    placed.resize_with(module.memories.len(), Vec::new);
    let mut leading = true;
    let mut last_touched = (0, 0);
    let mut plans = Vec::with_capacity(module.data.len());
    for (index, segment) in module.data.iter().enumerate() {
        let size_bytes = segment.bytes.len() as u64;
        let mut plan = DataPlan { droppable: facts.data_dropped[index], ..DataPlan::default() };
        match segment.mode {
            DataMode::Passive => {
                plan.size_bytes = size_bytes;
                plan.contents = Some(constants.add_bytes(segment.bytes)?);
            }
            DataMode::Active { memory, offset } => {
                let offset = items.offset(instance, offset);
                let target = items.memory(instance, memory);
                let end = offset.checked_add(size_bytes);
                let inside = end.is_some_and(|end| end <= target.minimum_bytes);
                leading = leading && target.place.instance == instance && inside && {
                    // Neighbours share pages; only ascending ones are worth recognising.
                    let (start, end) = image::touched(offset, size_bytes);
                    let shared_end = if start >= last_touched.0 { last_touched.1 } else { 0 };
                    last_touched = (start, end.max(shared_end));
                    size_bytes == 0 || budget.take(end.saturating_sub(start.max(shared_end)))
                };
                if !leading {
                    plan.active_bytes = Some(size_bytes);
                    plan.contents = Some(constants.add_bytes(segment.bytes)?);
                } else if size_bytes > 0 {
                    let segment = Placed { memory_offset: offset, bytes: segment.bytes };
                    placed[memory.position()].push(segment);
                }
            }
        }
        plans.push(plan);
    }
    let mut images = Vec::new();
    for (position, segments) in placed.iter().enumerate() {
        let memory = items.memory(instance, MemoryIndex::from_position(position));
        images.extend(image::lay_out(memory.defined_index, segments));
    }
    Ok(PlacedData { plans, images })
}

/// What remains to be done for an instance when it comes to life.
pub(crate) fn steps(
    program: &Program<'_>,
    instance: usize,
    items: &Items,
    elements: &[ElementPlan],
    data: &[DataPlan],
) -> Vec<Step> {
    let module = program.instances[instance].module;
    let mut steps = Vec::new();
    for position in module.imported_globals as usize..module.globals.len() {
        let global = GlobalIndex::from_position(position);
        let initial = items.global(instance, global).initial;
        if matches!(initial, ConstantValue::Reference(Some(_))) {
            steps.push(Step::Global(global));
        }
    }
    for (position, (segment, plan)) in module.elements.iter().zip(elements).enumerate() {
        if let (ElementMode::Active { table, offset }, Some(_)) = (segment.mode, plan.active_count)
        {
            let offset = items.offset(instance, offset);
            let segment = ElementIndex::from_position(position);
            steps.push(Step::Elements { segment, table, offset });
        }
    }
    for (position, (segment, plan)) in module.data.iter().zip(data).enumerate() {
        if let (DataMode::Active { memory, offset }, Some(_)) = (segment.mode, plan.active_bytes) {
            let offset = items.offset(instance, offset);
            let segment = DataIndex::from_position(position);
            steps.push(Step::Data { segment, memory, offset });
        }
    }
    steps.extend(module.start.map(Step::Start));
    steps
}
