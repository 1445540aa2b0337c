//! Vectors as bits: bitwise instructions, shifts, and summaries of a vector in one `i32`.
//!
//! Invariant: the count of a shift is taken modulo the width of a lane, by CLIF as by WebAssembly.

use super::Vector;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use cranelift_frontend::FuncInstBuilder;
use types::{I8X16, I16X8, I32, I32X4, I64X2};
use wasm2native_wasm::wasmparser::Operator;

impl Vector<'_, '_> {
    /// Translates an instruction of this file's subject; `false` when it is none.
    pub(super) fn bits(&mut self, operator: &Operator<'_>) -> bool {
        self.bitwise(operator) || self.shift(operator) || self.summary(operator)
    }

    fn bitwise(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::V128Not => self.unary(I8X16, |ins, a| ins.bnot(a)),
            O::V128And => self.binary(I8X16, |ins, a, b| ins.band(a, b)),
            O::V128AndNot => self.binary(I8X16, |ins, a, b| ins.band_not(a, b)),
            O::V128Or => self.binary(I8X16, |ins, a, b| ins.bor(a, b)),
            O::V128Xor => self.binary(I8X16, |ins, a, b| ins.bxor(a, b)),
            O::V128Bitselect => {
                let (ones, zeros, mask) = self.stack.pop3();
                let result = self.builder.ins().bitselect(mask, ones, zeros);
                self.stack.push(result);
            }
            _ => return false,
        }
        true
    }

    fn shift(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I8x16Shl => self.shift_by(I8X16, |ins, a, count| ins.ishl(a, count)),
            O::I16x8Shl => self.shift_by(I16X8, |ins, a, count| ins.ishl(a, count)),
            O::I32x4Shl => self.shift_by(I32X4, |ins, a, count| ins.ishl(a, count)),
            O::I64x2Shl => self.shift_by(I64X2, |ins, a, count| ins.ishl(a, count)),
            O::I8x16ShrS => self.shift_by(I8X16, |ins, a, count| ins.sshr(a, count)),
            O::I16x8ShrS => self.shift_by(I16X8, |ins, a, count| ins.sshr(a, count)),
            O::I32x4ShrS => self.shift_by(I32X4, |ins, a, count| ins.sshr(a, count)),
            O::I64x2ShrS => self.shift_by(I64X2, |ins, a, count| ins.sshr(a, count)),
            O::I8x16ShrU => self.shift_by(I8X16, |ins, a, count| ins.ushr(a, count)),
            O::I16x8ShrU => self.shift_by(I16X8, |ins, a, count| ins.ushr(a, count)),
            O::I32x4ShrU => self.shift_by(I32X4, |ins, a, count| ins.ushr(a, count)),
            O::I64x2ShrU => self.shift_by(I64X2, |ins, a, count| ins.ushr(a, count)),
            _ => return false,
        }
        true
    }

    fn summary(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::V128AnyTrue => {
                let vector = self.stack.pop();
                let truth = self.builder.ins().vany_true(vector);
                self.push_truth(truth);
            }
            O::I8x16AllTrue => self.all_true(I8X16),
            O::I16x8AllTrue => self.all_true(I16X8),
            O::I32x4AllTrue => self.all_true(I32X4),
            O::I64x2AllTrue => self.all_true(I64X2),
            O::I8x16Bitmask => self.bitmask(I8X16),
            O::I16x8Bitmask => self.bitmask(I16X8),
            O::I32x4Bitmask => self.bitmask(I32X4),
            O::I64x2Bitmask => self.bitmask(I64X2),
            _ => return false,
        }
        true
    }

    fn shift_by(
        &mut self,
        lanes: Type,
        emit: impl FnOnce(FuncInstBuilder<'_, '_>, Value, Value) -> Value,
    ) {
        let count = self.stack.pop();
        let vector = self.pop(lanes);
        let result = emit(self.builder.ins(), vector, count);
        self.push(result);
    }

    fn all_true(&mut self, lanes: Type) {
        let vector = self.pop(lanes);
        let truth = self.builder.ins().vall_true(vector);
        self.push_truth(truth);
    }

    /// The highest bit of each lane, that of lane 0 lowest.
    fn bitmask(&mut self, lanes: Type) {
        let vector = self.pop(lanes);
        let result = self.builder.ins().vhigh_bits(I32, vector);
        self.stack.push(result);
    }
}
