//! Integer arithmetic that leaves lanes their width.
//!
//! Invariant: results wrap around unless the instruction saturates.

use super::Vector;
use cranelift_codegen::ir::{InstBuilder, types};
use types::{I8X16, I16X8, I32X4, I64X2};
use wasm2native_wasm::wasmparser::Operator;

impl Vector<'_, '_> {
    /// Translates an instruction of this file's subject; `false` when it is none.
    pub(super) fn integer(&mut self, operator: &Operator<'_>) -> bool {
        self.modular(operator) || self.bounded(operator)
    }

    /// Sums, products and what is like them.
    fn modular(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I8x16Add => self.binary(I8X16, |ins, a, b| ins.iadd(a, b)),
            O::I16x8Add => self.binary(I16X8, |ins, a, b| ins.iadd(a, b)),
            O::I32x4Add => self.binary(I32X4, |ins, a, b| ins.iadd(a, b)),
            O::I64x2Add => self.binary(I64X2, |ins, a, b| ins.iadd(a, b)),
            O::I8x16Sub => self.binary(I8X16, |ins, a, b| ins.isub(a, b)),
            O::I16x8Sub => self.binary(I16X8, |ins, a, b| ins.isub(a, b)),
            O::I32x4Sub => self.binary(I32X4, |ins, a, b| ins.isub(a, b)),
            O::I64x2Sub => self.binary(I64X2, |ins, a, b| ins.isub(a, b)),
            O::I16x8Mul => self.binary(I16X8, |ins, a, b| ins.imul(a, b)),
            O::I32x4Mul => self.binary(I32X4, |ins, a, b| ins.imul(a, b)),
            O::I64x2Mul => self.binary(I64X2, |ins, a, b| ins.imul(a, b)),
            // The least integer is its own negation and its own absolute value.
            O::I8x16Neg => self.unary(I8X16, |ins, a| ins.ineg(a)),
            O::I16x8Neg => self.unary(I16X8, |ins, a| ins.ineg(a)),
            O::I32x4Neg => self.unary(I32X4, |ins, a| ins.ineg(a)),
            O::I64x2Neg => self.unary(I64X2, |ins, a| ins.ineg(a)),
            O::I8x16Abs => self.unary(I8X16, |ins, a| ins.iabs(a)),
            O::I16x8Abs => self.unary(I16X8, |ins, a| ins.iabs(a)),
            O::I32x4Abs => self.unary(I32X4, |ins, a| ins.iabs(a)),
            O::I64x2Abs => self.unary(I64X2, |ins, a| ins.iabs(a)),
            O::I8x16Popcnt => self.unary(I8X16, |ins, a| ins.popcnt(a)),
            _ => return false,
        }
        true
    }

    /// Saturating instructions, extremes and averages.
    fn bounded(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I8x16AddSatS => self.binary(I8X16, |ins, a, b| ins.sadd_sat(a, b)),
            O::I16x8AddSatS => self.binary(I16X8, |ins, a, b| ins.sadd_sat(a, b)),
            O::I8x16AddSatU => self.binary(I8X16, |ins, a, b| ins.uadd_sat(a, b)),
            O::I16x8AddSatU => self.binary(I16X8, |ins, a, b| ins.uadd_sat(a, b)),
            O::I8x16SubSatS => self.binary(I8X16, |ins, a, b| ins.ssub_sat(a, b)),
            O::I16x8SubSatS => self.binary(I16X8, |ins, a, b| ins.ssub_sat(a, b)),
            O::I8x16SubSatU => self.binary(I8X16, |ins, a, b| ins.usub_sat(a, b)),
            O::I16x8SubSatU => self.binary(I16X8, |ins, a, b| ins.usub_sat(a, b)),
            O::I8x16MinS => self.binary(I8X16, |ins, a, b| ins.smin(a, b)),
            O::I16x8MinS => self.binary(I16X8, |ins, a, b| ins.smin(a, b)),
            O::I32x4MinS => self.binary(I32X4, |ins, a, b| ins.smin(a, b)),
            O::I8x16MinU => self.binary(I8X16, |ins, a, b| ins.umin(a, b)),
            O::I16x8MinU => self.binary(I16X8, |ins, a, b| ins.umin(a, b)),
            O::I32x4MinU => self.binary(I32X4, |ins, a, b| ins.umin(a, b)),
            O::I8x16MaxS => self.binary(I8X16, |ins, a, b| ins.smax(a, b)),
            O::I16x8MaxS => self.binary(I16X8, |ins, a, b| ins.smax(a, b)),
            O::I32x4MaxS => self.binary(I32X4, |ins, a, b| ins.smax(a, b)),
            O::I8x16MaxU => self.binary(I8X16, |ins, a, b| ins.umax(a, b)),
            O::I16x8MaxU => self.binary(I16X8, |ins, a, b| ins.umax(a, b)),
            O::I32x4MaxU => self.binary(I32X4, |ins, a, b| ins.umax(a, b)),
            O::I8x16AvgrU => self.binary(I8X16, |ins, a, b| ins.avg_round(a, b)),
            O::I16x8AvgrU => self.binary(I16X8, |ins, a, b| ins.avg_round(a, b)),
            // Only -1 times -1 in this fixed-point format saturates.
            O::I16x8Q15MulrSatS => self.binary(I16X8, |ins, a, b| ins.sqmul_round_sat(a, b)),
            _ => return false,
        }
        true
    }
}
