//! `clock_*`: what time it is, by four clocks.
//!
//! It stands alone as one area of WASI. Invariant: an unknown clock is `inval`, as the witx text asks.

use crate::errno::{Errno, Result};
use crate::host;
use crate::memory::GuestMemory;

/// The clocks of WASI by their `clockid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Realtime,
    Monotonic,
    ProcessCpu,
    ThreadCpu,
}

impl Clock {
    pub(crate) fn from_number(number: u32) -> Result<Self> {
        match number {
            0 => Ok(Self::Realtime),
            1 => Ok(Self::Monotonic),
            2 => Ok(Self::ProcessCpu),
            3 => Ok(Self::ThreadCpu),
            _ => Err(Errno::Invalid),
        }
    }
}

pub(crate) fn res_get(memory: &mut GuestMemory<'_>, clock: u32, result: u32) -> Result<()> {
    let nanoseconds = host::clock_resolution(Clock::from_number(clock)?)?;
    memory.write_u64(result, nanoseconds.max(1))
}

pub(crate) fn time_get(memory: &mut GuestMemory<'_>, clock: u32, result: u32) -> Result<()> {
    memory.write_u64(result, host::clock_time(Clock::from_number(clock)?)?)
}
