//! The operand stack at translation time: the CLIF values that stand for a function's operands.
//!
//! It stands alone so that every file of translation shares one order and one set of conversions.
//! Invariant: validation ran first, so that popping never underflows. A `v128` is always a value of
//! CLIF type `i8x16`; references are `i64`. Source: core specification, 4.2.8 (stack) and 3.3.

use cranelift_codegen::ir::Value;

/// Operands, the topmost last.
#[derive(Default)]
pub(crate) struct OperandStack(Vec<Value>);

impl OperandStack {
    /// Pushes one operand.
    pub(crate) fn push(&mut self, value: Value) {
        self.0.push(value);
    }

    /// Pushes operands, the last of which becomes topmost.
    pub(crate) fn push_all(&mut self, values: &[Value]) {
        self.0.extend_from_slice(values);
    }

    /// Pops the topmost operand.
    ///
    /// # Panics
    /// When there is none, which validation excludes.
    pub(crate) fn pop(&mut self) -> Value {
        self.0.pop().expect("validation keeps the operand stack from underflowing")
    }

    /// Pops two operands: the deeper one, the topmost one.
    pub(crate) fn pop2(&mut self) -> (Value, Value) {
        let top = self.pop();
        (self.pop(), top)
    }

    /// Pops three operands, the deepest first.
    pub(crate) fn pop3(&mut self) -> (Value, Value, Value) {
        let top = self.pop();
        let (deepest, middle) = self.pop2();
        (deepest, middle, top)
    }

    /// The topmost operand.
    pub(crate) fn peek(&self) -> Value {
        *self.0.last().expect("validation keeps the operand stack from underflowing")
    }

    /// The topmost `count` operands, the deepest first.
    pub(crate) fn top(&self, count: usize) -> &[Value] {
        &self.0[self.0.len() - count..]
    }

    /// How many operands there are.
    pub(crate) fn height(&self) -> usize {
        self.0.len()
    }

    /// Drops the topmost operands until `height` remain.
    pub(crate) fn truncate(&mut self, height: usize) {
        self.0.truncate(height);
    }
}
