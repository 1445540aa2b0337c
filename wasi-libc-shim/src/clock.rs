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

/// What clocks say.
#[derive(Clone, Copy)]
pub(crate) enum Time {
    /// The host's time.
    Real,
    /// The same in every run, see [`Time::fixed`].
    Fixed {
        /// Where the date stands, in nanoseconds since 1970.
        date: u64,
        /// What the other clocks count.
        passed: u64,
    },
    /// Nothing; waiting works.
    Denied,
}

/// What a reading of a clock takes that is fixed, in nanoseconds.
const READING: u64 = 1000;

impl Time {
    /// The date stands still. The other clocks begin at 0 and go on by a microsecond with each reading of
    /// any clock, so that loops that wait for time to pass end, and by what is waited for.
    pub(crate) fn fixed(date: u64) -> Self {
        Self::Fixed { date, passed: 0 }
    }

    fn read(&mut self, clock: Clock) -> Result<u64> {
        if self.is_denied() {
            return Err(Errno::NotCapable);
        }
        self.pass(READING);
        self.now(clock)
    }

    /// What a clock says, which is no reading of it.
    pub(crate) fn now(&self, clock: Clock) -> Result<u64> {
        match *self {
            Self::Fixed { date, passed } => {
                Ok(if clock == Clock::Realtime { date } else { passed })
            }
            Self::Real | Self::Denied => host::clock_time(clock),
        }
    }

    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::Denied)
    }

    /// How long it is from now to a time on a clock, when that is not the host's time.
    pub(crate) fn until(&self, clock: Clock, due: u64) -> Option<u64> {
        let fixed = matches!(self, Self::Fixed { .. });
        self.now(clock).ok().filter(|_| fixed).map(|now| due.saturating_sub(now))
    }

    /// Lets time pass that was waited for.
    pub(crate) fn pass(&mut self, nanoseconds: u64) {
        if let Self::Fixed { passed, .. } = self {
            *passed = passed.saturating_add(nanoseconds);
        }
    }
}

pub(crate) fn res_get(
    time: &Time,
    memory: &mut GuestMemory<'_>,
    clock: u32,
    result: u32,
) -> Result<()> {
    let clock = Clock::from_number(clock)?;
    let nanoseconds = match time {
        Time::Real => host::clock_resolution(clock)?,
        Time::Fixed { .. } => READING,
        Time::Denied => return Err(Errno::NotCapable),
    };
    memory.write_u64(result, nanoseconds.max(1))
}

pub(crate) fn time_get(
    time: &mut Time,
    memory: &mut GuestMemory<'_>,
    clock: u32,
    result: u32,
) -> Result<()> {
    let now = time.read(Clock::from_number(clock)?)?;
    memory.write_u64(result, now)
}
