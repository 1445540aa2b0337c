//! A plan and its code to the program header and the tables that it refers to.
//!
//! It writes, field by field and in the target's byte order, the structures of
//! [`wasm2native_abi::program`]; their order here is theirs. Invariant: everything lies in the read-only
//! section, the reference array at its very start.

use crate::compile::CompiledFunction;
use crate::names::function_name;
use crate::place::Places;
use crate::plan::{Body, FunctionNumber, InstancePlan, Piece, Plan};
use crate::read_only::{Outside, ReadOnly};
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::program::{PROGRAM_MAGIC, ValueType};
use wasm2native_wasm::wasmparser::ValType;

/// Where the other sections' contents are.
pub(crate) struct Offsets {
    /// Of everything in the code.
    pub(crate) places: Places,
    /// Of each instance's block, in the data.
    pub(crate) blocks: Vec<u64>,
    /// Of each run of each instance's memory image, in the image section.
    pub(crate) images: Vec<Vec<u64>>,
}

/// Index of code that no module wrote.
const NO_FUNCTION: u32 = u32::MAX;

/// Offset and number of elements of an array in the section.
type Slice = (u64, usize);

/// Writes the read-only section; returns the offset of the header.
pub(crate) fn write(
    plan: &Plan<'_>,
    code: &[CompiledFunction],
    offsets: &Offsets,
    cpu_features: u32,
    with_names: bool,
    section: &mut ReadOnly,
) -> u64 {
    write_constants(plan, offsets, section);
    let traps = write_traps(code, offsets, section);
    let functions = write_functions(plan, offsets, with_names, section);
    let entries = write_entries(plan, offsets, section);
    let instances = write_instances(plan, offsets, section);
    let header = section.align(16);
    section.bytes(&PROGRAM_MAGIC);
    section.u32(ABI_VERSION);
    section.u32(cpu_features);
    section.outside(Outside::Code(0));
    section.u32(u32::try_from(offsets.places.code_bytes).expect("code is limited"));
    for (start, count) in traps.into_iter().chain(functions) {
        section.slice(start, count);
    }
    section.slice(0, plan.functions.references().len());
    section.slice(instances.0, instances.1);
    section.slice(entries.0, entries.1);
    header
}

fn write_constants(plan: &Plan<'_>, offsets: &Offsets, section: &mut ReadOnly) {
    for (offset, piece) in plan.constants.pieces() {
        section.align(piece.align_bytes() as usize);
        assert_eq!(section.offset(), u64::from(*offset), "constants lie where they were planned");
        match piece {
            Piece::Bytes(bytes) => section.bytes(bytes),
            Piece::References(references) => {
                for reference in references {
                    match reference {
                        Some((number, signature)) => {
                            let code_offset = offsets.places.functions[number.position()];
                            section.packed(code_offset, signature.identity());
                        }
                        None => section.u64(0),
                    }
                }
            }
        }
    }
}

/// Offsets, then codes, of instructions that may trap.
fn write_traps(code: &[CompiledFunction], offsets: &Offsets, section: &mut ReadOnly) -> [Slice; 2] {
    let start = section.align(8);
    let mut count = 0;
    for (function, function_offset) in code.iter().zip(&offsets.places.functions) {
        let function_offset = u32::try_from(*function_offset).expect("code is limited");
        section.u32s(function.traps.iter().map(|(offset, _)| function_offset + offset));
        count += function.traps.len();
    }
    let codes_start = section.offset();
    for function in code {
        for (_, trap) in &function.traps {
            section.bytes(&[*trap]);
        }
    }
    [(start, count), (codes_start, count)]
}

/// The function table, then the names that it refers to.
fn write_functions(
    plan: &Plan<'_>,
    offsets: &Offsets,
    with_names: bool,
    section: &mut ReadOnly,
) -> [Slice; 2] {
    let start = section.align(8);
    let mut names = String::new();
    for (position, (body, code_offset)) in
        plan.functions.bodies().iter().zip(&offsets.places.functions).enumerate()
    {
        let name_offset = names.len();
        let mut index = NO_FUNCTION;
        if let Body::Defined { instance, function } = *body {
            let module = plan.module(instance);
            index = module.functions[function.position()].index.as_u32();
        }
        if with_names {
            names.push_str(&function_name(plan, FunctionNumber::from_position(position)));
        }
        let bounded = |value: usize| u32::try_from(value).expect("names are limited");
        section.u32(u32::try_from(*code_offset).expect("code is limited"));
        section.u32(index);
        section.u32(bounded(name_offset));
        section.u32(bounded(names.len() - name_offset));
    }
    let names_start = section.offset();
    section.bytes(names.as_bytes());
    [(start, offsets.places.functions.len()), (names_start, names.len())]
}

fn write_entries(plan: &Plan<'_>, offsets: &Offsets, section: &mut ReadOnly) -> Slice {
    let mut texts = Vec::new();
    for entry in &plan.program.entries {
        let signature = plan.functions.signature(entry.instance, entry.function);
        let function_type = plan.signatures.get(signature);
        let parameters = function_type.params().iter().map(|ty| value_type(*ty) as u8).collect();
        let results = function_type.results().iter().map(|ty| value_type(*ty) as u8).collect();
        let parts: [Vec<u8>; 3] = [entry.export_name.clone().into_bytes(), parameters, results];
        texts.push(parts.map(|part| {
            let start = section.offset();
            section.bytes(&part);
            (start, part.len())
        }));
    }
    let start = section.align(8);
    for (position, (entry, parts)) in plan.program.entries.iter().zip(texts).enumerate() {
        for (start, count) in parts {
            section.slice(start, count);
        }
        let code = plan.functions.entry(position);
        section.outside(Outside::Code(offsets.places.functions[code.position()]));
        section.u32(entry.kind as u32);
        section.u32(u32::try_from(entry.instance).expect("instances are limited to 32 bits"));
        section.u32(0);
    }
    (start, plan.program.entries.len())
}

fn value_type(ty: ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::Ref(reference) if reference.is_func_ref() => ValueType::FuncRef,
        ValType::Ref(_) => ValueType::ExternRef,
    }
}

fn write_instances(plan: &Plan<'_>, offsets: &Offsets, section: &mut ReadOnly) -> Slice {
    let mut parts = Vec::with_capacity(plan.instances.len());
    for (position, instance) in plan.instances.iter().enumerate() {
        let memories = write_memories(plan, offsets, position, section);
        let images = write_images(instance, &offsets.images[position], section);
        let tables = write_tables(plan, offsets, position, section);
        parts.push([memories, images, tables]);
    }
    let start = section.align(8);
    for (position, (instance, parts)) in plan.instances.iter().zip(parts).enumerate() {
        section.outside(Outside::Data(offsets.blocks[position]));
        match plan.program.instances[position].host_memory {
            Some((owner, memory)) => {
                let place = plan.memory(owner, memory).place;
                let block = offsets.blocks[place.instance];
                section.outside(Outside::Data(block + u64::from(place.offset)));
            }
            None => section.absent(),
        }
        for (start, count) in parts {
            section.slice(start, count);
        }
        match instance.initialize {
            Some(number) => {
                section.outside(Outside::Code(offsets.places.functions[number.position()]))
            }
            None => section.absent(),
        }
        section.u32(0);
    }
    (start, plan.instances.len())
}

fn write_memories(
    plan: &Plan<'_>,
    offsets: &Offsets,
    instance: usize,
    section: &mut ReadOnly,
) -> Slice {
    let start = section.align(8);
    let memories = plan.items.memories().iter().filter(|memory| memory.place.instance == instance);
    let mut count = 0;
    for memory in memories {
        section.u64(memory.minimum_bytes);
        section.u64(memory.maximum_bytes);
        section.u64(memory.guard_bytes);
        let block = offsets.blocks[instance];
        section.outside(Outside::Data(block + u64::from(memory.place.offset)));
        section.u32(memory.page_size_log2);
        section.u32(memory.strategy as u32);
        section.u32(0);
        count += 1;
    }
    (start, count)
}

fn write_images(instance: &InstancePlan, images: &[u64], section: &mut ReadOnly) -> Slice {
    let start = section.align(8);
    for (run, offset) in instance.images.iter().zip(images) {
        section.u64(run.memory_offset);
        section.u64(run.bytes.len() as u64);
        section.u32(run.memory);
        section.outside(Outside::Image(*offset));
    }
    (start, instance.images.len())
}

fn write_tables(
    plan: &Plan<'_>,
    offsets: &Offsets,
    instance: usize,
    section: &mut ReadOnly,
) -> Slice {
    let start = section.align(8);
    let tables = plan.items.tables().iter().filter(|table| table.place.instance == instance);
    let mut count = 0;
    for table in tables {
        section.u64(table.minimum);
        section.u64(table.maximum);
        match table.contents.image {
            Some((image, elements)) => {
                section.slice(u64::from(image), usize::try_from(elements).expect("in memory"));
            }
            None => {
                section.absent();
                section.u32(0);
            }
        }
        let block = offsets.blocks[instance];
        section.outside(Outside::Data(block + u64::from(table.place.offset)));
        section.u32(u32::from(table.contents.read_only));
        count += 1;
    }
    (start, count)
}
