//! Constants, and instructions that move lanes without computing with them.
//!
//! Invariant: an index that is an immediate was validated; one that is an operand may be anything, and
//! selects 0 when it is out of range (`swizzle`).

use super::Vector;
use cranelift_codegen::ir::{InstBuilder, Type, types};
use types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64X2};
use wasm2native_wasm::wasmparser::Operator;

impl Vector<'_, '_> {
    /// Translates an instruction of this file's subject; `false` when it is none.
    pub(super) fn lane(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::V128Const { value } => {
                let value = self.constant(I8X16, *value.bytes());
                self.push(value);
            }
            O::I8x16Shuffle { lanes } => {
                let lanes = self.builder.func.dfg.immediates.push(lanes.to_vec().into());
                self.binary(I8X16, |ins, a, b| ins.shuffle(a, b, lanes));
            }
            O::I8x16Swizzle => self.binary(I8X16, |ins, a, b| ins.swizzle(a, b)),
            O::I8x16Splat => self.splat(I8X16),
            O::I16x8Splat => self.splat(I16X8),
            O::I32x4Splat => self.splat(I32X4),
            O::I64x2Splat => self.splat(I64X2),
            O::F32x4Splat => self.splat(F32X4),
            O::F64x2Splat => self.splat(F64X2),
            O::I8x16ExtractLaneS { lane } => self.extract(I8X16, *lane, Extension::Sign),
            O::I8x16ExtractLaneU { lane } => self.extract(I8X16, *lane, Extension::Zero),
            O::I16x8ExtractLaneS { lane } => self.extract(I16X8, *lane, Extension::Sign),
            O::I16x8ExtractLaneU { lane } => self.extract(I16X8, *lane, Extension::Zero),
            O::I32x4ExtractLane { lane } => self.extract(I32X4, *lane, Extension::None),
            O::I64x2ExtractLane { lane } => self.extract(I64X2, *lane, Extension::None),
            O::F32x4ExtractLane { lane } => self.extract(F32X4, *lane, Extension::None),
            O::F64x2ExtractLane { lane } => self.extract(F64X2, *lane, Extension::None),
            O::I8x16ReplaceLane { lane } => self.replace(I8X16, *lane),
            O::I16x8ReplaceLane { lane } => self.replace(I16X8, *lane),
            O::I32x4ReplaceLane { lane } => self.replace(I32X4, *lane),
            O::I64x2ReplaceLane { lane } => self.replace(I64X2, *lane),
            O::F32x4ReplaceLane { lane } => self.replace(F32X4, *lane),
            O::F64x2ReplaceLane { lane } => self.replace(F64X2, *lane),
            _ => return false,
        }
        true
    }

    fn splat(&mut self, lanes: Type) {
        let operand = self.pop_lane(lanes.lane_type());
        let result = self.builder.ins().splat(lanes, operand);
        self.push(result);
    }

    fn extract(&mut self, lanes: Type, lane: u8, extension: Extension) {
        let vector = self.pop(lanes);
        let lane = self.builder.ins().extractlane(vector, lane);
        let result = match extension {
            Extension::None => lane,
            Extension::Sign => self.builder.ins().sextend(I32, lane),
            Extension::Zero => self.builder.ins().uextend(I32, lane),
        };
        self.stack.push(result);
    }

    fn replace(&mut self, lanes: Type, lane: u8) {
        let value = self.pop_lane(lanes.lane_type());
        let vector = self.pop(lanes);
        let result = self.builder.ins().insertlane(vector, value, lane);
        self.push(result);
    }

    /// A scalar operand as the value of a lane: narrow lanes take an `i32`'s lowest bits.
    fn pop_lane(&mut self, lane: Type) -> cranelift_codegen::ir::Value {
        let operand = self.stack.pop();
        match lane {
            I8 | I16 => self.builder.ins().ireduce(lane, operand),
            _ => operand,
        }
    }
}

/// How a lane that is narrower than an `i32` becomes one.
enum Extension {
    None,
    Sign,
    Zero,
}
