//! Clocks.

use super::error::last_error;
use crate::clock::Clock;
use crate::errno::Result;
use windows_sys::Win32::Foundation::{FILETIME, HANDLE};
use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};
use windows_sys::Win32::System::SystemInformation::GetSystemTimePreciseAsFileTime;
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThread, GetProcessTimes, GetThreadTimes,
};

/// From 1601, where the system's time begins, to 1970, in the system's unit of 100 nanoseconds.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;
const UNIT_NANOSECONDS: u64 = 100;
const SECOND: u64 = 1_000_000_000;
/// The processor's time is measured in ticks of the system's clock: 64 a second.
const TICK: u64 = SECOND / 64;

/// A time of the system as nanoseconds since 1970; what is before is 0.
pub(super) fn nanoseconds(time: i64) -> u64 {
    let since = time.saturating_sub(UNIX_EPOCH).max(0).cast_unsigned();
    since.saturating_mul(UNIT_NANOSECONDS)
}

/// Nanoseconds since 1970 as a time of the system.
pub(super) fn from_nanoseconds(nanoseconds: u64) -> i64 {
    (nanoseconds / UNIT_NANOSECONDS).cast_signed() + UNIX_EPOCH
}

fn joined(time: FILETIME) -> i64 {
    (u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)).cast_signed()
}

/// The present as a time of the system.
pub(super) fn now() -> i64 {
    let mut time = FILETIME::default();
    // SAFETY: the address is valid for writes.
    unsafe { GetSystemTimePreciseAsFileTime(&raw mut time) };
    joined(time)
}

/// How often the monotonic clock counts in a second.
fn frequency() -> u64 {
    let mut frequency = 0;
    // SAFETY: the address is valid for writes; the call cannot fail.
    unsafe { QueryPerformanceFrequency(&raw mut frequency) };
    frequency.cast_unsigned().max(1)
}

fn monotonic() -> u64 {
    let mut count = 0;
    // SAFETY: the address is valid for writes; the call cannot fail.
    unsafe { QueryPerformanceCounter(&raw mut count) };
    let (count, frequency) = (count.cast_unsigned(), frequency());
    // In two parts, so that nothing overflows.
    let (seconds, rest) = (count / frequency, count % frequency);
    seconds.saturating_mul(SECOND).saturating_add(rest.saturating_mul(SECOND) / frequency)
}

/// Time that a process or a thread has used, in itself and in the system.
fn used(
    of: HANDLE,
    ask: unsafe extern "system" fn(
        HANDLE,
        *mut FILETIME,
        *mut FILETIME,
        *mut FILETIME,
        *mut FILETIME,
    ) -> i32,
) -> Result<u64> {
    let mut times = [FILETIME::default(); 4];
    let [created, ended, system, user] = &mut times;
    // SAFETY: the handle stands for this process or thread, and the addresses are valid for writes.
    if unsafe { ask(of, created, ended, system, user) } == 0 {
        return Err(last_error());
    }
    let sum = joined(*system).saturating_add(joined(*user)).cast_unsigned();
    Ok(sum.saturating_mul(UNIT_NANOSECONDS))
}

/// The time on `clock` in nanoseconds.
pub(crate) fn clock_time(clock: Clock) -> Result<u64> {
    // SAFETY: the handles stand for this process and this thread.
    let (process, thread) = unsafe { (GetCurrentProcess(), GetCurrentThread()) };
    match clock {
        Clock::Realtime => Ok(nanoseconds(now())),
        Clock::Monotonic => Ok(monotonic()),
        Clock::ProcessCpu => used(process, GetProcessTimes),
        Clock::ThreadCpu => used(thread, GetThreadTimes),
    }
}

/// The resolution of `clock` in nanoseconds.
pub(crate) fn clock_resolution(clock: Clock) -> Result<u64> {
    Ok(match clock {
        Clock::Realtime => UNIT_NANOSECONDS,
        Clock::Monotonic => SECOND / frequency(),
        Clock::ProcessCpu | Clock::ThreadCpu => TICK,
    })
}
