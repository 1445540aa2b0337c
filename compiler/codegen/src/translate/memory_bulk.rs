//! Bulk memory instructions (core specification, 4.4.7): bounds are checked in line, bytes are moved
//! by libcalls, or in line when there are few and their number is constant.
//!
//! Critical to the sandbox: libcalls trust the ranges that they are given. Invariant: nothing is
//! written when any of it would be out of bounds.

use super::Translator;
use super::address::Region;
use crate::plan::MemoryPlan;
use crate::trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, TrapCode, Type, Value, types};
use wasm2native_abi::runtime::Libcall;
use wasm2native_wasm::DataIndex;
use wasm2native_wasm::wasmparser::Operator;

/// Constant sizes up to here are copied or filled in line.
const INLINE_LIMIT_BYTES: u64 = 64;

impl Translator<'_, '_> {
    /// Translates a bulk memory instruction; `false` when it is none.
    pub(super) fn memory_bulk(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::MemoryFill { mem } => {
                let (index, byte, count) = self.stack.pop3();
                let memory = self.memory_plan(mem);
                let constant = self.constant_size(count);
                let index = self.widen_index(index, memory.memory64);
                let count = self.widen_index(count, memory.memory64);
                let to = self.byte_range(memory, index, count);
                match constant {
                    Some(bytes) => self.fill_inline(to, byte, bytes),
                    None => {
                        self.libcall(Libcall::MemoryFill, &[to, byte, count]);
                    }
                }
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (to, from, count) = self.stack.pop3();
                let destination = self.memory_plan(dst_mem);
                let source = self.memory_plan(src_mem);
                let constant = self.constant_size(count);
                let to = self.widen_index(to, destination.memory64);
                let from = self.widen_index(from, source.memory64);
                let count = self.widen_index(count, destination.memory64 && source.memory64);
                let from = self.byte_range(source, from, count);
                let to = self.byte_range(destination, to, count);
                self.copy(to, from, count, constant);
            }
            Operator::MemoryInit { data_index, mem } => {
                let (index, offset, count) = self.stack.pop3();
                let memory = self.memory_plan(mem);
                let index = self.widen_index(index, memory.memory64);
                let offset = self.widen_index(offset, false);
                let count = self.widen_index(count, false);
                self.memory_init(DataIndex::from_u32(data_index), memory, [index, offset, count]);
            }
            Operator::DataDrop { data_index } => {
                let plan = &self.environment.plan.instances[self.instance];
                if plan.data[data_index as usize].size_bytes > 0 {
                    self.set_flag(plan.layout.data_dropped(data_index));
                }
            }
            _ => return false,
        }
        true
    }

    fn memory_init(
        &mut self,
        segment: DataIndex,
        memory: &MemoryPlan,
        [index, offset, count]: [Value; 3],
    ) {
        let instance = &self.environment.plan.instances[self.instance];
        let plan = instance.data[segment.position()];
        let dropped = instance.layout.data_dropped(segment.as_u32());
        let available = self.segment_size(plan.size_bytes, plan.droppable.then_some(dropped));
        self.check_range(offset, count, available, false, trap::MEMORY_OUT_OF_BOUNDS);
        self.copy_bytes(plan.contents.unwrap_or(0), memory, [index, offset, count]);
    }

    /// Copies `count` bytes of read-only data from `offset` after `contents` to `index` of a memory,
    /// within whose bounds they must lie.
    pub(super) fn copy_bytes(
        &mut self,
        contents: u32,
        memory: &MemoryPlan,
        [index, offset, count]: [Value; 3],
    ) {
        let to = self.byte_range(memory, index, count);
        let contents = self.addresses.read_only(&mut self.builder, contents);
        let from = self.builder.ins().iadd(contents, offset);
        self.libcall(Libcall::MemoryCopy, &[to, from, count]);
    }

    /// How much of a segment is left: nothing once it was dropped, which a byte of the instance block
    /// at `dropped` says when an instruction may drop it.
    pub(super) fn segment_size(&mut self, size: u64, dropped: Option<u32>) -> Value {
        let size_value = self.builder.ins().iconst(types::I64, size.cast_signed());
        let Some(offset) = dropped.filter(|_| size > 0) else {
            return size_value;
        };
        let block = self.addresses.block(&mut self.builder, self.instance);
        let flags = self.addresses.trusted(&mut self.builder, Region::Block);
        let flag = self.builder.ins().load(types::I8, flags, block, offset.cast_signed());
        let zero = self.builder.ins().iconst(types::I64, 0);
        self.builder.ins().select(flag, zero, size_value)
    }

    /// Marks a segment as dropped.
    pub(super) fn set_flag(&mut self, offset: u32) {
        let block = self.addresses.block(&mut self.builder, self.instance);
        let flags = self.addresses.trusted(&mut self.builder, Region::Block);
        let one = self.builder.ins().iconst(types::I8, 1);
        self.builder.ins().store(flags, one, block, offset.cast_signed());
    }

    /// Traps unless `start` + `count` is at most `limit`; all are 64 bits, and `wraps` says whether
    /// the sum may exceed that.
    pub(super) fn check_range(
        &mut self,
        start: Value,
        count: Value,
        limit: Value,
        wraps: bool,
        code: TrapCode,
    ) {
        let end = if wraps {
            self.builder.ins().uadd_overflow_trap(start, count, code)
        } else {
            self.builder.ins().iadd(start, count)
        };
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        self.builder.ins().trapnz(outside, code);
    }

    /// The address of the first of `count` bytes from `index`, both 64 bits, after a check that all
    /// of them lie in the memory.
    fn byte_range(&mut self, memory: &MemoryPlan, index: Value, count: Value) -> Value {
        let length = self.memory_length(memory);
        let code = trap::MEMORY_OUT_OF_BOUNDS;
        self.check_range(index, count, length, memory.memory64, code);
        let base = self.memory_base(memory);
        self.builder.ins().iadd(base, index)
    }

    /// The value of a size operand when it is constant and small.
    fn constant_size(&self, size: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let instruction = dfg.value_def(size).inst()?;
        let cranelift_codegen::ir::InstructionData::UnaryImm { imm, .. } = dfg.insts[instruction]
        else {
            return None;
        };
        let size = u64::try_from(imm.bits()).ok()?;
        (size <= INLINE_LIMIT_BYTES).then_some(size)
    }

    fn memory_flags(&mut self) -> MemFlagsData {
        let region = self.addresses.region(&mut self.builder, Region::Memory);
        MemFlagsData::new().with_notrap().with_alias_region(Some(region))
    }

    fn copy(&mut self, to: Value, from: Value, count: Value, constant: Option<u64>) {
        let Some(bytes) = constant else {
            self.libcall(Libcall::MemoryCopy, &[to, from, count]);
            return;
        };
        // All loads come before all stores, since the ranges may overlap.
        let flags = self.memory_flags();
        let pieces: Vec<(Value, i32)> = pieces(bytes, self.environment.has_vectors)
            .map(|(ty, offset)| (self.builder.ins().load(ty, flags, from, offset), offset))
            .collect();
        for (value, offset) in pieces {
            self.builder.ins().store(flags, value, to, offset);
        }
    }

    fn fill_inline(&mut self, to: Value, byte: Value, bytes: u64) {
        let flags = self.memory_flags();
        let byte = self.builder.ins().ireduce(types::I8, byte);
        let has_vectors = self.environment.has_vectors;
        let vector = has_vectors.then(|| self.builder.ins().splat(types::I8X16, byte));
        let long = self.builder.ins().uextend(types::I64, byte);
        let long = self.builder.ins().imul_imm_u(long, 0x0101_0101_0101_0101);
        for (ty, offset) in pieces(bytes, has_vectors) {
            let value = match (ty, vector) {
                (types::I8X16, Some(vector)) => vector,
                (types::I64, _) => long,
                (narrow, _) => self.builder.ins().ireduce(narrow, long),
            };
            self.builder.ins().store(flags, value, to, offset);
        }
    }
}

/// Splits `bytes` bytes into accesses, the widest first.
fn pieces(bytes: u64, has_vectors: bool) -> impl Iterator<Item = (Type, i32)> {
    const WIDTHS: [(Type, u64); 5] =
        [(types::I8X16, 16), (types::I64, 8), (types::I32, 4), (types::I16, 2), (types::I8, 1)];
    let widths = if has_vectors { &WIDTHS[..] } else { &WIDTHS[1..] };
    let mut offset = 0;
    std::iter::from_fn(move || {
        let left = bytes - offset;
        let &(ty, width) = widths.iter().find(|(_, width)| *width <= left)?;
        let piece = (ty, i32::try_from(offset).expect("a small constant"));
        offset += width;
        Some(piece)
    })
}
