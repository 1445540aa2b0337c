//! Limits that are baked into an executable, and how sizes are written.
//!
//! Invariant: a [`Limits`] that passed [`Limits::check`] can be honoured on every 64-bit target.

use crate::Error;

/// What a program may use at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The largest size of each linear memory in bytes; `None` for what the module says.
    pub memory: Option<u64>,
    /// The size of the program's stack in bytes; `None` for 8 MiB.
    pub stack: Option<u64>,
    /// The largest number of elements of each table; `None` for what the module says.
    pub table: Option<u64>,
    /// The largest number of descriptors open at once; `None` for what the system allows.
    pub files: Option<u64>,
    /// Nanoseconds of wall-clock time after which the program is ended; `None` for never.
    pub timeout: Option<u64>,
}

/// The smallest stack: below this not even start-up code of usual libraries runs.
const LEAST_STACK_BYTES: u64 = 64 << 10;
/// The largest stack: half of the smallest user address space of a 64-bit target (2^38 on RISC-V with
/// three-level page tables), so that memories still find room.
const MOST_STACK_BYTES: u64 = 1 << 37;

impl Limits {
    /// Whether `memory_minimum_bytes`, what the module needs from the start, and the address space
    /// allow these limits.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub fn check(&self, memory_minimum_bytes: u64) -> Result<(), Error> {
        if let Some(memory) = self.memory
            && memory < memory_minimum_bytes
        {
            return Err(Error::Limit {
                flag: "--max-memory",
                message: format!(
                    "the module starts with a memory of {memory_minimum_bytes} bytes, more than the {memory} allowed"
                ),
            });
        }
        if let Some(stack) = self.stack
            && !(LEAST_STACK_BYTES..=MOST_STACK_BYTES).contains(&stack)
        {
            return Err(Error::Limit {
                flag: "--max-stack",
                message: format!("a stack of {stack} bytes is not between 64 KiB and 128 GiB"),
            });
        }
        Ok(())
    }
}

/// Text that is not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a size: write bytes, or a number with KiB, MiB, GiB (also K, M, G) or KB, MB, GB"
)]
pub struct SizeError(String);

/// Reads a size: `65536`, `64KiB`, `8M`, `1.5GiB`. `K`, `M`, `G` alone are powers of 1024, as for
/// `ulimit` and `wasmtime`; with `B`, powers of 1000.
///
/// # Errors
/// When the text is not a size, or one of 2^63 bytes or more.
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let error = || SizeError(crate::diagnostic::quoted(text));
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(error()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || (digits.contains('.') && (fraction.is_empty() || factor == 1)) {
        return Err(error());
    }
    if fraction.len() > 6 || fraction.contains('.') {
        return Err(error());
    }
    let whole: u64 = whole.parse().map_err(|_| error())?;
    let fraction_bytes = match fraction {
        "" => 0,
        digits => {
            let scale = 10_u64.pow(digits.len() as u32);
            let parts: u64 = digits.parse().map_err(|_| error())?;
            (u128::from(factor) * u128::from(parts) / u128::from(scale)) as u64
        }
    };
    let bytes = whole.checked_mul(factor).and_then(|bytes| bytes.checked_add(fraction_bytes));
    bytes.filter(|bytes| *bytes < 1 << 63).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::{Limits, parse_size};

    #[test]
    fn sizes_take_binary_and_decimal_units() {
        assert_eq!(parse_size("0"), Ok(0));
        assert_eq!(parse_size("65536"), Ok(65_536));
        assert_eq!(parse_size("64KiB"), Ok(65_536));
        assert_eq!(parse_size("64k"), Ok(65_536));
        assert_eq!(parse_size("8M"), Ok(8 << 20));
        assert_eq!(parse_size("8 MiB"), Ok(8 << 20));
        assert_eq!(parse_size("1.5GiB"), Ok(3 << 29));
        assert_eq!(parse_size("1MB"), Ok(1_000_000));
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        let not_sizes =
            ["", "x", "-1", "1.5", "1.", ".5M", "1..5M", "8MiBs", "1e3", "99999999999G", "1.2.3M"];
        for text in not_sizes {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn limits_below_the_need_are_refused() {
        let limits = Limits { memory: Some(65_536), ..Limits::default() };
        assert!(limits.check(65_536).is_ok());
        assert!(limits.check(65_537).is_err());
        assert!(Limits { stack: Some(1), ..Limits::default() }.check(0).is_err());
        assert!(Limits { stack: Some(1 << 50), ..Limits::default() }.check(0).is_err());
    }
}
