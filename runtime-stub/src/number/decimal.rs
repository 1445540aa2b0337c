//! Exact decimal numbers with a point: every float is one, and every text of a float that is read.
//!
//! Digits are shifted by powers of two until what is asked for can be read off them. That is slow, takes little
//! code and is exact: no digit is ever dropped.

use super::float::Format;

/// The most digits that are taken from a text.
pub(super) const MAXIMUM_DIGITS: usize = 1099;
/// Digits before the point: as many as the largest `f64` has, and one of a number that is too large.
const WHOLE_DIGITS: usize = 310;
/// Of all decimal numbers the largest have the most digits behind the point once they are halved until 62 bits
/// are left before it, which takes less than 1030 - 54 times. The smallest begin 323 digits behind it.
const DIGITS: usize = WHOLE_DIGITS + MAXIMUM_DIGITS + 976;
/// A shift by so many bits at a time needs no more than 64 bits for what is carried.
const STEP_BITS: u32 = 8;

/// A number that is not negative.
pub(super) struct Decimal {
    digits: [u8; DIGITS],
}

impl Decimal {
    /// The number whose digits begin at `exponent`, the power of ten of the first one. None when that is too
    /// large.
    pub(super) fn from_digits(digits: &[u8], exponent: i32) -> Option<Self> {
        let mut decimal = Self { digits: [0; DIGITS] };
        let start = usize::try_from(WHOLE_DIGITS as i32 - 1 - exponent).ok()?;
        for (place, &digit) in decimal.digits.iter_mut().skip(start).zip(digits) {
            *place = digit;
        }
        Some(decimal)
    }

    /// `mantissa` times two to the power of `exponent`.
    pub(super) fn from_binary(mantissa: u64, exponent: i32) -> Self {
        let mut decimal = Self { digits: [0; DIGITS] };
        let mut rest = mantissa;
        for place in decimal.digits.iter_mut().take(WHOLE_DIGITS).rev() {
            *place = (rest % 10) as u8;
            rest /= 10;
        }
        let mut left = exponent;
        while left != 0 {
            let step = left.clamp(-(STEP_BITS as i32), STEP_BITS as i32);
            decimal.shift(step);
            left -= step;
        }
        decimal
    }

    /// Multiplies by two to the power of `bits`.
    fn shift(&mut self, bits: i32) {
        let mut carry = 0_u32;
        if bits >= 0 {
            for digit in self.digits.iter_mut().rev() {
                carry += u32::from(*digit) << bits;
                *digit = (carry % 10) as u8;
                carry /= 10;
            }
        } else {
            for digit in &mut self.digits {
                carry = carry * 10 + u32::from(*digit);
                *digit = (carry >> -bits) as u8;
                carry &= (1 << -bits) - 1;
            }
        }
    }

    /// What stands before the point, if that is less than two to the power of 62.
    fn whole(&self) -> Option<u64> {
        let mut whole = 0_u64;
        for &digit in self.digits.iter().take(WHOLE_DIGITS) {
            whole = whole.checked_mul(10)?.checked_add(digit.into())?;
        }
        (whole < 1 << 62).then_some(whole)
    }

    /// The bits of the nearest float, the even one of two that are as near.
    pub(super) fn nearest(mut self, format: Format) -> u64 {
        if self.digits.iter().all(|&digit| digit == 0) {
            return 0;
        }
        let mut exponent = 0;
        loop {
            let step = match self.whole() {
                None => -(STEP_BITS as i32),
                Some(whole) if whole < 1 << 54 => STEP_BITS as i32,
                Some(whole) => {
                    let has_fraction =
                        self.digits.iter().skip(WHOLE_DIGITS).any(|&digit| digit != 0);
                    return format.nearest(whole, exponent, has_fraction);
                }
            };
            self.shift(step);
            exponent -= step;
        }
    }

    /// The nearest number of so many digits, the even one of two that are as near: its digits are written to
    /// `rounded`, and the power of ten of the first is returned. The number is not zero.
    pub(super) fn round(&self, rounded: &mut [u8]) -> i32 {
        let start = self.digits.iter().take_while(|&&digit| digit == 0).count();
        let mut exponent = WHOLE_DIGITS as i32 - 1 - start as i32;
        let mut digits = self.digits.iter().skip(start);
        for (place, &digit) in rounded.iter_mut().zip(&mut digits) {
            *place = digit;
        }
        let next = digits.next().copied().unwrap_or(0);
        let is_odd = rounded.last().is_some_and(|digit| digit % 2 == 1);
        if next > 5 || next == 5 && (is_odd || digits.any(|&digit| digit != 0)) {
            for digit in rounded.iter_mut().rev() {
                *digit += 1;
                if *digit < 10 {
                    return exponent;
                }
                *digit = 0;
            }
            // Nines became zeros.
            if let Some(first) = rounded.first_mut() {
                *first = 1;
            }
            exponent += 1;
        }
        exponent
    }
}
