//! Numbers on a command line and in its results.

mod decimal;
mod float;

pub(crate) use float::{parse_f32, parse_f64, print_f32, print_f64};

use crate::report::Text;

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
}
