//! Names that nobody guesses: for the private temporary directory, and for what is moved while it is removed.
//!
//! It stands alone because every family of systems moves. Nothing is allocated, so that handlers of signals can
//! do it.

use core::ffi::CStr;

/// So many bytes nobody guesses.
pub(crate) const RANDOM_BYTES: usize = 16;
const DIGITS: usize = 2 * RANDOM_BYTES;
const COUNT_DIGITS: usize = 2 * size_of::<u64>();

/// Names without end, one after the other.
pub(crate) struct FreshNames {
    name: [u8; DIGITS + COUNT_DIGITS + 1],
    count: u64,
}

impl FreshNames {
    /// Those that begin with these bytes.
    pub(crate) fn new(random: [u8; RANDOM_BYTES]) -> Self {
        let mut names = Self { name: [0; _], count: 0 };
        write_digits(&mut names.name, &random);
        names
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> &CStr {
        self.count += 1;
        if let Some(digits) = self.name.get_mut(DIGITS..) {
            write_digits(digits, &self.count.to_be_bytes());
        }
        CStr::from_bytes_until_nul(&self.name).unwrap_or_default()
    }
}

/// Writes two hexadecimal digits for each byte, as far as there is room.
pub(crate) fn write_digits(text: &mut [u8], bytes: &[u8]) {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    for (place, digit) in text.iter_mut().zip(digits) {
        *place = digit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_another() {
        let mut names = FreshNames::new(*b"0123456789abcdef");
        let first = names.next().to_owned();
        assert_eq!(first.as_bytes(), b"303132333435363738396162636465660000000000000001");
        assert_ne!(&*first, names.next());
    }
}
