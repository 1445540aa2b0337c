//! Compares results with what a script expects of them (core specification, 4.3.3 for the kinds of
//! NaN).

use super::reader::{Malformed, Reader};
use wasm2native_abi::instance::Slot;
use wasm2native_abi::program::ValueType;
use wasm2native_abi::script;

const I32: u8 = ValueType::I32 as u8;
const F32: u8 = ValueType::F32 as u8;
const V128: u8 = ValueType::V128 as u8;

/// The value in a slot as one number, lane 0 in the lowest bits.
pub(super) fn bits(value_type: u8, slot: Slot) -> u128 {
    match value_type {
        I32 | F32 => u128::from(slot.as_u32()),
        V128 => u128::from_le_bytes(slot.as_v128()),
        _ => u128::from(slot.as_u64()),
    }
}

/// The slot that holds such a value.
pub(super) fn slot(value_type: u8, bits: u128) -> Slot {
    match value_type {
        I32 | F32 => Slot::from_u32(bits as u32),
        V128 => Slot::from_v128(bits.to_le_bytes()),
        _ => Slot::from_u64(bits as u64),
    }
}

/// Reads one expectation, and says whether a result meets it. Without a result it is only read.
pub(super) fn read(reader: &mut Reader, given: Option<(u8, Slot)>) -> Result<bool, Malformed> {
    let value = given.map(|(value_type, slot)| (value_type, bits(value_type, slot)));
    Ok(match reader.u8()? {
        script::EXPECT_BITS => {
            let value_type = reader.u8()?;
            let expected = reader.u128()?;
            value == Some((value_type, expected))
        }
        script::EXPECT_FUNCREF => is_reference(value, ValueType::FuncRef),
        script::EXPECT_EXTERNREF => is_reference(value, ValueType::ExternRef),
        script::EXPECT_FLOATS => {
            let wide = match reader.u8()? {
                script::LANES_F32 => false,
                script::LANES_F64 => true,
                _ => return Err(Malformed),
            };
            let mut all = true;
            for lane in 0..u32::from(reader.u8()?) {
                let width = if wide { 64 } else { 32 };
                let given = value.and_then(|(_, bits)| bits.checked_shr(lane * width));
                all &= lane_holds(reader, wide, given.map(|bits| bits as u64))?;
            }
            all
        }
        script::EXPECT_EITHER => {
            let mut any = false;
            for _ in 0..reader.u8()? {
                any |= read(reader, given)?;
            }
            any
        }
        _ => return Err(Malformed),
    })
}

fn is_reference(value: Option<(u8, u128)>, kind: ValueType) -> bool {
    value.is_some_and(|(value_type, bits)| value_type == kind as u8 && bits != 0)
}

/// Reads what is expected of a lane, and says whether `given`, of which the low bits matter, meets it.
fn lane_holds(reader: &mut Reader, wide: bool, given: Option<u64>) -> Result<bool, Malformed> {
    let kind = reader.u8()?;
    let expected = reader.u64()?;
    let (mask, sign, canonical) = if wide {
        (u64::MAX, 1 << 63, 0x7ff8_u64 << 48)
    } else {
        (u64::from(u32::MAX), 1 << 31, 0x7fc0_u64 << 16)
    };
    let Some(given) = given else { return Ok(false) };
    let given = given & mask;
    Ok(match kind {
        script::LANE_BITS => given == expected & mask,
        script::LANE_CANONICAL_NAN => given & !sign == canonical,
        script::LANE_ARITHMETIC_NAN => given & canonical == canonical,
        _ => return Err(Malformed),
    })
}
