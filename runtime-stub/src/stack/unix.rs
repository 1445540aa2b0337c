//! The program's stack on Unix: a mapping of our own, with a guard below.

use super::{MINIMUM_BYTES, REFUSED};
use crate::memory::{self, Protection};
use crate::report;
use std::convert::Infallible;
use std::ops::Range;

/// Bytes below the stack that fault. Functions with a larger frame touch it step by step.
const GUARD_BYTES: usize = 256 << 10;

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
    fn new(bytes: u64) -> Result<Self, &'static str> {
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

    /// Where code of the program starts, see [`crate::arch::call`].
    pub(crate) fn end(&self) -> usize {
        self.range().end
    }
}

/// See [`super::with_new`].
pub(crate) fn with_new(bytes: u64, run: impl FnOnce(Stack) -> Infallible) -> ! {
    match Stack::new(bytes) {
        Ok(stack) => match run(stack) {},
        Err(sentence) => report::refuse(&[sentence]),
    }
}

/// See [`super::restore_guard`]: it stays as it is.
///
/// # Safety
/// None here.
#[cfg(feature = "wast")]
pub(crate) unsafe fn restore_guard() {}
