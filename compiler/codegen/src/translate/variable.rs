//! Variable instructions (core specification, 4.4.5).
//!
//! Locals are variables of Cranelift's frontend, numbered alike. Globals are slots of instance blocks;
//! an immutable one is its value.

use super::Translator;
use super::address::Region;
use crate::convention::{REFERENCE, clif_type};
use crate::plan::{ConstantValue, GlobalPlan};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::Variable;
use wasm2native_wasm::wasmparser::Operator;
use wasm2native_wasm::{GlobalIndex, wasmparser::ValType};

impl Translator<'_, '_> {
    /// Translates a variable instruction; `false` when it is none.
    pub(super) fn variable(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::LocalGet { local_index } => {
                let value = self.builder.use_var(Variable::from_u32(local_index));
                self.stack.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.stack.pop();
                self.builder.def_var(Variable::from_u32(local_index), value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.stack.peek();
                self.builder.def_var(Variable::from_u32(local_index), value);
            }
            Operator::GlobalGet { global_index } => {
                let global = *self.global(global_index);
                let value = if global.mutable {
                    let (address, flags) = self.global_address(&global);
                    let offset = global.place.offset.cast_signed();
                    let ty = clif_type(global.value_type);
                    self.builder.ins().load(ty, flags, address, offset)
                } else {
                    self.constant(global.initial)
                };
                self.stack.push(value);
            }
            Operator::GlobalSet { global_index } => {
                let value = self.stack.pop();
                let global = *self.global(global_index);
                self.set_global(&global, value);
            }
            _ => return false,
        }
        true
    }

    fn global(&self, index: u32) -> &GlobalPlan {
        self.environment.plan.global(self.instance, GlobalIndex::from_u32(index))
    }

    fn global_address(&mut self, global: &GlobalPlan) -> (Value, MemFlagsData) {
        let address = self.addresses.block(&mut self.builder, global.place.instance);
        let flags = self.addresses.trusted(&mut self.builder, Region::Block);
        (address, value_flags(flags, global.value_type))
    }

    /// Stores the value of a global.
    pub(super) fn set_global(&mut self, global: &GlobalPlan, value: Value) {
        let (address, flags) = self.global_address(global);
        let offset = global.place.offset.cast_signed();
        self.builder.ins().store(flags, value, address, offset);
    }

    /// A value that is known when the program is compiled.
    pub(super) fn constant(&mut self, constant: ConstantValue) -> Value {
        match constant {
            ConstantValue::I32(value) => self.builder.ins().iconst(types::I32, i64::from(value)),
            ConstantValue::I64(value) => self.builder.ins().iconst(types::I64, value),
            ConstantValue::F32(bits) => self.builder.ins().f32const(Ieee32::with_bits(bits)),
            ConstantValue::F64(bits) => self.builder.ins().f64const(Ieee64::with_bits(bits)),
            ConstantValue::V128(bytes) => {
                let bytes = self.builder.func.dfg.constants.insert(bytes.to_vec().into());
                self.builder.ins().vconst(types::I8X16, bytes)
            }
            ConstantValue::Reference(None) => self.builder.ins().iconst(REFERENCE, 0),
            ConstantValue::Reference(Some((number, _))) => {
                let offset = self.environment.plan.functions.reference_offset(number);
                self.function_reference(offset)
            }
        }
    }
}

/// Flags for a slot: the target's own byte order, except that vectors are little-endian (see
/// [`wasm2native_abi::instance::Slot`]).
pub(super) fn value_flags(flags: MemFlagsData, value_type: ValType) -> MemFlagsData {
    match value_type {
        ValType::V128 => flags.with_endianness(Endianness::Little),
        _ => flags,
    }
}
