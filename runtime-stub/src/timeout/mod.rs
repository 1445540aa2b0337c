//! The end of a program that runs longer than its builder allows, measured by the wall clock; one sibling for
//! each family of systems.
//!
//! Invariant: it comes whatever the program is doing, and nothing else is disturbed by it: the process ends.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use crate::host_call;
use crate::report::Text;
use std::sync::atomic::{AtomicU64, Ordering};
use wasm2native_abi::EXIT_TIMEOUT;

/// Lets time run from now on, once handlers have a stack.
pub(crate) use system::start;
/// From here on the process ends by itself.
pub(crate) use system::stop;
#[cfg(windows)]
/// Waits for the program's thread, which ends the process, or for the time to be over.
pub(crate) use system::wait;

/// Nanoseconds; 0 without a limit.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// Sets the time.
pub(crate) fn set(nanoseconds: Option<u64>) {
    LIMIT.store(nanoseconds.map_or(0, |limit| limit.max(1)), Ordering::Relaxed);
}

fn limit() -> Option<u64> {
    Some(LIMIT.load(Ordering::Relaxed)).filter(|&limit| limit > 0)
}

/// Says that the time is over and ends the process, see [`host_call::end`]. It allocates nothing.
fn end(limit: u64, is_consistent: bool) -> ! {
    let units = [(1_000_000_000, " s"), (1_000_000, " ms"), (1000, " us"), (1, " ns")];
    let mut text = Text::error();
    text.program().text("stopped after ");
    if let Some((nanoseconds, unit)) = units.iter().find(|(size, _)| limit.is_multiple_of(*size)) {
        text.number(limit / nanoseconds).text(unit);
    }
    text.text(", as its builder set\n").flush();
    host_call::end(EXIT_TIMEOUT, is_consistent)
}
