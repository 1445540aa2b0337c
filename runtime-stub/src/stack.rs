//! The program's stack: its own, with a guard below, so that no function has to check for its end.

use crate::memory::{self, Protection};
use std::ops::Range;

/// Bytes below the stack that fault. Functions with a larger frame touch it step by step.
const GUARD_BYTES: usize = 256 << 10;
/// No stack is smaller: host calls run on it too.
const MINIMUM_BYTES: u64 = 64 << 10;

/// A stack that lives as long as the process.
pub(crate) struct Stack {
    start: usize,
    bytes: usize,
}

impl Stack {
    /// Reserves a stack of that size; memory is used as the program goes deeper.
    ///
    /// # Errors
    /// A sentence when there is no address space for it.
    pub(crate) fn new(bytes: u64) -> Result<Self, &'static str> {
        const REFUSED: &str = "the system refuses the address space for the program's stack; a smaller \
            one can be had by building with `--max-stack`";
        let bytes = usize::try_from(bytes.max(MINIMUM_BYTES)).map_err(|_| REFUSED)?;
        let bytes = bytes.checked_next_multiple_of(memory::page_bytes()).ok_or(REFUSED)?;
        let total = bytes.checked_add(GUARD_BYTES).ok_or(REFUSED)?;
        let start = memory::map(total, Protection::ReadWrite).ok_or(REFUSED)?;
        // SAFETY: both ranges lie in the mapping just made.
        let guarded = unsafe { memory::protect(start, GUARD_BYTES, Protection::None) };
        if !guarded {
            return Err(REFUSED);
        }
        // SAFETY: as above.
        unsafe { memory::use_small_pages(start.wrapping_add(GUARD_BYTES), bytes) };
        Ok(Self { start: start.addr(), bytes })
    }

    /// Addresses that fault when the stack is used up.
    pub(crate) fn guard(&self) -> Range<usize> {
        self.start..self.start + GUARD_BYTES
    }

    /// Addresses of the stack itself; it grows down from the end.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start + GUARD_BYTES..self.start + GUARD_BYTES + self.bytes
    }
}
