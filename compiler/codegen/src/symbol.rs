//! What relocations in compiled code refer to, as Cranelift's user names carry it.
//!
//! Invariant: a symbol survives the trip through a [`UserExternalName`] unchanged.

use crate::plan::FunctionNumber;
use cranelift_codegen::ir::UserExternalName;
use wasm2native_abi::runtime::RuntimeFunction;

/// Something that code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Symbol {
    /// Code of the program.
    Function(FunctionNumber),
    /// A function of the runtime, by its index.
    Runtime(u32),
    /// The block of an instance.
    Block(u32),
    /// An offset in read-only data.
    ReadOnly(u32),
}

impl Symbol {
    /// A function of the runtime.
    pub(crate) fn runtime(function: RuntimeFunction) -> Self {
        Self::Runtime(u32::try_from(function.index()).expect("a small table"))
    }

    /// The block of the instance at `position`.
    pub(crate) fn block(position: usize) -> Self {
        Self::Block(u32::try_from(position).expect("instances are limited to 32 bits"))
    }

    /// The name that stands for it in CLIF.
    pub(crate) fn name(self) -> UserExternalName {
        let (namespace, index) = match self {
            Self::Function(number) => (0, number.as_u32()),
            Self::Runtime(index) => (1, index),
            Self::Block(position) => (2, position),
            Self::ReadOnly(offset) => (3, offset),
        };
        UserExternalName { namespace, index }
    }

    /// What a name stands for.
    ///
    /// # Panics
    /// When it was not made by [`Self::name`].
    pub(crate) fn from_name(name: &UserExternalName) -> Self {
        match name.namespace {
            0 => Self::Function(FunctionNumber::from_position(name.index as usize)),
            1 => Self::Runtime(name.index),
            2 => Self::Block(name.index),
            3 => Self::ReadOnly(name.index),
            other => panic!("namespace {other} is not one of ours"),
        }
    }
}
