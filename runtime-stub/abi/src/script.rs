//! The command script that the test suite's stub runs: what remains of a `.wast` file once its
//! modules are compiled in.
//!
//! A sequence of commands, all numbers little-endian on every target. Each command starts with its
//! kind (`u8`) and the line of the `.wast` file (`u32`). The stub prints one line a command,
//! `LINE ok` or `LINE FAIL reason`, and goes on after a trap.
//!
//! - [`INSTANTIATE`]: `u32` instance. Creates it and runs its `initialize`.
//! - [`ASSERT_UNINSTANTIABLE`]: `u32` instance, *text*. As above, but it must trap with a message that
//!   starts with the text, or that the text starts with.
//! - [`INVOKE`]: *action*. Must not trap; its results do not matter.
//! - [`ASSERT_RETURN`]: *action*, `u8` count, that many *expectations*.
//! - [`ASSERT_TRAP`], [`ASSERT_EXHAUSTION`]: *action*, *text*.
//!
//! *text*: `u16` size, bytes. *action*: `u8` 0 (invoke), `u32` entry point, `u8` count, that many
//! arguments, each 16 bytes as a [`crate::instance::Slot`] in *little-endian* form preceded by its
//! type's byte; or `u8` 1 (get), `u32` instance, `u32` offset in its block, `u8` value type.
//! *expectation*: `u8` kind, then what the kind needs: see the constants. Integers narrower than the
//! slot are zero-extended in its first bytes.

/// See the module's documentation.
pub const INSTANTIATE: u8 = 1;
/// See the module's documentation.
pub const ASSERT_UNINSTANTIABLE: u8 = 2;
/// See the module's documentation.
pub const INVOKE: u8 = 3;
/// See the module's documentation.
pub const ASSERT_RETURN: u8 = 4;
/// See the module's documentation.
pub const ASSERT_TRAP: u8 = 5;
/// See the module's documentation.
pub const ASSERT_EXHAUSTION: u8 = 6;

/// An action that invokes an entry point.
pub const ACTION_INVOKE: u8 = 0;
/// An action that reads a global.
pub const ACTION_GET: u8 = 1;

/// Expectation: `u8` value type, 16 bytes; equal to the bit.
pub const EXPECT_BITS: u8 = 0;
/// Expectation: a non-null `funcref`, whichever.
pub const EXPECT_FUNCREF: u8 = 1;
/// Expectation: a non-null `externref`, whichever.
pub const EXPECT_EXTERNREF: u8 = 2;
/// Expectation: `u8` lane kind ([`LANES_F32`] or [`LANES_F64`]; a scalar is lane 0), `u8` lane count,
/// then for each lane `u8` ([`LANE_BITS`], [`LANE_CANONICAL_NAN`], [`LANE_ARITHMETIC_NAN`]) and `u64`.
pub const EXPECT_FLOATS: u8 = 3;
/// Expectation: `u8` count, that many expectations of which one must hold.
pub const EXPECT_EITHER: u8 = 4;

/// Lanes of 32 bits.
pub const LANES_F32: u8 = 0;
/// Lanes of 64 bits.
pub const LANES_F64: u8 = 1;

/// The lane equals the `u64`'s low bits.
pub const LANE_BITS: u8 = 0;
/// The lane is a canonical NaN of either sign.
pub const LANE_CANONICAL_NAN: u8 = 1;
/// The lane is an arithmetic NaN: quiet, any payload.
pub const LANE_ARITHMETIC_NAN: u8 = 2;

/// How the script and compiled code represent the host reference `n`: as `n` + 1, since 0 is null.
pub const fn extern_reference(number: u32) -> u64 {
    number as u64 + 1
}
