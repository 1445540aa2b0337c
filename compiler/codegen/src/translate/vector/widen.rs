//! Instructions whose result has lanes of another width or kind than their operands.
//!
//! "Low" lanes are those with the lower indices. Invariant: a vector that is half used has zeros in
//! the other half where the name says so (`_zero`).

use super::Vector;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use wasm2native_wasm::wasmparser::Operator;

/// Which half of a vector is widened, and how.
#[derive(Clone, Copy)]
enum Half {
    LowSigned,
    LowUnsigned,
    HighSigned,
    HighUnsigned,
}

impl Vector<'_, '_> {
    /// Translates an instruction of this file's subject; `false` when it is none.
    pub(super) fn widen(&mut self, operator: &Operator<'_>) -> bool {
        self.extend(operator)
            || self.extended_product(operator)
            || self.pairwise(operator)
            || self.narrow(operator)
            || self.convert(operator)
    }

    fn extend(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        let (lanes, half) = match operator {
            O::I16x8ExtendLowI8x16S => (I8X16, Half::LowSigned),
            O::I16x8ExtendLowI8x16U => (I8X16, Half::LowUnsigned),
            O::I16x8ExtendHighI8x16S => (I8X16, Half::HighSigned),
            O::I16x8ExtendHighI8x16U => (I8X16, Half::HighUnsigned),
            O::I32x4ExtendLowI16x8S => (I16X8, Half::LowSigned),
            O::I32x4ExtendLowI16x8U => (I16X8, Half::LowUnsigned),
            O::I32x4ExtendHighI16x8S => (I16X8, Half::HighSigned),
            O::I32x4ExtendHighI16x8U => (I16X8, Half::HighUnsigned),
            O::I64x2ExtendLowI32x4S => (I32X4, Half::LowSigned),
            O::I64x2ExtendLowI32x4U => (I32X4, Half::LowUnsigned),
            O::I64x2ExtendHighI32x4S => (I32X4, Half::HighSigned),
            O::I64x2ExtendHighI32x4U => (I32X4, Half::HighUnsigned),
            _ => return false,
        };
        let operand = self.pop(lanes);
        let result = self.half(operand, half);
        self.push(result);
        true
    }

    fn extended_product(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        let (lanes, half) = match operator {
            O::I16x8ExtMulLowI8x16S => (I8X16, Half::LowSigned),
            O::I16x8ExtMulLowI8x16U => (I8X16, Half::LowUnsigned),
            O::I16x8ExtMulHighI8x16S => (I8X16, Half::HighSigned),
            O::I16x8ExtMulHighI8x16U => (I8X16, Half::HighUnsigned),
            O::I32x4ExtMulLowI16x8S => (I16X8, Half::LowSigned),
            O::I32x4ExtMulLowI16x8U => (I16X8, Half::LowUnsigned),
            O::I32x4ExtMulHighI16x8S => (I16X8, Half::HighSigned),
            O::I32x4ExtMulHighI16x8U => (I16X8, Half::HighUnsigned),
            O::I64x2ExtMulLowI32x4S => (I32X4, Half::LowSigned),
            O::I64x2ExtMulLowI32x4U => (I32X4, Half::LowUnsigned),
            O::I64x2ExtMulHighI32x4S => (I32X4, Half::HighSigned),
            O::I64x2ExtMulHighI32x4U => (I32X4, Half::HighUnsigned),
            _ => return false,
        };
        let (first, second) = self.pop2(lanes);
        let result = self.product(first, second, half);
        self.push(result);
        true
    }

    /// Sums of neighbours.
    fn pairwise(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I16x8ExtAddPairwiseI8x16S => {
                self.add_pairs(I8X16, Half::LowSigned, Half::HighSigned);
            }
            O::I16x8ExtAddPairwiseI8x16U => {
                self.add_pairs(I8X16, Half::LowUnsigned, Half::HighUnsigned);
            }
            O::I32x4ExtAddPairwiseI16x8S => {
                self.add_pairs(I16X8, Half::LowSigned, Half::HighSigned);
            }
            O::I32x4ExtAddPairwiseI16x8U => {
                self.add_pairs(I16X8, Half::LowUnsigned, Half::HighUnsigned);
            }
            O::I32x4DotI16x8S => {
                let (first, second) = self.pop2(I16X8);
                let low = self.product(first, second, Half::LowSigned);
                let high = self.product(first, second, Half::HighSigned);
                let result = self.builder.ins().iadd_pairwise(low, high);
                self.push(result);
            }
            _ => return false,
        }
        true
    }

    /// Integers to narrower ones, saturating; operands are signed also when results are not.
    fn narrow(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I8x16NarrowI16x8S => self.binary(I16X8, |ins, a, b| ins.snarrow(a, b)),
            O::I8x16NarrowI16x8U => self.binary(I16X8, |ins, a, b| ins.unarrow(a, b)),
            O::I16x8NarrowI32x4S => self.binary(I32X4, |ins, a, b| ins.snarrow(a, b)),
            O::I16x8NarrowI32x4U => self.binary(I32X4, |ins, a, b| ins.unarrow(a, b)),
            _ => return false,
        }
        true
    }

    /// Between integers and floats, and between floats.
    fn convert(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::F32x4ConvertI32x4S => self.unary(I32X4, |ins, a| ins.fcvt_from_sint(F32X4, a)),
            O::F32x4ConvertI32x4U => self.unary(I32X4, |ins, a| ins.fcvt_from_uint(F32X4, a)),
            // No back end converts half a vector, but all know the widening before it.
            O::F64x2ConvertLowI32x4S => {
                let operand = self.pop(I32X4);
                let wide = self.half(operand, Half::LowSigned);
                let result = self.builder.ins().fcvt_from_sint(F64X2, wide);
                self.push(result);
            }
            O::F64x2ConvertLowI32x4U => {
                let operand = self.pop(I32X4);
                let wide = self.half(operand, Half::LowUnsigned);
                let result = self.builder.ins().fcvt_from_uint(F64X2, wide);
                self.push(result);
            }
            O::I32x4TruncSatF32x4S => self.unary(F32X4, |ins, a| ins.fcvt_to_sint_sat(I32X4, a)),
            O::I32x4TruncSatF32x4U => self.unary(F32X4, |ins, a| ins.fcvt_to_uint_sat(I32X4, a)),
            // Saturating twice, to 64 bits and to 32, is saturating once to 32.
            O::I32x4TruncSatF64x2SZero => {
                let operand = self.pop(F64X2);
                let wide = self.builder.ins().fcvt_to_sint_sat(I64X2, operand);
                let zero = self.constant(I64X2, [0; 16]);
                let result = self.builder.ins().snarrow(wide, zero);
                self.push(result);
            }
            O::I32x4TruncSatF64x2UZero => {
                let operand = self.pop(F64X2);
                let wide = self.builder.ins().fcvt_to_uint_sat(I64X2, operand);
                let zero = self.constant(I64X2, [0; 16]);
                let result = self.builder.ins().uunarrow(wide, zero);
                self.push(result);
            }
            O::F32x4DemoteF64x2Zero => self.unary(F64X2, |ins, a| ins.fvdemote(a)),
            O::F64x2PromoteLowF32x4 => self.unary(F32X4, |ins, a| ins.fvpromote_low(a)),
            _ => return false,
        }
        true
    }

    fn half(&mut self, vector: Value, half: Half) -> Value {
        let ins = self.builder.ins();
        match half {
            Half::LowSigned => ins.swiden_low(vector),
            Half::LowUnsigned => ins.uwiden_low(vector),
            Half::HighSigned => ins.swiden_high(vector),
            Half::HighUnsigned => ins.uwiden_high(vector),
        }
    }

    fn product(&mut self, first: Value, second: Value, half: Half) -> Value {
        let first = self.half(first, half);
        let second = self.half(second, half);
        self.builder.ins().imul(first, second)
    }

    fn add_pairs(&mut self, lanes: Type, low: Half, high: Half) {
        let operand = self.pop(lanes);
        let low = self.half(operand, low);
        let high = self.half(operand, high);
        let result = self.builder.ins().iadd_pairwise(low, high);
        self.push(result);
    }
}
