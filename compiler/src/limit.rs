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
    /// These, and `others` where these say nothing.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            memory: self.memory.or(others.memory),
            stack: self.stack.or(others.stack),
            table: self.table.or(others.table),
            files: self.files.or(others.files),
            timeout: self.timeout.or(others.timeout),
        }
    }

    /// One of them.
    pub fn get(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::Memory => self.memory,
            Limit::Stack => self.stack,
            Limit::Table => self.table,
            Limit::Files => self.files,
            Limit::Timeout => self.timeout,
        }
    }

    /// Whether what the program needs from the start and the address space allow these limits.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub fn check(&self, needs: Needs) -> Result<(), Error> {
        let refuse = |limit: Limit, message: String| Err(Error::Limit { limit, message });
        let exceeded = |limit: Limit, need: u64| self.get(limit).filter(|most| *most < need);
        let Needs { memory_bytes, table_elements, files } = needs;
        if let Some(most) = exceeded(Limit::Memory, memory_bytes) {
            return refuse(
                Limit::Memory,
                format!(
                    "the module starts with a memory of {memory_bytes} bytes, more than the {most} allowed"
                ),
            );
        }
        if let Some(most) = exceeded(Limit::Table, table_elements) {
            return refuse(
                Limit::Table,
                format!(
                    "the module starts with a table of {table_elements} elements, more than the {most} allowed"
                ),
            );
        }
        if let Some(most) = exceeded(Limit::Files, files) {
            return refuse(
                Limit::Files,
                format!(
                    "its standard streams, `/` and what is granted to it are {files} open files, more than the {most} allowed"
                ),
            );
        }
        if let Some(stack) = self.stack
            && !(LEAST_STACK_BYTES..=MOST_STACK_BYTES).contains(&stack)
        {
            return refuse(
                Limit::Stack,
                format!("a stack of {stack} bytes is not between 64 KiB and 128 GiB"),
            );
        }
        if self.timeout == Some(0) {
            return refuse(Limit::Timeout, "a program that has no time cannot start".to_owned());
        }
        Ok(())
    }
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Of each linear memory.
    Memory,
    /// Of the stack.
    Stack,
    /// Of each table.
    Table,
    /// Of open descriptors.
    Files,
    /// Of time.
    Timeout,
}

impl Limit {
    /// The flag that sets it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Memory => "--max-memory",
            Self::Stack => "--max-stack",
            Self::Table => "--max-table",
            Self::Files => "--max-files",
            Self::Timeout => "--timeout",
        }
    }

    /// The key of a policy file that sets it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "limits.memory",
            Self::Stack => "limits.stack",
            Self::Table => "limits.table",
            Self::Files => "limits.files",
            Self::Timeout => "limits.timeout",
        }
    }
}

/// What a program needs from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Bytes of its largest memory.
    pub memory_bytes: u64,
    /// Elements of its largest table.
    pub table_elements: u64,
    /// Open files: standard streams and grants.
    pub files: u64,
}

/// Text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a duration: write a number with ns, us, ms, s, m, h or d, such as 30s, 1.5h or 1m30s"
)]
pub struct DurationError(String);

/// The units of durations in nanoseconds, the largest first.
const DURATION_UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads a duration, as nanoseconds: `30s`, `1.5h`, `1m30s`. Every number has its unit.
///
/// # Errors
/// When the text is not a duration, or one of more than 584 years.
pub fn parse_duration(text: &str) -> Result<u64, DurationError> {
    let error = || DurationError(crate::diagnostic::quoted(text));
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() || text.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit = DURATION_UNITS.iter().find(|(name, _)| *name == unit.trim());
        let (_, factor) = unit.ok_or_else(error)?;
        let nanoseconds = scaled(number, *factor).ok_or_else(error)?;
        total = total.checked_add(nanoseconds).ok_or_else(error)?;
        rest = behind;
    }
    Ok(total)
}

/// A duration as [`parse_duration`] reads it.
pub(crate) fn duration_in_words(nanoseconds: u64) -> String {
    let mut rest = nanoseconds;
    let mut words = String::new();
    for (unit, factor) in DURATION_UNITS {
        if rest >= factor {
            words.push_str(&format!("{}{unit}", rest / factor));
        }
        rest %= factor;
    }
    if words.is_empty() { "0s".to_owned() } else { words }
}

/// A decimal number of at most nine places times a factor; `None` when it is none or does not fit.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let scale = 10_u128.pow(fraction.len() as u32);
    let parts: u64 = fraction.parse().ok()?;
    let fraction = (u128::from(factor) * u128::from(parts) / scale) as u64;
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(fraction)
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
    if digits.contains('.') && factor == 1 {
        return Err(error());
    }
    scaled(digits, factor).filter(|bytes| *bytes < 1 << 63).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::{Limits, Needs, duration_in_words, parse_duration, parse_size};

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
        let needs = Needs { memory_bytes: 65_536, table_elements: 10, files: 3 };
        let allows = |limits: Limits| limits.check(needs).is_ok();
        let none = Limits::default();
        assert!(allows(none));
        assert!(allows(Limits { memory: Some(65_536), table: Some(10), files: Some(3), ..none }));
        assert!(!allows(Limits { memory: Some(65_535), ..none }));
        assert!(!allows(Limits { table: Some(9), ..none }));
        assert!(!allows(Limits { files: Some(2), ..none }));
        assert!(!allows(Limits { stack: Some(1), ..none }));
        assert!(!allows(Limits { stack: Some(1 << 50), ..none }));
        assert!(allows(Limits { timeout: Some(1), ..none }));
        assert!(!allows(Limits { timeout: Some(0), ..none }));
    }

    #[test]
    fn durations_have_units() {
        for (text, nanoseconds) in [
            ("30s", 30_000_000_000),
            ("5m", 300_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("1m30s", 90_000_000_000),
            ("250 ms", 250_000_000),
            ("0.000000001s", 1),
            ("2d", 172_800_000_000_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(nanoseconds), "{text}");
            assert_eq!(parse_duration(&duration_in_words(nanoseconds)), Ok(nanoseconds));
        }
        for text in ["", "30", "s", "-1s", "1.s", "1..5s", "1e3s", "1 week", "300000d", "1s2", "½s"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert_eq!(duration_in_words(90_500_000_000), "1m30s500ms");
        assert_eq!(duration_in_words(1_000_500), "1ms500ns");
    }
}
