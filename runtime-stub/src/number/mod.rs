//! Numbers on a command line and in its results.
//!
//! Floats go through the C library, which rounds correctly and costs 27 KB, about as much as the
//! routines of `core`; the shortest text that reads back as the same number is found by trial.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as library;
#[cfg(windows)]
use windows as library;

use crate::report::Text;
use std::ffi::{CStr, c_char};

/// Reads an integer of up to `bits` bits, signed or unsigned.
pub(crate) fn parse_integer(text: &[u8], bits: u32) -> Option<u64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (radix, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        _ => (10, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for &digit in digits {
        let digit = u64::from((digit as char).to_digit(radix)?);
        value = value.checked_mul(u64::from(radix))?.checked_add(digit)?;
    }
    let largest = if negative { 1 << (bits - 1) } else { u64::MAX >> (64 - bits) };
    if value > largest {
        return None;
    }
    Some(if negative { value.wrapping_neg() } else { value })
}

/// The C library's `strtof` or `strtod`.
type Read<T> = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> T;

/// The text as the C library takes it, when it is a number as a whole.
fn parse_with<T>(text: &[u8], read: Option<Read<T>>) -> Option<T> {
    let mut buffer = [0_u8; 1100];
    if text.is_empty() || text.len() >= buffer.len() || text.contains(&0) {
        return None;
    }
    // The C library would pass over leading spaces.
    if text.first().is_some_and(u8::is_ascii_whitespace) {
        return None;
    }
    buffer.get_mut(..text.len())?.copy_from_slice(text);
    let start: *mut c_char = buffer.as_mut_ptr().cast();
    let mut end = start;
    // SAFETY: the buffer holds the text and a NUL behind it.
    let value = unsafe { read?(start, &raw mut end) };
    (end.addr() - start.addr() == text.len()).then_some(value)
}

/// Reads an `f32`.
pub(crate) fn parse_f32(text: &[u8]) -> Option<f32> {
    parse_with(text, library::reader_f32())
}

/// Reads an `f64`.
pub(crate) fn parse_f64(text: &[u8]) -> Option<f64> {
    parse_with(text, library::reader_f64())
}

/// Prints an `f32` as the shortest text that reads back as the same.
pub(crate) fn print_f32(text: &mut Text, value: f32) {
    let same = |digits: &[u8]| parse_f32(digits).is_some_and(|read| read == value);
    print_float(text, f64::from(value), 9, same);
}

/// Prints an `f64` as the shortest text that reads back as the same.
pub(crate) fn print_f64(text: &mut Text, value: f64) {
    let same = |digits: &[u8]| parse_f64(digits).is_some_and(|read| read == value);
    print_float(text, value, 17, same);
}

fn print_float(text: &mut Text, value: f64, most_digits: i32, same: impl Fn(&[u8]) -> bool) {
    if value.is_nan() {
        text.text("NaN");
        return;
    }
    let mut buffer = [0_u8; 40];
    for digits in 1..=most_digits {
        library::print(&mut buffer, digits, value);
        let written = CStr::from_bytes_until_nul(&buffer).map_or(&[][..], CStr::to_bytes);
        if digits == most_digits || same(written) {
            text.bytes(written);
            return;
        }
    }
}

/// Prints an unsigned number in decimal.
pub(crate) fn print_u128(text: &mut Text, value: u128) {
    /// The largest power of ten in 64 bits.
    const LIMB: u128 = 10_u128.pow(19);
    let (high, low) = (value / LIMB, (value % LIMB) as u64);
    if high == 0 {
        text.number(low);
        return;
    }
    print_u128(text, high);
    let mut power = 10_u64.pow(18);
    while power > low.max(1) {
        text.text("0");
        power /= 10;
    }
    text.number(low);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_by_width() {
        assert_eq!(parse_integer(b"-1", 32), Some(u64::MAX));
        assert_eq!(parse_integer(b"0xFFFFFFFF", 32), Some(0xffff_ffff));
        assert_eq!(parse_integer(b"4294967296", 32), None);
        assert_eq!(parse_integer(b"-2147483648", 32), Some(1_u64.wrapping_shl(31).wrapping_neg()));
        assert_eq!(parse_integer(b"-2147483649", 32), None);
        assert_eq!(parse_integer(b"18446744073709551615", 64), Some(u64::MAX));
        assert_eq!(parse_integer(b"18446744073709551616", 64), None);
        for text in ["", "-", "0x", "1a", " 1", "1 "] {
            assert_eq!(parse_integer(text.as_bytes(), 64), None, "{text:?}");
        }
    }

    #[test]
    fn floats_are_read_as_a_whole() {
        assert_eq!(parse_f64(b"1.5e3"), Some(1500.0));
        assert_eq!(parse_f64(b"-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_f32(b"0.1"), Some(0.1));
        for text in ["", " 1", "1x", "x"] {
            assert_eq!(parse_f64(text.as_bytes()), None, "{text:?}");
        }
    }
}
