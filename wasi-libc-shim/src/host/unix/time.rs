//! Clocks.

use super::last_error;
use crate::clock::Clock;
use crate::errno::Result;

type Call = unsafe extern "C" fn(libc::clockid_t, *mut libc::timespec) -> libc::c_int;

fn ask(clock: Clock, call: Call) -> Result<u64> {
    let clock = match clock {
        Clock::Realtime => libc::CLOCK_REALTIME,
        Clock::Monotonic => libc::CLOCK_MONOTONIC,
        Clock::ProcessCpu => libc::CLOCK_PROCESS_CPUTIME_ID,
        Clock::ThreadCpu => libc::CLOCK_THREAD_CPUTIME_ID,
    };
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both functions write a time to the address given.
    if unsafe { call(clock, &raw mut time) } != 0 {
        return Err(last_error().into());
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64))
}

/// The time on `clock` in nanoseconds.
pub(crate) fn clock_time(clock: Clock) -> Result<u64> {
    ask(clock, libc::clock_gettime)
}

/// The resolution of `clock` in nanoseconds.
pub(crate) fn clock_resolution(clock: Clock) -> Result<u64> {
    ask(clock, libc::clock_getres)
}
