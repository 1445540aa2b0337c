//! Reference instructions (core specification, 4.4.2). Null is zero for every type of reference; a
//! function reference is loaded, packed, from the reference array.

use super::Translator;
use crate::convention::REFERENCE;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};
use wasm2native_wasm::FuncIndex;
use wasm2native_wasm::wasmparser::Operator;

impl Translator<'_, '_> {
    /// Translates a reference instruction; `false` when it is none.
    pub(super) fn reference(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::RefNull { .. } => {
                let null = self.builder.ins().iconst(REFERENCE, 0);
                self.stack.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.stack.pop();
                let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
                let is_null = self.truth(is_null);
                self.stack.push(is_null);
            }
            Operator::RefFunc { function_index } => {
                let function = FuncIndex::from_u32(function_index);
                let functions = &self.environment.plan.functions;
                let offset = functions.function_reference_offset(self.instance, function);
                let reference = self.function_reference(offset);
                self.stack.push(reference);
            }
            _ => return false,
        }
        true
    }

    /// The packed reference at an offset of the reference array.
    pub(super) fn function_reference(&mut self, offset: u32) -> Value {
        let base = self.addresses.read_only(&mut self.builder, 0);
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.builder.ins().load(REFERENCE, flags, base, offset.cast_signed())
    }
}
