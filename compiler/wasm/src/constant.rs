//! Constant expressions: what initialises globals and segments (core specification, 3.3.10).

use crate::{FuncIndex, GlobalIndex};
use wasmparser::{ConstExpr, Operator};

/// The value of a constant expression. WebAssembly 2.0 allows exactly one instruction in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `i32.const`
    I32(i32),
    /// `i64.const`
    I64(i64),
    /// `f32.const`, as bits.
    F32(u32),
    /// `f64.const`, as bits.
    F64(u64),
    /// `v128.const`, lane 0 first.
    V128([u8; 16]),
    /// `ref.null`
    NullReference,
    /// `ref.func`
    Function(FuncIndex),
    /// `global.get`
    Global(GlobalIndex),
}

impl Constant {
    /// Reads an expression that validation accepted.
    pub(crate) fn read(expression: &ConstExpr<'_>) -> Result<Self, crate::Error> {
        let mut reader = expression.get_operators_reader();
        let (operator, wasm_offset) = reader.read_with_offset()?;
        let constant = match operator {
            Operator::I32Const { value } => Self::I32(value),
            Operator::I64Const { value } => Self::I64(value),
            Operator::F32Const { value } => Self::F32(value.bits()),
            Operator::F64Const { value } => Self::F64(value.bits()),
            Operator::V128Const { value } => Self::V128(*value.bytes()),
            Operator::RefNull { .. } => Self::NullReference,
            Operator::RefFunc { function_index } => {
                Self::Function(FuncIndex::from_u32(function_index))
            }
            Operator::GlobalGet { global_index } => {
                Self::Global(GlobalIndex::from_u32(global_index))
            }
            _ => {
                return Err(crate::Error::Invalid {
                    message: "constant expression required".to_owned(),
                    wasm_offset,
                });
            }
        };
        match reader.read_with_offset()? {
            (Operator::End, _) => Ok(constant),
            (_, wasm_offset) => Err(crate::Error::Invalid {
                message: "extended constant expressions are not supported".to_owned(),
                wasm_offset,
            }),
        }
    }
}
