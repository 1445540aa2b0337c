//! Vector instructions to CLIF (core specification, 4.3.5 and 4.4.2), except memory accesses.
//!
//! Files are split by what instructions do: `lane` (constants, moves of lanes), `integer`, `float`,
//! `compare`, `widen` (lanes of another width), `bits` (bitwise, shifts, summaries). Invariant: between
//! operators a `v128` is an `i8x16`; an operator gives its operands the lanes that it needs and takes
//! them away from its result. Those bitcasts say that lane 0 comes first in memory, as WebAssembly
//! does, so that big-endian machines number lanes the same way and the casts cost nothing.

mod bits;
mod compare;
mod float;
mod integer;
mod lane;
mod widen;

use super::stack::OperandStack;
use cranelift_codegen::ir::{
    Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, ValueDef, types,
};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder};
use types::{I8X16, I32};
use wasm2native_wasm::wasmparser::Operator;

/// Translates a vector instruction that accesses no memory; `false` when it is none.
pub(crate) fn translate(
    operator: &Operator<'_>,
    builder: &mut FunctionBuilder<'_>,
    stack: &mut OperandStack,
) -> bool {
    let mut vector = Vector { builder, stack };
    vector.lane(operator)
        || vector.bits(operator)
        || vector.float(operator)
        || vector.integer(operator)
        || vector.compare(operator)
        || vector.widen(operator)
}

/// Operators on the topmost operands, whose lanes have the type that each method is given.
struct Vector<'a, 'f> {
    builder: &'a mut FunctionBuilder<'f>,
    stack: &'a mut OperandStack,
}

impl Vector<'_, '_> {
    fn unary(&mut self, lanes: Type, emit: impl FnOnce(FuncInstBuilder<'_, '_>, Value) -> Value) {
        let operand = self.pop(lanes);
        let result = emit(self.builder.ins(), operand);
        self.push(result);
    }

    fn binary(
        &mut self,
        lanes: Type,
        emit: impl FnOnce(FuncInstBuilder<'_, '_>, Value, Value) -> Value,
    ) {
        let (first, second) = self.pop2(lanes);
        let result = emit(self.builder.ins(), first, second);
        self.push(result);
    }

    fn pop(&mut self, lanes: Type) -> Value {
        let value = self.stack.pop();
        self.cast(value, lanes)
    }

    fn pop2(&mut self, lanes: Type) -> (Value, Value) {
        let (first, second) = self.stack.pop2();
        (self.cast(first, lanes), self.cast(second, lanes))
    }

    fn push(&mut self, vector: Value) {
        let bytes = self.cast(vector, I8X16);
        self.stack.push(bytes);
    }

    /// Pushes an `i8` that is 0 or 1 as an `i32`.
    fn push_truth(&mut self, truth: Value) {
        let result = self.builder.ins().uextend(I32, truth);
        self.stack.push(result);
    }

    /// The vector's bits as lanes of this type.
    fn cast(&mut self, vector: Value, lanes: Type) -> Value {
        let graph = &self.builder.func.dfg;
        if graph.value_type(vector) == lanes {
            return vector;
        }
        // What was cast to bytes only to pass the operand stack is used as it was.
        if let ValueDef::Result(instruction, _) = graph.value_def(vector)
            && let InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, arg, .. } =
                graph.insts[instruction]
            && graph.value_type(arg) == lanes
        {
            return arg;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(lanes, flags, vector)
    }

    /// A constant vector with lanes of this type from its bytes as in memory.
    fn constant(&mut self, lanes: Type, bytes: [u8; 16]) -> Value {
        let bytes = self.builder.func.dfg.constants.insert(bytes.to_vec().into());
        self.builder.ins().vconst(lanes, bytes)
    }
}
