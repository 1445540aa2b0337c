//! Trap codes: those of the ABI as Cranelift carries them, and Cranelift's own as the ABI's.
//!
//! Invariant: every code that Cranelift can attach to an instruction has a number in the ABI.

use cranelift_codegen::ir::TrapCode;
use wasm2native_abi::trap::TrapCode as AbiTrapCode;

const fn user(code: AbiTrapCode) -> TrapCode {
    TrapCode::unwrap_user(code as u8)
}

/// See [`AbiTrapCode::Unreachable`].
pub(crate) const UNREACHABLE: TrapCode = user(AbiTrapCode::Unreachable);
/// See [`AbiTrapCode::MemoryOutOfBounds`].
pub(crate) const MEMORY_OUT_OF_BOUNDS: TrapCode = user(AbiTrapCode::MemoryOutOfBounds);
/// See [`AbiTrapCode::TableOutOfBounds`].
pub(crate) const TABLE_OUT_OF_BOUNDS: TrapCode = user(AbiTrapCode::TableOutOfBounds);
/// See [`AbiTrapCode::UndefinedElement`].
pub(crate) const UNDEFINED_ELEMENT: TrapCode = user(AbiTrapCode::UndefinedElement);
/// See [`AbiTrapCode::UninitializedElement`].
pub(crate) const UNINITIALIZED_ELEMENT: TrapCode = user(AbiTrapCode::UninitializedElement);
/// See [`AbiTrapCode::IndirectCallTypeMismatch`].
pub(crate) const INDIRECT_CALL_TYPE_MISMATCH: TrapCode =
    user(AbiTrapCode::IndirectCallTypeMismatch);

/// The number in the ABI of a code that Cranelift attached to an instruction.
///
/// # Panics
/// When Cranelift has a code that this crate does not know.
pub(crate) fn abi_code(code: TrapCode) -> AbiTrapCode {
    match code {
        TrapCode::STACK_OVERFLOW => AbiTrapCode::StackOverflow,
        TrapCode::HEAP_OUT_OF_BOUNDS => AbiTrapCode::MemoryOutOfBounds,
        TrapCode::INTEGER_OVERFLOW => AbiTrapCode::IntegerOverflow,
        TrapCode::INTEGER_DIVISION_BY_ZERO => AbiTrapCode::IntegerDivideByZero,
        TrapCode::BAD_CONVERSION_TO_INTEGER => AbiTrapCode::InvalidConversionToInteger,
        user => AbiTrapCode::from_byte(user.as_raw().get())
            .unwrap_or_else(|| panic!("trap code {user} is not one of ours")),
    }
}
