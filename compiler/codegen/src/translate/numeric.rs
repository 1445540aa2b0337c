//! Numeric instructions on scalars to CLIF (core specification, 4.3.2 to 4.3.4 and 4.4.1).
//!
//! It stands alone because these instructions read and write nothing but the operand stack. Invariant:
//! the constant of an instruction keeps its bits, also those of a NaN, and what may trap traps with
//! Cranelift's own codes (division, conversion), which `crate::trap` translates. Sources: the core
//! specification for what an operator does, Cranelift's `InstBuilder` for what an instruction does.

use super::stack::OperandStack;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{
    InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, types,
};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder};
use types::{F32, F64, I8, I16, I32, I64};
use wasm2native_wasm::wasmparser::Operator;

/// Translates a numeric instruction on scalars; `false` when it is none.
pub(crate) fn translate(
    operator: &Operator<'_>,
    builder: &mut FunctionBuilder<'_>,
    stack: &mut OperandStack,
) -> bool {
    let mut scalar = Scalar { builder, stack };
    scalar.constant(operator)
        || scalar.integer(operator)
        || scalar.comparison(operator)
        || scalar.float(operator)
        || scalar.conversion(operator)
        || scalar.truncation(operator)
}

/// Operators on the topmost operands.
struct Scalar<'a, 'f> {
    builder: &'a mut FunctionBuilder<'f>,
    stack: &'a mut OperandStack,
}

impl Scalar<'_, '_> {
    fn unary(&mut self, emit: impl FnOnce(FuncInstBuilder<'_, '_>, Value) -> Value) {
        let operand = self.stack.pop();
        let result = emit(self.builder.ins(), operand);
        self.stack.push(result);
    }

    fn binary(&mut self, emit: impl FnOnce(FuncInstBuilder<'_, '_>, Value, Value) -> Value) {
        let (first, second) = self.stack.pop2();
        let result = emit(self.builder.ins(), first, second);
        self.stack.push(result);
    }

    fn compare_integers(&mut self, condition: IntCC) {
        let (mut first, mut second) = self.stack.pop2();
        if matches!(condition, IntCC::Equal | IntCC::NotEqual)
            && let Some(limit) = self.constant_i32(second)
            && self.is_constant_addition_i32(first)
        {
            // Compilers end loops with `next = counter + k; if (next != limit) repeat`. Cranelift would
            // compare `counter` with `limit - k`, which keeps `counter` alive beside `next`: another
            // register, and a move and a jump for each repetition. It leaves wider comparisons alone,
            // and extending costs nothing after an addition.
            first = self.builder.ins().uextend(I64, first);
            second = self.builder.ins().iconst(I64, i64::from(limit));
        }
        let truth = self.builder.ins().icmp(condition, first, second);
        self.push_truth(truth);
    }

    /// The value of an `i32` that is a constant.
    fn constant_i32(&self, value: Value) -> Option<u32> {
        match self.definition(value)? {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                u32::try_from(imm.bits()).ok()
            }
            _ => None,
        }
    }

    fn is_constant_addition_i32(&self, value: Value) -> bool {
        self.builder.func.dfg.value_type(value) == I32
            && matches!(
                self.definition(value),
                Some(InstructionData::Binary { opcode: Opcode::Iadd, args: [_, addend] })
                    if self.constant_i32(addend).is_some()
            )
    }

    /// The instruction that computes a value.
    fn definition(&self, value: Value) -> Option<InstructionData> {
        let graph = &self.builder.func.dfg;
        Some(graph.insts[graph.value_def(value).inst()?])
    }

    fn compare_floats(&mut self, condition: FloatCC) {
        let (first, second) = self.stack.pop2();
        let truth = self.builder.ins().fcmp(condition, first, second);
        self.push_truth(truth);
    }

    /// CLIF compares to an `i8`, WebAssembly to an `i32`.
    fn push_truth(&mut self, truth: Value) {
        let result = self.builder.ins().uextend(I32, truth);
        self.stack.push(result);
    }

    /// `extendN_s`: the lowest bits of the operand, sign-extended to its own type.
    fn sign_extend(&mut self, narrow: Type) {
        let operand = self.stack.pop();
        let wide = self.builder.func.dfg.value_type(operand);
        let low = self.builder.ins().ireduce(narrow, operand);
        let result = self.builder.ins().sextend(wide, low);
        self.stack.push(result);
    }

    /// The operand's bits as a value of another type of the same width.
    fn reinterpret(&mut self, to: Type) {
        self.unary(|ins, a| ins.bitcast(to, MemFlagsData::new(), a));
    }

    fn constant(&mut self, operator: &Operator<'_>) -> bool {
        let ins = self.builder.ins();
        let value = match operator {
            // An immediate of a narrow type has zeros above its width.
            Operator::I32Const { value } => ins.iconst(I32, i64::from(value.cast_unsigned())),
            Operator::I64Const { value } => ins.iconst(I64, *value),
            Operator::F32Const { value } => ins.f32const(Ieee32::with_bits(value.bits())),
            Operator::F64Const { value } => ins.f64const(Ieee64::with_bits(value.bits())),
            _ => return false,
        };
        self.stack.push(value);
        true
    }

    fn integer(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I32Add | O::I64Add => self.binary(|ins, a, b| ins.iadd(a, b)),
            O::I32Sub | O::I64Sub => self.binary(|ins, a, b| ins.isub(a, b)),
            O::I32Mul | O::I64Mul => self.binary(|ins, a, b| ins.imul(a, b)),
            // Both divisions trap on zero, the signed one also when the quotient does not fit.
            O::I32DivS | O::I64DivS => self.binary(|ins, a, b| ins.sdiv(a, b)),
            O::I32DivU | O::I64DivU => self.binary(|ins, a, b| ins.udiv(a, b)),
            // The remainder of the least integer by -1 is 0 and does not trap.
            O::I32RemS | O::I64RemS => self.binary(|ins, a, b| ins.srem(a, b)),
            O::I32RemU | O::I64RemU => self.binary(|ins, a, b| ins.urem(a, b)),
            O::I32And | O::I64And => self.binary(|ins, a, b| ins.band(a, b)),
            O::I32Or | O::I64Or => self.binary(|ins, a, b| ins.bor(a, b)),
            O::I32Xor | O::I64Xor => self.binary(|ins, a, b| ins.bxor(a, b)),
            // Counts are taken modulo the width by both sides.
            O::I32Shl | O::I64Shl => self.binary(|ins, a, b| ins.ishl(a, b)),
            O::I32ShrS | O::I64ShrS => self.binary(|ins, a, b| ins.sshr(a, b)),
            O::I32ShrU | O::I64ShrU => self.binary(|ins, a, b| ins.ushr(a, b)),
            O::I32Rotl | O::I64Rotl => self.binary(|ins, a, b| ins.rotl(a, b)),
            O::I32Rotr | O::I64Rotr => self.binary(|ins, a, b| ins.rotr(a, b)),
            O::I32Clz | O::I64Clz => self.unary(|ins, a| ins.clz(a)),
            O::I32Ctz | O::I64Ctz => self.unary(|ins, a| ins.ctz(a)),
            O::I32Popcnt | O::I64Popcnt => self.unary(|ins, a| ins.popcnt(a)),
            O::I32Extend8S | O::I64Extend8S => self.sign_extend(I8),
            O::I32Extend16S | O::I64Extend16S => self.sign_extend(I16),
            O::I64Extend32S => self.sign_extend(I32),
            _ => return false,
        }
        true
    }

    fn comparison(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I32Eqz | O::I64Eqz => {
                let operand = self.stack.pop();
                let truth = self.builder.ins().icmp_imm_u(IntCC::Equal, operand, 0);
                self.push_truth(truth);
            }
            O::I32Eq | O::I64Eq => self.compare_integers(IntCC::Equal),
            O::I32Ne | O::I64Ne => self.compare_integers(IntCC::NotEqual),
            O::I32LtS | O::I64LtS => self.compare_integers(IntCC::SignedLessThan),
            O::I32LtU | O::I64LtU => self.compare_integers(IntCC::UnsignedLessThan),
            O::I32GtS | O::I64GtS => self.compare_integers(IntCC::SignedGreaterThan),
            O::I32GtU | O::I64GtU => self.compare_integers(IntCC::UnsignedGreaterThan),
            O::I32LeS | O::I64LeS => self.compare_integers(IntCC::SignedLessThanOrEqual),
            O::I32LeU | O::I64LeU => self.compare_integers(IntCC::UnsignedLessThanOrEqual),
            O::I32GeS | O::I64GeS => self.compare_integers(IntCC::SignedGreaterThanOrEqual),
            O::I32GeU | O::I64GeU => self.compare_integers(IntCC::UnsignedGreaterThanOrEqual),
            // All are false when an operand is NaN, but "not equal", which is true.
            O::F32Eq | O::F64Eq => self.compare_floats(FloatCC::Equal),
            O::F32Ne | O::F64Ne => self.compare_floats(FloatCC::NotEqual),
            O::F32Lt | O::F64Lt => self.compare_floats(FloatCC::LessThan),
            O::F32Gt | O::F64Gt => self.compare_floats(FloatCC::GreaterThan),
            O::F32Le | O::F64Le => self.compare_floats(FloatCC::LessThanOrEqual),
            O::F32Ge | O::F64Ge => self.compare_floats(FloatCC::GreaterThanOrEqual),
            _ => return false,
        }
        true
    }

    fn float(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::F32Add | O::F64Add => self.binary(|ins, a, b| ins.fadd(a, b)),
            O::F32Sub | O::F64Sub => self.binary(|ins, a, b| ins.fsub(a, b)),
            O::F32Mul | O::F64Mul => self.binary(|ins, a, b| ins.fmul(a, b)),
            O::F32Div | O::F64Div => self.binary(|ins, a, b| ins.fdiv(a, b)),
            // NaN when an operand is NaN; -0 is less than +0.
            O::F32Min | O::F64Min => self.binary(|ins, a, b| ins.fmin(a, b)),
            O::F32Max | O::F64Max => self.binary(|ins, a, b| ins.fmax(a, b)),
            O::F32Copysign | O::F64Copysign => self.binary(|ins, a, b| ins.fcopysign(a, b)),
            O::F32Abs | O::F64Abs => self.unary(|ins, a| ins.fabs(a)),
            O::F32Neg | O::F64Neg => self.unary(|ins, a| ins.fneg(a)),
            O::F32Sqrt | O::F64Sqrt => self.unary(|ins, a| ins.sqrt(a)),
            O::F32Ceil | O::F64Ceil => self.unary(|ins, a| ins.ceil(a)),
            O::F32Floor | O::F64Floor => self.unary(|ins, a| ins.floor(a)),
            O::F32Trunc | O::F64Trunc => self.unary(|ins, a| ins.trunc(a)),
            // Ties go to the even integer.
            O::F32Nearest | O::F64Nearest => self.unary(|ins, a| ins.nearest(a)),
            _ => return false,
        }
        true
    }

    /// Conversions that give any operand a result, but those of floats to integers.
    fn conversion(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I32WrapI64 => self.unary(|ins, a| ins.ireduce(I32, a)),
            O::I64ExtendI32S => self.unary(|ins, a| ins.sextend(I64, a)),
            O::I64ExtendI32U => self.unary(|ins, a| ins.uextend(I64, a)),
            O::F32ConvertI32S | O::F32ConvertI64S => {
                self.unary(|ins, a| ins.fcvt_from_sint(F32, a));
            }
            O::F32ConvertI32U | O::F32ConvertI64U => {
                self.unary(|ins, a| ins.fcvt_from_uint(F32, a));
            }
            O::F64ConvertI32S | O::F64ConvertI64S => {
                self.unary(|ins, a| ins.fcvt_from_sint(F64, a));
            }
            O::F64ConvertI32U | O::F64ConvertI64U => {
                self.unary(|ins, a| ins.fcvt_from_uint(F64, a));
            }
            O::F32DemoteF64 => self.unary(|ins, a| ins.fdemote(F32, a)),
            O::F64PromoteF32 => self.unary(|ins, a| ins.fpromote(F64, a)),
            O::I32ReinterpretF32 => self.reinterpret(I32),
            O::I64ReinterpretF64 => self.reinterpret(I64),
            O::F32ReinterpretI32 => self.reinterpret(F32),
            O::F64ReinterpretI64 => self.reinterpret(F64),
            _ => return false,
        }
        true
    }

    /// Floats to integers: trapping on what does not fit, or saturating with NaN as 0.
    fn truncation(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I32TruncF32S | O::I32TruncF64S => self.unary(|ins, a| ins.fcvt_to_sint(I32, a)),
            O::I32TruncF32U | O::I32TruncF64U => self.unary(|ins, a| ins.fcvt_to_uint(I32, a)),
            O::I64TruncF32S | O::I64TruncF64S => self.unary(|ins, a| ins.fcvt_to_sint(I64, a)),
            O::I64TruncF32U | O::I64TruncF64U => self.unary(|ins, a| ins.fcvt_to_uint(I64, a)),
            O::I32TruncSatF32S | O::I32TruncSatF64S => {
                self.unary(|ins, a| ins.fcvt_to_sint_sat(I32, a));
            }
            O::I32TruncSatF32U | O::I32TruncSatF64U => {
                self.unary(|ins, a| ins.fcvt_to_uint_sat(I32, a));
            }
            O::I64TruncSatF32S | O::I64TruncSatF64S => {
                self.unary(|ins, a| ins.fcvt_to_sint_sat(I64, a));
            }
            O::I64TruncSatF32U | O::I64TruncSatF64U => {
                self.unary(|ins, a| ins.fcvt_to_uint_sat(I64, a));
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests;
