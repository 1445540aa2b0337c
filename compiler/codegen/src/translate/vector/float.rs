//! Float arithmetic on lanes.
//!
//! Invariant: `min` and `max` propagate NaN as for scalars; `pmin` and `pmax` are a comparison and a
//! choice, so that an operand's bits come out unchanged (core specification, 4.3.3).

use super::Vector;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Type, types};
use types::{F32X4, F64X2};
use wasm2native_wasm::wasmparser::Operator;

impl Vector<'_, '_> {
    /// Translates an instruction of this file's subject; `false` when it is none.
    pub(super) fn float(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::F32x4Add => self.binary(F32X4, |ins, a, b| ins.fadd(a, b)),
            O::F64x2Add => self.binary(F64X2, |ins, a, b| ins.fadd(a, b)),
            O::F32x4Sub => self.binary(F32X4, |ins, a, b| ins.fsub(a, b)),
            O::F64x2Sub => self.binary(F64X2, |ins, a, b| ins.fsub(a, b)),
            O::F32x4Mul => self.binary(F32X4, |ins, a, b| ins.fmul(a, b)),
            O::F64x2Mul => self.binary(F64X2, |ins, a, b| ins.fmul(a, b)),
            O::F32x4Div => self.binary(F32X4, |ins, a, b| ins.fdiv(a, b)),
            O::F64x2Div => self.binary(F64X2, |ins, a, b| ins.fdiv(a, b)),
            O::F32x4Min => self.binary(F32X4, |ins, a, b| ins.fmin(a, b)),
            O::F64x2Min => self.binary(F64X2, |ins, a, b| ins.fmin(a, b)),
            O::F32x4Max => self.binary(F32X4, |ins, a, b| ins.fmax(a, b)),
            O::F64x2Max => self.binary(F64X2, |ins, a, b| ins.fmax(a, b)),
            O::F32x4Abs => self.unary(F32X4, |ins, a| ins.fabs(a)),
            O::F64x2Abs => self.unary(F64X2, |ins, a| ins.fabs(a)),
            O::F32x4Neg => self.unary(F32X4, |ins, a| ins.fneg(a)),
            O::F64x2Neg => self.unary(F64X2, |ins, a| ins.fneg(a)),
            O::F32x4Sqrt => self.unary(F32X4, |ins, a| ins.sqrt(a)),
            O::F64x2Sqrt => self.unary(F64X2, |ins, a| ins.sqrt(a)),
            O::F32x4Ceil => self.unary(F32X4, |ins, a| ins.ceil(a)),
            O::F64x2Ceil => self.unary(F64X2, |ins, a| ins.ceil(a)),
            O::F32x4Floor => self.unary(F32X4, |ins, a| ins.floor(a)),
            O::F64x2Floor => self.unary(F64X2, |ins, a| ins.floor(a)),
            O::F32x4Trunc => self.unary(F32X4, |ins, a| ins.trunc(a)),
            O::F64x2Trunc => self.unary(F64X2, |ins, a| ins.trunc(a)),
            O::F32x4Nearest => self.unary(F32X4, |ins, a| ins.nearest(a)),
            O::F64x2Nearest => self.unary(F64X2, |ins, a| ins.nearest(a)),
            O::F32x4PMin => self.pseudo(F32X4, FloatCC::GreaterThan),
            O::F64x2PMin => self.pseudo(F64X2, FloatCC::GreaterThan),
            O::F32x4PMax => self.pseudo(F32X4, FloatCC::LessThan),
            O::F64x2PMax => self.pseudo(F64X2, FloatCC::LessThan),
            _ => return false,
        }
        true
    }

    /// The second operand where the first one compares to it so, else the first.
    ///
    /// Back ends know the pattern of a less-than comparison whose operands are also what is chosen from;
    /// "greater than" is written as that with operands exchanged.
    fn pseudo(&mut self, lanes: Type, condition: FloatCC) {
        let (first, second) = self.pop2(lanes);
        let mask = match condition {
            FloatCC::GreaterThan => self.builder.ins().fcmp(FloatCC::LessThan, second, first),
            _ => self.builder.ins().fcmp(condition, first, second),
        };
        let mask = self.cast(mask, lanes);
        let result = self.builder.ins().bitselect(mask, second, first);
        self.push(result);
    }
}
