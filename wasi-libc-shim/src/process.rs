//! `proc_raise`, `sched_yield` and `random_get`: what a program asks of its own process.
//!
//! It stands alone as one area of WASI. Invariant: a signal goes to this process only.

use crate::errno::Result;
use crate::host;
use crate::memory::GuestMemory;

/// Raises a signal, given by WASI's number; 0 raises none.
pub(crate) fn raise(signal: u32) -> Result<()> {
    host::raise(signal)
}

pub(crate) fn sched_yield() -> Result<()> {
    host::sched_yield();
    Ok(())
}

pub(crate) fn random_get(memory: &mut GuestMemory<'_>, buffer: u32, length: u32) -> Result<()> {
    let buffer = memory.region(buffer, length)?;
    host::random(buffer, length as usize)
}
