//! Trap codes and their messages, which are those of the specification's own test suite.

/// Why a program trapped. Numbers are part of the ABI; 0 is no trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TrapCode {
    /// The `unreachable` instruction was executed.
    Unreachable = 1,
    /// A memory access, or a bulk memory instruction, went past the end of a memory.
    MemoryOutOfBounds = 2,
    /// A table access, or a bulk table instruction, went past the end of a table.
    TableOutOfBounds = 3,
    /// `call_indirect` with an index past the end of its table.
    UndefinedElement = 4,
    /// `call_indirect` through a null element.
    UninitializedElement = 5,
    /// `call_indirect` to a function of another signature.
    IndirectCallTypeMismatch = 6,
    /// An integer division overflowed, or a conversion's result does not fit.
    IntegerOverflow = 7,
    /// An integer division by zero.
    IntegerDivideByZero = 8,
    /// A conversion of NaN to an integer.
    InvalidConversionToInteger = 9,
    /// The program's stack is used up.
    StackOverflow = 10,
    /// A null reference where none may be.
    NullReference = 11,
    /// A host function or a runtime limit stopped the program.
    OutOfMemory = 12,
    /// An atomic access to an address that is not a multiple of its width.
    UnalignedAtomic = 13,
}

impl TrapCode {
    /// All codes, in ascending order.
    pub const ALL: [Self; 13] = [
        Self::Unreachable,
        Self::MemoryOutOfBounds,
        Self::TableOutOfBounds,
        Self::UndefinedElement,
        Self::UninitializedElement,
        Self::IndirectCallTypeMismatch,
        Self::IntegerOverflow,
        Self::IntegerDivideByZero,
        Self::InvalidConversionToInteger,
        Self::StackOverflow,
        Self::NullReference,
        Self::OutOfMemory,
        Self::UnalignedAtomic,
    ];

    /// The code with this number, if any.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte).checked_sub(1)?).copied()
    }

    /// What the specification's test suite expects to be said.
    pub fn message(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::MemoryOutOfBounds => "out of bounds memory access",
            Self::TableOutOfBounds => "out of bounds table access",
            Self::UndefinedElement => "undefined element",
            Self::UninitializedElement => "uninitialized element",
            Self::IndirectCallTypeMismatch => "indirect call type mismatch",
            Self::IntegerOverflow => "integer overflow",
            Self::IntegerDivideByZero => "integer divide by zero",
            Self::InvalidConversionToInteger => "invalid conversion to integer",
            Self::StackOverflow => "call stack exhausted",
            Self::NullReference => "null reference",
            Self::OutOfMemory => "out of memory",
            Self::UnalignedAtomic => "unaligned atomic",
        }
    }
}
