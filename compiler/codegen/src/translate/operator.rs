//! One operator to the file that translates it, and the parametric instructions (core specification,
//! 4.4.4).

use super::{Translator, numeric, vector};
use cranelift_codegen::ir::{InstBuilder, types};
use wasm2native_wasm::wasmparser::Operator;

impl Translator<'_, '_> {
    /// Translates an operator that can be executed and that validation accepted.
    ///
    /// # Panics
    /// When no file translates it: validation accepts only features that are translated.
    pub(super) fn operator(&mut self, operator: &Operator<'_>) {
        let done = self.variable(operator)
            || self.control(operator)
            || self.memory(operator)
            || numeric::translate(operator, &mut self.builder, self.stack)
            || self.call(operator)
            || self.parametric(operator)
            || self.reference(operator)
            || self.table(operator)
            || self.memory_bulk(operator)
            || vector::translate(operator, &mut self.builder, self.stack);
        assert!(done, "no translation of {operator:?}");
    }

    fn parametric(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::Drop => {
                self.stack.pop();
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let (first, second, condition) = self.stack.pop3();
                let value = self.builder.ins().select(condition, first, second);
                self.stack.push(value);
            }
            _ => return false,
        }
        true
    }

    /// A zero of a CLIF type: what locals begin with, and null of every reference type.
    pub(super) fn zero(&mut self, clif_type: types::Type) -> cranelift_codegen::ir::Value {
        match clif_type {
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            types::I8X16 => {
                let bytes = self.builder.func.dfg.constants.insert(vec![0_u8; 16].into());
                self.builder.ins().vconst(types::I8X16, bytes)
            }
            integer => self.builder.ins().iconst(integer, 0),
        }
    }
}
