//! Loads and stores, size and growth (core specification, 4.4.7), except bulk instructions.
//!
//! Critical to the sandbox: every address in a linear memory is formed by [`Translator::address`], the
//! only seam. With the guard strategy, a 32-bit index and an offset up to the guard's size stay inside
//! the reservation and fault; larger offsets are checked against 4 GiB. With the check strategy the
//! end of the access is compared with the memory's length, and the address is null when it is outside,
//! even when the processor guesses wrong.

use super::Translator;
use super::address::Region;
use crate::convention::POINTER;
use crate::plan::MemoryPlan;
use crate::trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Type, Value, types};
use wasm2native_abi::instance::{MEMORY_BASE_OFFSET, MEMORY_LENGTH_OFFSET, MemoryStrategy};
use wasm2native_abi::runtime::Libcall;
use wasm2native_wasm::MemoryIndex;
use wasm2native_wasm::wasmparser::{MemArg, MemArgTarget, Operator};

/// A place in a linear memory that an access may use: an address, a constant to add, and flags.
#[derive(Clone, Copy)]
struct Location {
    address: Value,
    offset: i32,
    flags: MemFlagsData,
}

impl<'p> Translator<'_, 'p> {
    /// Translates a load, a store, `memory.size` or `memory.grow`; `false` when it is none of them.
    pub(super) fn memory(&mut self, operator: &Operator<'_>) -> bool {
        use types::{F32, F64, I8X16, I16, I32, I64};
        match operator {
            Operator::I32Load { memarg } => self.load(memarg, I32),
            Operator::I64Load { memarg } => self.load(memarg, I64),
            Operator::F32Load { memarg } => self.load(memarg, F32),
            Operator::F64Load { memarg } => self.load(memarg, F64),
            Operator::V128Load { memarg } => self.load(memarg, I8X16),
            Operator::I32Load8S { memarg } => self.extending_load(memarg, I32, 1, true),
            Operator::I32Load8U { memarg } => self.extending_load(memarg, I32, 1, false),
            Operator::I32Load16S { memarg } => self.extending_load(memarg, I32, 2, true),
            Operator::I32Load16U { memarg } => self.extending_load(memarg, I32, 2, false),
            Operator::I64Load8S { memarg } => self.extending_load(memarg, I64, 1, true),
            Operator::I64Load8U { memarg } => self.extending_load(memarg, I64, 1, false),
            Operator::I64Load16S { memarg } => self.extending_load(memarg, I64, 2, true),
            Operator::I64Load16U { memarg } => self.extending_load(memarg, I64, 2, false),
            Operator::I64Load32S { memarg } => self.extending_load(memarg, I64, 4, true),
            Operator::I64Load32U { memarg } => self.extending_load(memarg, I64, 4, false),
            Operator::I32Store { memarg } => self.store(memarg, 4),
            Operator::I64Store { memarg } => self.store(memarg, 8),
            Operator::F32Store { memarg } => self.store(memarg, 4),
            Operator::F64Store { memarg } => self.store(memarg, 8),
            Operator::V128Store { memarg } => self.store(memarg, 16),
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => {
                self.truncating_store(memarg, types::I8);
            }
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => {
                self.truncating_store(memarg, I16);
            }
            Operator::I64Store32 { memarg } => self.truncating_store(memarg, I32),
            Operator::MemorySize { mem } => {
                let memory = self.memory_plan(*mem);
                let length = self.memory_length(memory);
                let shift = i64::from(memory.page_size_log2);
                let pages = self.builder.ins().ushr_imm_u(length, shift);
                let pages = self.narrow_index(pages, memory.memory64);
                self.stack.push(pages);
            }
            Operator::MemoryGrow { mem } => {
                let memory = self.memory_plan(*mem);
                let delta = self.stack.pop();
                let delta = self.widen_index(delta, memory.memory64);
                let descriptor = self.memory_descriptor(memory);
                let former = self.libcall(Libcall::MemoryGrow, &[descriptor, delta]);
                let former = former.expect("the libcall has a result");
                let former = self.narrow_index(former, memory.memory64);
                self.stack.push(former);
            }
            _ => return self.vector_memory(operator),
        }
        true
    }

    /// Loads and stores of vectors that are more than a copy of sixteen bytes.
    fn vector_memory(&mut self, operator: &Operator<'_>) -> bool {
        use types::{I8, I8X16, I16, I16X8, I32, I32X4, I64, I64X2};
        match operator {
            Operator::V128Load8x8S { memarg } => self.widening_load(memarg, types::I8X8, true),
            Operator::V128Load8x8U { memarg } => self.widening_load(memarg, types::I8X8, false),
            Operator::V128Load16x4S { memarg } => self.widening_load(memarg, types::I16X4, true),
            Operator::V128Load16x4U { memarg } => self.widening_load(memarg, types::I16X4, false),
            Operator::V128Load32x2S { memarg } => self.widening_load(memarg, types::I32X2, true),
            Operator::V128Load32x2U { memarg } => self.widening_load(memarg, types::I32X2, false),
            Operator::V128Load8Splat { memarg } => self.splat_load(memarg, I8, I8X16),
            Operator::V128Load16Splat { memarg } => self.splat_load(memarg, I16, I16X8),
            Operator::V128Load32Splat { memarg } => self.splat_load(memarg, I32, I32X4),
            Operator::V128Load64Splat { memarg } => self.splat_load(memarg, I64, I64X2),
            Operator::V128Load32Zero { memarg } => self.zero_load(memarg, I32, I32X4),
            Operator::V128Load64Zero { memarg } => self.zero_load(memarg, I64, I64X2),
            Operator::V128Load8Lane { memarg, lane } => self.lane_load(memarg, *lane, I8, I8X16),
            Operator::V128Load16Lane { memarg, lane } => self.lane_load(memarg, *lane, I16, I16X8),
            Operator::V128Load32Lane { memarg, lane } => self.lane_load(memarg, *lane, I32, I32X4),
            Operator::V128Load64Lane { memarg, lane } => self.lane_load(memarg, *lane, I64, I64X2),
            Operator::V128Store8Lane { memarg, lane } => self.lane_store(memarg, *lane, I8X16),
            Operator::V128Store16Lane { memarg, lane } => self.lane_store(memarg, *lane, I16X8),
            Operator::V128Store32Lane { memarg, lane } => self.lane_store(memarg, *lane, I32X4),
            Operator::V128Store64Lane { memarg, lane } => self.lane_store(memarg, *lane, I64X2),
            _ => return false,
        }
        true
    }

    fn load(&mut self, memarg: &MemArg, ty: Type) {
        let value = self.load_value(memarg, ty);
        self.stack.push(value);
    }

    fn load_value(&mut self, memarg: &MemArg, ty: Type) -> Value {
        let at = self.pop_location(memarg, ty.bytes());
        self.builder.ins().load(ty, at.flags, at.address, at.offset)
    }

    fn extending_load(&mut self, memarg: &MemArg, ty: Type, bytes: u32, signed: bool) {
        let Location { address, offset, flags } = self.pop_location(memarg, bytes);
        let ins = self.builder.ins();
        let value = match (bytes, signed) {
            (1, true) => ins.sload8(ty, flags, address, offset),
            (1, false) => ins.uload8(ty, flags, address, offset),
            (2, true) => ins.sload16(ty, flags, address, offset),
            (2, false) => ins.uload16(ty, flags, address, offset),
            (_, true) => ins.sload32(flags, address, offset),
            (_, false) => ins.uload32(flags, address, offset),
        };
        self.stack.push(value);
    }

    fn store(&mut self, memarg: &MemArg, bytes: u32) {
        let value = self.stack.pop();
        let at = self.pop_location(memarg, bytes);
        self.builder.ins().store(at.flags, value, at.address, at.offset);
    }

    fn truncating_store(&mut self, memarg: &MemArg, ty: Type) {
        let value = self.stack.pop();
        let Location { address, offset, flags } = self.pop_location(memarg, ty.bytes());
        let ins = self.builder.ins();
        match ty {
            types::I8 => ins.istore8(flags, value, address, offset),
            types::I16 => ins.istore16(flags, value, address, offset),
            _ => ins.istore32(flags, value, address, offset),
        };
    }

    fn push_vector(&mut self, value: Value) {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        let bytes = if self.builder.func.dfg.value_type(value) == types::I8X16 {
            value
        } else {
            self.builder.ins().bitcast(types::I8X16, flags, value)
        };
        self.stack.push(bytes);
    }

    fn pop_vector(&mut self, ty: Type) -> Value {
        let bytes = self.stack.pop();
        if ty == types::I8X16 {
            return bytes;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(ty, flags, bytes)
    }

    fn widening_load(&mut self, memarg: &MemArg, from: Type, signed: bool) {
        let Location { address, offset, flags } = self.pop_location(memarg, 8);
        let ins = self.builder.ins();
        let value = match (from, signed) {
            (types::I8X8, true) => ins.sload8x8(flags, address, offset),
            (types::I8X8, false) => ins.uload8x8(flags, address, offset),
            (types::I16X4, true) => ins.sload16x4(flags, address, offset),
            (types::I16X4, false) => ins.uload16x4(flags, address, offset),
            (_, true) => ins.sload32x2(flags, address, offset),
            (_, false) => ins.uload32x2(flags, address, offset),
        };
        self.push_vector(value);
    }

    fn splat_load(&mut self, memarg: &MemArg, lane: Type, vector: Type) {
        let value = self.load_value(memarg, lane);
        let value = self.builder.ins().splat(vector, value);
        self.push_vector(value);
    }

    fn zero_load(&mut self, memarg: &MemArg, lane: Type, vector: Type) {
        let value = self.load_value(memarg, lane);
        let value = self.builder.ins().scalar_to_vector(vector, value);
        self.push_vector(value);
    }

    fn lane_load(&mut self, memarg: &MemArg, lane: u8, ty: Type, vector_type: Type) {
        let vector = self.pop_vector(vector_type);
        let value = self.load_value(memarg, ty);
        let value = self.builder.ins().insertlane(vector, value, lane);
        self.push_vector(value);
    }

    fn lane_store(&mut self, memarg: &MemArg, lane: u8, vector_type: Type) {
        let vector = self.pop_vector(vector_type);
        let at = self.pop_location(memarg, vector_type.lane_type().bytes());
        let value = self.builder.ins().extractlane(vector, lane);
        self.builder.ins().store(at.flags, value, at.address, at.offset);
    }

    /// Pops an index and forms the address of an access of `bytes` bytes there.
    fn pop_location(&mut self, memarg: &MemArg, bytes: u32) -> Location {
        let index = self.stack.pop();
        self.address(memarg, bytes, index)
    }

    /// The address of an access of `bytes` bytes at an index and a constant offset: the one place
    /// where addresses in linear memories come from.
    fn address(&mut self, memarg: &MemArg, bytes: u32, index: Value) -> Location {
        let MemArgTarget::Memory(memory) = memarg.target else {
            panic!("validation accepts accesses to memories only");
        };
        let memory = self.memory_plan(memory);
        let region = self.addresses.region(&mut self.builder, Region::Memory);
        let flags = MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_trap_code(Some(trap::MEMORY_OUT_OF_BOUNDS))
            .with_alias_region(Some(region));
        let index = self.widen_index(index, memory.memory64);
        match memory.strategy {
            MemoryStrategy::Guard => {
                let base = self.memory_base(memory);
                // 32-bit index, so index + offset + bytes stays below 4 GiB + guard.
                if memarg.offset + u64::from(bytes) <= memory.guard_bytes {
                    let address = self.builder.ins().iadd(base, index);
                    let offset = i32::try_from(memarg.offset).expect("below the guard's size");
                    return Location { address, offset, flags };
                }
                let start = self.builder.ins().iadd_imm_u(index, memarg.offset.cast_signed());
                let limit = i64::from(u32::MAX);
                let outside =
                    self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, start, limit);
                let address = self.builder.ins().iadd(base, start);
                self.guarded_location(outside, address, flags)
            }
            MemoryStrategy::Check => {
                let length = self.memory_length(memory);
                let (start, outside) =
                    self.checked_range(memory, index, memarg.offset, bytes, length);
                let base = self.memory_base(memory);
                let address = self.builder.ins().iadd(base, start);
                self.guarded_location(outside, address, flags)
            }
        }
    }

    /// Where an access starts, and whether it ends outside a memory of `length` bytes.
    fn checked_range(
        &mut self,
        memory: &MemoryPlan,
        index: Value,
        offset: u64,
        bytes: u32,
        length: Value,
    ) -> (Value, Value) {
        let size = u64::from(bytes);
        let ins = self.builder.ins();
        let (start, end) = if memory.memory64 {
            // A wrap-around is a trap of its own.
            let reach = ins.iconst(types::I64, offset.saturating_add(size).cast_signed());
            let code = trap::MEMORY_OUT_OF_BOUNDS;
            let end = self.builder.ins().uadd_overflow_trap(index, reach, code);
            (self.builder.ins().iadd_imm_u(index, offset.cast_signed()), end)
        } else {
            let start = ins.iadd_imm_u(index, offset.cast_signed());
            (start, self.builder.ins().iadd_imm_u(start, size.cast_signed()))
        };
        (start, self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length))
    }

    /// An address that is null, and so faults, when `outside` holds.
    fn guarded_location(
        &mut self,
        outside: Value,
        address: Value,
        flags: MemFlagsData,
    ) -> Location {
        let null = self.builder.ins().iconst(POINTER, 0);
        let address = self.builder.ins().select_spectre_guard(outside, null, address);
        Location { address, offset: 0, flags }
    }

    /// A memory of the module.
    pub(super) fn memory_plan(&self, memory: u32) -> &'p MemoryPlan {
        self.environment.plan.memory(self.instance, MemoryIndex::from_u32(memory))
    }

    fn memory_descriptor(&mut self, memory: &MemoryPlan) -> Value {
        let block = self.addresses.block(&mut self.builder, memory.place.instance);
        self.builder.ins().iadd_imm_u(block, i64::from(memory.place.offset))
    }

    /// The address of byte 0, which is constant unless the memory is checked and may move.
    pub(super) fn memory_base(&mut self, memory: &MemoryPlan) -> Value {
        let block = self.addresses.block(&mut self.builder, memory.place.instance);
        let flags = match memory.strategy {
            MemoryStrategy::Guard => MemFlagsData::trusted().with_readonly().with_can_move(),
            MemoryStrategy::Check => self.addresses.trusted(&mut self.builder, Region::Block),
        };
        let offset = memory.place.offset + MEMORY_BASE_OFFSET;
        self.builder.ins().load(POINTER, flags, block, offset.cast_signed())
    }

    /// The accessible bytes, 64 bits.
    pub(super) fn memory_length(&mut self, memory: &MemoryPlan) -> Value {
        let block = self.addresses.block(&mut self.builder, memory.place.instance);
        let flags = self.addresses.trusted(&mut self.builder, Region::Block);
        let offset = memory.place.offset + MEMORY_LENGTH_OFFSET;
        self.builder.ins().load(types::I64, flags, block, offset.cast_signed())
    }

    /// An index or a count as 64 bits: `is_64` says whether it is already.
    pub(super) fn widen_index(&mut self, index: Value, is_64: bool) -> Value {
        if is_64 { index } else { self.builder.ins().uextend(types::I64, index) }
    }

    /// A 64-bit size or index as the program sees it.
    pub(super) fn narrow_index(&mut self, index: Value, is_64: bool) -> Value {
        if is_64 { index } else { self.builder.ins().ireduce(types::I32, index) }
    }
}
