//! Element segments to tables' initial contents, and the tables that nothing changes.
//!
//! A table's leading segments are laid out in read-only data when the table is the instance's own and
//! they lie inside it; the first one that is not so, and all after it, run as code, in order (core
//! specification, 4.5.4). A table that no code of the whole program changes afterwards *is* that
//! data: its bound and its candidates for each signature are known.

use super::facts::ModuleFacts;
use super::items::{ConstantValue, Items};
use super::{Constants, FunctionNumber, Functions, Reference};
use crate::signature::SignatureId;
use crate::{Error, Program};
use std::collections::HashMap;
use wasm2native_wasm::{ElementMode, ElementSegment, TableIndex};

/// An element segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ElementPlan {
    /// Offset in read-only data of its packed references, as far as instructions or steps need them.
    pub(crate) contents: Option<u32>,
    /// The number of its elements as instructions see it: 0 once it is dropped, which active and
    /// declared segments are from the start.
    pub(crate) count: u64,
    /// Whether an instruction may drop it.
    pub(crate) droppable: bool,
    /// For an active segment that runs as code: the number of elements to copy.
    pub(crate) active_count: Option<u64>,
}

/// Which functions of one signature a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Candidates {
    /// One.
    One(FunctionNumber),
    /// Several.
    Many,
}

/// What is known of a table's elements.
#[derive(Default)]
pub(crate) struct TableContents {
    /// Offset in read-only data and number of the elements that the table begins with.
    pub(crate) image: Option<(u32, u64)>,
    /// Whether nothing changes the table, so that `image` holds all of its elements.
    pub(crate) read_only: bool,
    /// For a table that nothing changes: whether some element is null.
    pub(crate) has_null: bool,
    /// For a table that nothing changes: the functions in it, by signature.
    pub(crate) candidates: HashMap<SignatureId, Candidates>,
}

/// How many elements an image may have beyond four times those of the segments in it: tables may be
/// much larger than their segments.
const SPARSE_LIMIT: u64 = 4096;

/// Places all element segments; for each instance, the plans of its segments.
///
/// # Errors
/// [`Error::TooLarge`].
pub(crate) fn place(
    program: &Program<'_>,
    facts: &[ModuleFacts],
    items: &mut Items,
    functions: &mut Functions,
    constants: &mut Constants<'_>,
) -> Result<Vec<Vec<ElementPlan>>, Error> {
    for (instance, facts) in facts.iter().enumerate() {
        note_facts(program, instance, facts, items);
    }
    let mut images: Vec<Image> = items.tables().iter().map(|_| Image::default()).collect();
    let mut plans = Vec::with_capacity(program.instances.len());
    for (instance, facts) in facts.iter().enumerate() {
        let module = program.instances[instance].module;
        let mut leading = true;
        let mut instance_plans = Vec::with_capacity(module.elements.len());
        for (index, segment) in module.elements.iter().enumerate() {
            let used = facts.element_used[index];
            let mut plan =
                ElementPlan { droppable: facts.element_dropped[index], ..ElementPlan::default() };
            match segment.mode {
                ElementMode::Declared => {}
                ElementMode::Passive => {
                    plan.count = segment.items.len() as u64;
                    if used {
                        let references = resolve(instance, segment, items, functions);
                        plan.contents = Some(constants.add_references(references)?);
                    }
                }
                ElementMode::Active { table, offset } => {
                    let table = items.table_id(instance, table);
                    let offset = items.offset(instance, offset);
                    let references = resolve(instance, segment, items, functions);
                    let own = items.tables()[table.position()].place.instance == instance;
                    let image = &mut images[table.position()];
                    let minimum = items.tables()[table.position()].minimum;
                    leading = leading && own && image.accepts(offset, references.len(), minimum);
                    if leading {
                        image.write(offset, &references);
                    } else {
                        plan.active_count = Some(references.len() as u64);
                        plan.contents = Some(constants.add_references(references)?);
                        items.tables_mut()[table.position()].written = true;
                    }
                }
            }
            instance_plans.push(plan);
        }
        plans.push(instance_plans);
    }
    for (table, image) in items.tables_mut().iter_mut().zip(images) {
        let fixed = table.fixed_length().is_some() && !table.written;
        table.contents = image.finish(table.minimum, fixed, constants)?;
    }
    Ok(plans)
}

fn note_facts(program: &Program<'_>, instance: usize, facts: &ModuleFacts, items: &mut Items) {
    for index in 0..program.instances[instance].module.tables.len() {
        let id = items.table_id(instance, TableIndex::from_position(index));
        let table = &mut items.tables_mut()[id.position()];
        table.written |= facts.table_written[index];
        table.grows |= facts.table_grown[index];
    }
}

/// The references in a segment; host references are always null, since no constant expression makes
/// another one.
fn resolve(
    instance: usize,
    segment: &ElementSegment,
    items: &Items,
    functions: &mut Functions,
) -> Vec<Reference> {
    (0..segment.items.len())
        .map(|position| match items.constant(instance, segment.items.get(position), functions) {
            ConstantValue::Reference(reference) => reference,
            _ => panic!("validation makes elements references"),
        })
        .collect()
}

/// The first elements of a table, as segments fill them.
#[derive(Default)]
struct Image {
    elements: Vec<Reference>,
    /// Elements of segments so far.
    filled: u64,
}

impl Image {
    /// Whether a segment lies inside the table and does not make the image too sparse.
    fn accepts(&self, offset: u64, count: usize, minimum: u64) -> bool {
        let end = offset.saturating_add(count as u64);
        end <= minimum && end <= SPARSE_LIMIT + 4 * (self.filled + count as u64)
    }

    fn write(&mut self, offset: u64, references: &[Reference]) {
        let start = usize::try_from(offset).expect("inside a table's image");
        let end = start + references.len();
        if self.elements.len() < end {
            self.elements.resize(end, None);
        }
        self.elements[start..end].copy_from_slice(references);
        self.filled += references.len() as u64;
    }

    fn finish(
        mut self,
        minimum: u64,
        fixed: bool,
        constants: &mut Constants<'_>,
    ) -> Result<TableContents, Error> {
        let read_only = fixed && minimum <= SPARSE_LIMIT + 4 * self.filled;
        let mut contents = TableContents { read_only, ..TableContents::default() };
        if read_only {
            let length = usize::try_from(minimum).expect("bounded by the image");
            self.elements.resize(length, None);
            for element in &self.elements {
                contents.note(*element);
            }
        }
        let count = self.elements.len() as u64;
        if count > 0 || read_only {
            contents.image = Some((constants.add_references(self.elements)?, count));
        }
        Ok(contents)
    }
}

impl TableContents {
    fn note(&mut self, element: Reference) {
        let Some((number, signature)) = element else {
            self.has_null = true;
            return;
        };
        self.candidates
            .entry(signature)
            .and_modify(|candidates| {
                if *candidates != Candidates::One(number) {
                    *candidates = Candidates::Many;
                }
            })
            .or_insert(Candidates::One(number));
    }
}

impl TableContents {
    /// The function that every successful call of this signature through the table reaches, when
    /// there is exactly one and nothing changes the table.
    pub(crate) fn only_candidate(&self, signature: SignatureId) -> Option<FunctionNumber> {
        match self.candidates.get(&signature) {
            Some(Candidates::One(number)) if self.read_only => Some(*number),
            _ => None,
        }
    }
}
