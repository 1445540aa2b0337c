//! Table instructions (core specification, 4.4.6).
//!
//! Critical to the sandbox: an element's address is formed only here, behind a bounds check, and stays
//! inside the table when the processor guesses the check wrong.

use super::Translator;
use super::address::Region;
use crate::convention::{POINTER, REFERENCE};
use crate::plan::TablePlan;
use crate::trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, TrapCode, Value, types};
use wasm2native_abi::instance::{TABLE_BASE_OFFSET, TABLE_LENGTH_OFFSET};
use wasm2native_abi::runtime::Libcall;
use wasm2native_wasm::wasmparser::Operator;
use wasm2native_wasm::{ElementIndex, TableIndex};

/// Binary logarithm of an element's size.
const ELEMENT_SIZE_LOG2: i64 = 3;

impl<'p> Translator<'_, 'p> {
    /// Translates a table instruction; `false` when it is none.
    pub(super) fn table(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::TableGet { table } => {
                let index = self.stack.pop();
                let table = self.table_plan(table);
                let element = self.element_address(table, index, trap::TABLE_OUT_OF_BOUNDS);
                let flags = self.addresses.trusted(&mut self.builder, Region::Table);
                let reference = self.builder.ins().load(REFERENCE, flags, element, 0);
                self.stack.push(reference);
            }
            Operator::TableSet { table } => {
                let (index, reference) = self.stack.pop2();
                let table = self.table_plan(table);
                let element = self.element_address(table, index, trap::TABLE_OUT_OF_BOUNDS);
                let flags = self.addresses.trusted(&mut self.builder, Region::Table);
                self.builder.ins().store(flags, reference, element, 0);
            }
            Operator::TableSize { table } => {
                let table = self.table_plan(table);
                let length = self.table_length(table);
                let length = self.narrow_index(length, table.table64);
                self.stack.push(length);
            }
            Operator::TableGrow { table } => {
                let (initial, delta) = self.stack.pop2();
                let table = self.table_plan(table);
                let delta = self.widen_index(delta, table.table64);
                let descriptor = self.table_descriptor(table);
                let former = self.libcall(Libcall::TableGrow, &[descriptor, delta, initial]);
                let former = former.expect("the libcall has a result");
                let former = self.narrow_index(former, table.table64);
                self.stack.push(former);
            }
            Operator::TableFill { table } => {
                let (index, reference, count) = self.stack.pop3();
                let table = self.table_plan(table);
                let index = self.widen_index(index, table.table64);
                let count = self.widen_index(count, table.table64);
                let first = self.element_range(table, index, count);
                self.libcall(Libcall::TableFill, &[first, reference, count]);
            }
            Operator::TableCopy { dst_table, src_table } => self.table_copy(dst_table, src_table),
            Operator::TableInit { elem_index, table } => {
                let (index, offset, count) = self.stack.pop3();
                let table = self.table_plan(table);
                let index = self.widen_index(index, table.table64);
                let offset = self.widen_index(offset, false);
                let count = self.widen_index(count, false);
                self.table_init(ElementIndex::from_u32(elem_index), table, [index, offset, count]);
            }
            Operator::ElemDrop { elem_index } => {
                let plan = &self.environment.plan.instances[self.instance];
                if plan.elements[elem_index as usize].count > 0 {
                    self.set_flag(plan.layout.element_dropped(elem_index));
                }
            }
            _ => return false,
        }
        true
    }

    fn table_plan(&self, table: u32) -> &'p TablePlan {
        self.environment.plan.table(self.instance, TableIndex::from_u32(table))
    }

    fn table_copy(&mut self, destination: u32, source: u32) {
        let (to, from, count) = self.stack.pop3();
        let destination = self.table_plan(destination);
        let source = self.table_plan(source);
        let to = self.widen_index(to, destination.table64);
        let from = self.widen_index(from, source.table64);
        let count = self.widen_index(count, destination.table64 && source.table64);
        let from = self.element_range(source, from, count);
        let to = self.element_range(destination, to, count);
        let bytes = self.builder.ins().ishl_imm_u(count, ELEMENT_SIZE_LOG2);
        self.libcall(Libcall::MemoryCopy, &[to, from, bytes]);
    }

    /// Copies `count` elements of a segment from `offset` to `index` of a table; the three are 64
    /// bits.
    pub(super) fn table_init(
        &mut self,
        segment: ElementIndex,
        table: &TablePlan,
        [index, offset, count]: [Value; 3],
    ) {
        let instance = &self.environment.plan.instances[self.instance];
        let plan = instance.elements[segment.position()];
        let dropped = instance.layout.element_dropped(segment.as_u32());
        let available = self.segment_size(plan.count, plan.droppable.then_some(dropped));
        self.check_range(offset, count, available, false, trap::TABLE_OUT_OF_BOUNDS);
        self.copy_elements(plan.contents.unwrap_or(0), table, [index, offset, count]);
    }

    /// Copies `count` elements of read-only data from `offset` after `contents` to `index` of a
    /// table, within whose bounds they must lie.
    pub(super) fn copy_elements(
        &mut self,
        contents: u32,
        table: &TablePlan,
        [index, offset, count]: [Value; 3],
    ) {
        let to = self.element_range(table, index, count);
        let contents = self.addresses.read_only(&mut self.builder, contents);
        let offset = self.builder.ins().ishl_imm_u(offset, ELEMENT_SIZE_LOG2);
        let from = self.builder.ins().iadd(contents, offset);
        let bytes = self.builder.ins().ishl_imm_u(count, ELEMENT_SIZE_LOG2);
        self.libcall(Libcall::MemoryCopy, &[to, from, bytes]);
    }

    fn table_descriptor(&mut self, table: &TablePlan) -> Value {
        let block = self.addresses.block(&mut self.builder, table.place.instance);
        self.builder.ins().iadd_imm_u(block, i64::from(table.place.offset))
    }

    /// The number of elements, 64 bits.
    fn table_length(&mut self, table: &TablePlan) -> Value {
        if let Some(length) = table.fixed_length() {
            return self.builder.ins().iconst(types::I64, length.cast_signed());
        }
        let block = self.addresses.block(&mut self.builder, table.place.instance);
        let flags = self.addresses.trusted(&mut self.builder, Region::Block);
        let offset = table.place.offset + TABLE_LENGTH_OFFSET;
        self.builder.ins().load(types::I64, flags, block, offset.cast_signed())
    }

    /// The address of element 0. A table moves only when it grows.
    fn table_base(&mut self, table: &TablePlan) -> Value {
        if let (true, Some((offset, _))) = (table.contents.read_only, table.contents.image) {
            return self.addresses.read_only(&mut self.builder, offset);
        }
        let block = self.addresses.block(&mut self.builder, table.place.instance);
        let flags = if table.fixed_length().is_some() {
            MemFlagsData::trusted().with_readonly().with_can_move()
        } else {
            self.addresses.trusted(&mut self.builder, Region::Block)
        };
        let offset = table.place.offset + TABLE_BASE_OFFSET;
        self.builder.ins().load(POINTER, flags, block, offset.cast_signed())
    }

    /// The address of the element at `index`, an operand, behind its bounds check.
    pub(super) fn element_address(
        &mut self,
        table: &TablePlan,
        index: Value,
        code: TrapCode,
    ) -> Value {
        let index = self.widen_index(index, table.table64);
        let length = self.table_length(table);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.builder.ins().trapnz(outside, code);
        let base = self.table_base(table);
        let offset = self.builder.ins().ishl_imm_u(index, ELEMENT_SIZE_LOG2);
        let element = self.builder.ins().iadd(base, offset);
        self.builder.ins().select_spectre_guard(outside, base, element)
    }

    /// The address of the first of `count` elements from `index`, both 64 bits, after a check that
    /// all of them lie in the table.
    fn element_range(&mut self, table: &TablePlan, index: Value, count: Value) -> Value {
        let length = self.table_length(table);
        self.check_range(index, count, length, table.table64, trap::TABLE_OUT_OF_BOUNDS);
        let base = self.table_base(table);
        let offset = self.builder.ins().ishl_imm_u(index, ELEMENT_SIZE_LOG2);
        self.builder.ins().iadd(base, offset)
    }
}
