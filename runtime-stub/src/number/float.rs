//! Floats as C writes and reads them: `strtod` on the one hand, `%g` with as few digits as give the same float
//! back on the other.
//!
//! It is our own because a C library's conversions cost 18 KB in every executable, and so do those of `core`.

use super::decimal::{Decimal, MAXIMUM_DIGITS};
use crate::report::Text;

/// The most digits that a float needs to be read back.
const MOST_DIGITS: usize = 17;

/// A binary format of IEEE 754.
#[derive(Clone, Copy)]
pub(super) struct Format {
    /// Bits of the mantissa, the hidden one included.
    mantissa_bits: u32,
    /// The power of two of the smallest number.
    smallest: i32,
    /// The bits of infinity.
    infinity: u64,
}

const F32: Format = Format { mantissa_bits: 24, smallest: -149, infinity: 0xff << 23 };
const F64: Format = Format { mantissa_bits: 53, smallest: -1074, infinity: 0x7ff << 52 };

impl Format {
    /// The bits of the float nearest to `whole`, of at least 54 and at most 62 bits, times two to the power of
    /// `exponent`, and a little more when `has_fraction`; the even one of two that are as near.
    pub(super) fn nearest(self, whole: u64, exponent: i32, has_fraction: bool) -> u64 {
        let surplus = 64 - whole.leading_zeros() as i32 - self.mantissa_bits as i32;
        let dropped = surplus.max(self.smallest.saturating_sub(exponent));
        if dropped > 63 {
            return 0;
        }
        let mut mantissa = whole >> dropped;
        let rest = whole & ((1 << dropped) - 1);
        let half = 1 << (dropped - 1);
        if rest > half || rest == half && (has_fraction || mantissa % 2 == 1) {
            mantissa += 1;
        }
        // The hidden bit, or its carry, adds one to the exponent.
        let above = i64::from(exponent) + i64::from(dropped) - i64::from(self.smallest);
        if above > 0x7ff {
            return self.infinity;
        }
        (((above as u64) << (self.mantissa_bits - 1)) + mantissa).min(self.infinity)
    }
}

/// Reads an `f32`.
pub(crate) fn parse_f32(text: &[u8]) -> Option<f32> {
    let (negative, bits) = parse(text, F32)?;
    Some(f32::from_bits(bits as u32 | u32::from(negative) << 31))
}

/// Reads an `f64`.
pub(crate) fn parse_f64(text: &[u8]) -> Option<f64> {
    let (negative, bits) = parse(text, F64)?;
    Some(f64::from_bits(bits | u64::from(negative) << 63))
}

/// Reads a float: whether it is negative, and the bits of the rest.
fn parse(text: &[u8], format: Format) -> Option<(bool, u64)> {
    if text.len() > MAXIMUM_DIGITS {
        return None;
    }
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some((negative, format.infinity));
    }
    if is_nan(text) {
        return Some((false, format.infinity | 1 << (format.mantissa_bits - 2)));
    }
    let bits = match text {
        [b'0', b'x' | b'X', digits @ ..] => parse_hexadecimal(digits, format)?,
        _ => parse_decimal(text, format)?,
    };
    Some((negative, bits))
}

/// Whether it is `nan`, with or without what C lets follow in parentheses.
fn is_nan(text: &[u8]) -> bool {
    let Some((start, rest)) = text.split_at_checked(3) else { return false };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    start.eq_ignore_ascii_case(b"nan")
        && match rest {
            [] => true,
            [b'(', word @ .., b')'] => word.iter().all(is_word),
            _ => false,
        }
}

/// The parts of a number: its digits in `radix` go to `sink`, each with whether it is behind the point; what is
/// returned is the exponent behind `mark`.
fn parse_parts(text: &[u8], radix: u32, mark: u8, mut sink: impl FnMut(u8, bool)) -> Option<i32> {
    let (mut has_point, mut has_digits, mut rest) = (false, false, text);
    while let [byte, others @ ..] = rest {
        if *byte == b'.' && !has_point {
            has_point = true;
        } else if let Some(digit) = char::from(*byte).to_digit(radix) {
            has_digits = true;
            sink(digit as u8, has_point);
        } else {
            break;
        }
        rest = others;
    }
    if !has_digits {
        return None;
    }
    let [byte, rest @ ..] = rest else { return Some(0) };
    if byte.to_ascii_lowercase() != mark {
        return None;
    }
    let (negative, digits) = match rest {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0_i32;
    for &digit in digits {
        // Far beyond every float, whatever digits come before.
        exponent = (exponent * 10 + char::from(digit).to_digit(10)? as i32).min(100_000);
    }
    Some(if negative { -exponent } else { exponent })
}

fn parse_decimal(text: &[u8], format: Format) -> Option<u64> {
    let mut digits = [0; MAXIMUM_DIGITS];
    // How many are kept: those from the first that is not zero on.
    let (mut count, mut first) = (0, -1);
    let exponent = parse_parts(text, 10, b'e', |digit, is_behind| {
        if count == 0 && digit == 0 {
            first -= i32::from(is_behind);
            return;
        }
        if let Some(place) = digits.get_mut(count) {
            *place = digit;
            count += 1;
        }
        first += i32::from(!is_behind);
    })?;
    let first = first + exponent;
    // Less than half of the smallest.
    if count == 0 || first < -324 {
        return Some(0);
    }
    let decimal = Decimal::from_digits(digits.get(..count)?, first);
    Some(decimal.map_or(format.infinity, |decimal| decimal.nearest(format)))
}

fn parse_hexadecimal(text: &[u8], format: Format) -> Option<u64> {
    let (mut whole, mut has_fraction, mut exponent) = (0_u64, false, 0);
    let written = parse_parts(text, 16, b'p', |digit, is_behind| {
        if whole < 1 << 58 {
            whole = whole * 16 + u64::from(digit);
            exponent -= if is_behind { 4 } else { 0 };
        } else {
            has_fraction |= digit != 0;
            exponent += if is_behind { 0 } else { 4 };
        }
    })?;
    if whole == 0 {
        return Some(0);
    }
    let shift = whole.leading_zeros() - 2;
    Some(format.nearest(whole << shift, exponent + written - shift as i32, has_fraction))
}

/// Prints an `f32`.
pub(crate) fn print_f32(text: &mut Text, value: f32) {
    let bits = value.to_bits();
    print(text, bits >> 31 != 0, u64::from(bits & !(1 << 31)), F32);
}

/// Prints an `f64`.
pub(crate) fn print_f64(text: &mut Text, value: f64) {
    let bits = value.to_bits();
    print(text, bits >> 63 != 0, bits & !(1 << 63), F64);
}

fn print(text: &mut Text, negative: bool, bits: u64, format: Format) {
    if bits > format.infinity {
        text.text("NaN");
        return;
    }
    if negative {
        text.text("-");
    }
    if bits == format.infinity {
        text.text("inf");
        return;
    }
    if bits == 0 {
        text.text("0");
        return;
    }
    let hidden = 1 << (format.mantissa_bits - 1);
    let (mantissa, above) = match (bits >> (format.mantissa_bits - 1)) as i32 {
        0 => (bits, 0),
        above => (bits & (hidden - 1) | hidden, above - 1),
    };
    let decimal = Decimal::from_binary(mantissa, format.smallest + above);
    let mut buffer = [0; MOST_DIGITS];
    for count in 1..=MOST_DIGITS {
        let Some(digits) = buffer.get_mut(..count) else { return };
        let exponent = decimal.round(digits);
        let read = Decimal::from_digits(digits, exponent);
        if count == MOST_DIGITS || read.is_some_and(|read| read.nearest(format) == bits) {
            for digit in digits.iter_mut() {
                *digit += b'0';
            }
            print_digits(text, digits, exponent);
            return;
        }
    }
}

/// Prints digits, the first of which has that power of ten, as `%g` does. The last is not zero.
fn print_digits(text: &mut Text, digits: &[u8], exponent: i32) {
    let is_scientific = exponent < -4 || exponent >= digits.len() as i32;
    let before = if is_scientific { 1 } else { usize::try_from(exponent + 1).unwrap_or(0) };
    let (whole, fraction) = digits.split_at_checked(before).unwrap_or((digits, &[]));
    text.bytes(if whole.is_empty() { &b"0"[..] } else { whole });
    if !fraction.is_empty() {
        text.text(".");
        if !is_scientific {
            for _ in exponent..-1 {
                text.text("0");
            }
        }
        text.bytes(fraction);
    }
    if is_scientific {
        text.text(if exponent < 0 { "e-" } else { "e+" });
        if exponent.abs() < 10 {
            text.text("0");
        }
        text.number(exponent.unsigned_abs().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_as_a_whole() {
        assert_eq!(parse_f64(b"1.5e3"), Some(1500.0));
        assert_eq!(parse_f64(b"-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_f64(b"+INFINITY"), Some(f64::INFINITY));
        assert_eq!(parse_f32(b"0.1"), Some(0.1));
        assert_eq!(parse_f64(b"-0").map(f64::to_bits), Some(1 << 63));
        assert_eq!(parse_f32(b"nan").map(f32::to_bits), Some(0x7fc0_0000));
        assert_eq!(parse_f64(b"NaN(a_1)").map(f64::to_bits), Some(0x7ff8 << 48));
        for text in [
            "", " 1", "1x", "x", "+", "-", ".", "e1", "1e", "1e+", "1.2.3", "1_0", "0x", "0x.",
            "0x1p", "0x1e+", "--1", "infi", "nanx", "nan(", "nan(-)", "1\0", "١",
        ] {
            assert_eq!(parse_f64(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(parse_f64("1".repeat(1099).as_bytes()), Some(f64::INFINITY));
        assert_eq!(parse_f64("1".repeat(1100).as_bytes()), None);
    }

    #[test]
    fn hexadecimal_floats_are_rounded_once() {
        for (text, value) in [
            ("0x10", 16.0),
            ("0X1.8P-1", 0.75),
            ("0x.8", 0.5),
            ("0x1.", 1.0),
            ("0x0p99999999999", 0.0),
            ("0x1p1024", f64::INFINITY),
            ("0x1.fffffffffffff8p1023", f64::INFINITY),
            ("0x1.fffffffffffff7ffp1023", f64::MAX),
            ("0x1p-1074", f64::from_bits(1)),
            ("0x1p-1075", 0.0),
            ("0x1.00000000000000000000000000000001p-1075", f64::from_bits(1)),
            ("0x1.8p-1074", f64::from_bits(2)),
            ("0x1p-99999999999", 0.0),
            ("0x20000000000001", 9_007_199_254_740_992.0),
            ("0x20000000000001.00000000000000000001", 9_007_199_254_740_994.0),
        ] {
            assert_eq!(parse_f64(text.as_bytes()), Some(value), "{text}");
        }
        assert_eq!(parse_f32(b"0x1.000001p0"), Some(1.0));
        assert_eq!(parse_f32(b"0x1.0000010000000000000000001p0"), Some(1.0 + f32::EPSILON));
    }

    /// Bits all over the range, the same every time.
    fn samples() -> impl Iterator<Item = u64> {
        let mut state = 1_u64;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
    }

    #[test]
    fn decimal_floats_are_rounded_as_the_library_does() {
        let halves = "2.4703282292062327208299439634110788";
        let mut texts = vec![
            "1e309".to_owned(),
            "1e310".to_owned(),
            "1e99999999999".to_owned(),
            "0e99999999999".to_owned(),
            "1e-99999999999".to_owned(),
            format!("{halves}e-324"),
            "1e-324".to_owned(),
            "3e-324".to_owned(),
            "1.7976931348623157e308".to_owned(),
            "1.7976931348623158e308".to_owned(),
            "1.7976931348623159e308".to_owned(),
            "9007199254740993".to_owned(),
            "9007199254740993.00000000000000000000000000000001".to_owned(),
            ".5".to_owned(),
            "5.".to_owned(),
            format!("0.{}1e1001", "0".repeat(1000)),
            format!("{}e-1000", "9".repeat(1000)),
            format!("{}.{}", "9".repeat(309), "9".repeat(700)),
            format!("1{}e-900", "0".repeat(1000)),
            "1.00000005960464477539062500000000000000000".to_owned(),
            "1.00000005960464477539062500000000000000001".to_owned(),
            "3.4028236e38".to_owned(),
            "7e-46".to_owned(),
            "8e-46".to_owned(),
        ];
        for bits in samples().take(100) {
            texts.push(format!("{:e}", f64::from_bits(bits & (i64::MAX as u64))));
            // In the middle between two neighbours, and next to it.
            let middle = (u128::from(bits >> 11 | 1 << 52) * 2 + 1) << (bits % 64);
            texts.extend([middle - 1, middle, middle + 1].map(|number| number.to_string()));
            texts.push(format!("{}.{}e{}", bits >> 7, bits, (bits % 700) as i32 - 350));
        }
        for text in texts.iter().filter(|text| !text.contains('N')) {
            let (double, single) = (text.parse::<f64>().unwrap(), text.parse::<f32>().unwrap());
            assert_eq!(parse_f64(text.as_bytes()), Some(double), "{text}");
            assert_eq!(parse_f32(text.as_bytes()), Some(single), "{text}");
        }
    }

    fn printed(print: impl Fn(&mut Text)) -> String {
        let mut text = Text::output();
        print(&mut text);
        String::from_utf8(text.contents().to_vec()).unwrap()
    }

    #[test]
    fn floats_are_printed_as_c_does() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (10.0, "1e+01"),
            (12.0, "12"),
            (1500.0, "1.5e+03"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (0.00001, "1e-05"),
            (123_456_789.125, "123456789.125"),
            (1e100, "1e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::from_bits(1), "5e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (0.3, "0.3"),
            (0.1 + 0.2, "0.30000000000000004"),
            // Here the nearest number of 16 digits is not the one that reads back.
            (f64::from_bits((1023 - 44) << 52), "5.6843418860808015e-14"),
        ] {
            assert_eq!(printed(|text| print_f64(text, value)), expected);
        }
        assert_eq!(printed(|text| print_f32(text, f32::MAX)), "3.4028235e+38");
        assert_eq!(printed(|text| print_f32(text, 0.1)), "0.1");
    }

    #[cfg(unix)]
    #[test]
    fn floats_are_printed_as_the_c_library_does() {
        let by_library = |value: f64, reads_back: &dyn Fn(&str) -> bool| {
            (1..=17)
                .map(|digits| {
                    let mut buffer = [0_u8; 40];
                    // SAFETY: the buffer's size is passed along; the format takes an `int` and a `double`.
                    unsafe {
                        let start = buffer.as_mut_ptr().cast();
                        libc::snprintf(start, buffer.len(), c"%.*g".as_ptr(), digits, value);
                    }
                    let text = std::ffi::CStr::from_bytes_until_nul(&buffer).unwrap();
                    text.to_str().unwrap().to_owned()
                })
                .find(|text| reads_back(text))
                .unwrap()
        };
        for bits in samples().take(50) {
            let value = f64::from_bits(bits);
            if !value.is_nan() {
                let expected = by_library(value, &|text| text.parse() == Ok(value));
                assert_eq!(printed(|text| print_f64(text, value)), expected);
            }
            for value in [f32::from_bits(bits as u32), (bits % 10000) as f32 / 64.0] {
                if !value.is_nan() {
                    let expected = by_library(value.into(), &|text| text.parse() == Ok(value));
                    assert_eq!(printed(|text| print_f32(text, value)), expected);
                }
            }
        }
    }
}
