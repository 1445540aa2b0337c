//! Values of the suite to the script's encoding: arguments and expectations.

use wasm2native_abi::program::ValueType;
use wasm2native_abi::script::{
    EXPECT_BITS, EXPECT_EITHER, EXPECT_EXTERNREF, EXPECT_FLOATS, EXPECT_FUNCREF,
    LANE_ARITHMETIC_NAN, LANE_BITS, LANE_CANONICAL_NAN, LANES_F32, LANES_F64, extern_reference,
};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};

/// Appends an argument: its type, then sixteen bytes.
pub(super) fn argument(argument: &WastArgCore<'_>, script: &mut Vec<u8>) -> Result<(), String> {
    let (value_type, bits) = match argument {
        WastArgCore::I32(value) => (ValueType::I32, u128::from(value.cast_unsigned())),
        WastArgCore::I64(value) => (ValueType::I64, u128::from(value.cast_unsigned())),
        WastArgCore::F32(value) => (ValueType::F32, u128::from(value.bits)),
        WastArgCore::F64(value) => (ValueType::F64, u128::from(value.bits)),
        WastArgCore::V128(value) => (ValueType::V128, u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(heap_type) => (null_type(Some(heap_type))?, 0),
        WastArgCore::RefExtern(number) => {
            (ValueType::ExternRef, u128::from(extern_reference(*number)))
        }
        WastArgCore::RefHost(_) => return Err("a host reference of another type".to_owned()),
    };
    typed_bits(value_type, bits, script);
    Ok(())
}

/// Appends what a result must be.
pub(super) fn expectation(result: &WastRetCore<'_>, script: &mut Vec<u8>) -> Result<(), String> {
    let bits = |value_type, bits: u128, script: &mut Vec<u8>| {
        script.push(EXPECT_BITS);
        typed_bits(value_type, bits, script);
    };
    match result {
        WastRetCore::I32(value) => bits(ValueType::I32, u128::from(value.cast_unsigned()), script),
        WastRetCore::I64(value) => bits(ValueType::I64, u128::from(value.cast_unsigned()), script),
        WastRetCore::F32(NanPattern::Value(value)) => {
            bits(ValueType::F32, u128::from(value.bits), script);
        }
        WastRetCore::F64(NanPattern::Value(value)) => {
            bits(ValueType::F64, u128::from(value.bits), script);
        }
        WastRetCore::F32(pattern) => floats(LANES_F32, &[f32_lane(pattern)], script),
        WastRetCore::F64(pattern) => floats(LANES_F64, &[f64_lane(pattern)], script),
        WastRetCore::V128(pattern) => vector(pattern, script),
        WastRetCore::RefNull(heap_type) => bits(null_type(heap_type.as_ref())?, 0, script),
        WastRetCore::RefExtern(Some(number)) => {
            bits(ValueType::ExternRef, u128::from(extern_reference(*number)), script);
        }
        WastRetCore::RefExtern(None) => script.push(EXPECT_EXTERNREF),
        WastRetCore::RefFunc(_) => script.push(EXPECT_FUNCREF),
        WastRetCore::Either(choices) => {
            script.push(EXPECT_EITHER);
            script.push(u8::try_from(choices.len()).map_err(|_| "too many choices".to_owned())?);
            for choice in choices {
                expectation(choice, script)?;
            }
        }
        _ => return Err("a reference of a type that is not supported".to_owned()),
    }
    Ok(())
}

fn typed_bits(value_type: ValueType, bits: u128, script: &mut Vec<u8>) {
    script.push(value_type as u8);
    script.extend_from_slice(&bits.to_le_bytes());
}

/// The type of a null; one whose type is not said is compared by its bits alone.
fn null_type(heap_type: Option<&wast::core::HeapType<'_>>) -> Result<ValueType, String> {
    use wast::core::{AbstractHeapType, HeapType};
    match heap_type {
        None => Ok(ValueType::FuncRef),
        Some(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => Ok(ValueType::FuncRef),
        Some(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => Ok(ValueType::ExternRef),
        Some(_) => Err("a null of a type that is not supported".to_owned()),
    }
}

/// A lane's kind and bits.
type Lane = (u8, u64);

fn f32_lane(pattern: &NanPattern<F32>) -> Lane {
    match pattern {
        NanPattern::CanonicalNan => (LANE_CANONICAL_NAN, 0),
        NanPattern::ArithmeticNan => (LANE_ARITHMETIC_NAN, 0),
        NanPattern::Value(value) => (LANE_BITS, u64::from(value.bits)),
    }
}

fn f64_lane(pattern: &NanPattern<F64>) -> Lane {
    match pattern {
        NanPattern::CanonicalNan => (LANE_CANONICAL_NAN, 0),
        NanPattern::ArithmeticNan => (LANE_ARITHMETIC_NAN, 0),
        NanPattern::Value(value) => (LANE_BITS, value.bits),
    }
}

fn floats(lane_kind: u8, lanes: &[Lane], script: &mut Vec<u8>) {
    script.extend_from_slice(&[EXPECT_FLOATS, lane_kind, lanes.len() as u8]);
    for (kind, bits) in lanes {
        script.push(*kind);
        script.extend_from_slice(&bits.to_le_bytes());
    }
}

fn vector(pattern: &V128Pattern, script: &mut Vec<u8>) {
    let bytes: Vec<u8> = match pattern {
        V128Pattern::I8x16(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::I16x8(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::I32x4(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::I64x2(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::F32x4(lanes) => {
            return floats(LANES_F32, &lanes.each_ref().map(f32_lane), script);
        }
        V128Pattern::F64x2(lanes) => {
            return floats(LANES_F64, &lanes.each_ref().map(f64_lane), script);
        }
    };
    script.extend_from_slice(&[EXPECT_BITS, ValueType::V128 as u8]);
    script.extend_from_slice(&bytes);
}
