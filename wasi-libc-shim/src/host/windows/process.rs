//! Signals, random numbers and giving up the processor.

use super::error::from_code;
use super::library::loaded;
use crate::errno::{Errno, Result};
use windows_sys::Win32::Foundation::ERROR_INVALID_FUNCTION;
use windows_sys::Win32::Foundation::STATUS_CONTROL_C_EXIT;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, SwitchToThread, TerminateProcess};

/// What a signal of WASI does that a program raises in itself. The system has no signals; this is what
/// they do elsewhere when nobody handles them.
fn default_action(signal: u32) -> Result<Option<u32>> {
    match signal {
        // A broken pipe is an error, see `ignore_broken_pipes`; child, continue, urgent, window size.
        0 | 13 | 16 | 17 | 22 | 27 => Ok(None),
        // Interrupt: the status of a process that Ctrl-C ends.
        2 => Ok(Some(STATUS_CONTROL_C_EXIT.cast_unsigned())),
        // A process cannot stop itself for somebody else to continue it.
        18..=21 => Err(Errno::NotSupported),
        // As `raise` and `abort` of the system's C library.
        1..=30 => Ok(Some(3)),
        _ => Err(Errno::Invalid),
    }
}

/// Raises WASI's `signal` in this process; 0 raises none.
pub(crate) fn raise(signal: u32) -> Result<()> {
    if let Some(status) = default_action(signal)? {
        // SAFETY: the handle stands for this process.
        unsafe { TerminateProcess(GetCurrentProcess(), status) };
    }
    Ok(())
}

/// A write to a pipe that nobody reads is an error, as always on this system.
pub(crate) fn ignore_broken_pipes() {}

pub(crate) fn sched_yield() {
    // SAFETY: takes nothing and cannot fail.
    unsafe { SwitchToThread() };
}

loaded! {
    /// The system's generator, since Windows 10; it cannot fail.
    "bcryptprimitives.dll" fn ProcessPrng(buffer: *mut u8, length: usize) -> i32;
    /// The same, by its older name, on systems that lack the other.
    "advapi32.dll" fn SystemFunction036(buffer: *mut u8, length: u32) -> u8;
}

/// Fills `length` bytes at `buffer`, a region of linear memory, with random bytes.
pub(crate) fn random(buffer: *mut u8, length: usize) -> Result<()> {
    // SAFETY: the region has that many bytes; the functions of these names have these types.
    let filled = unsafe {
        match ProcessPrng(buffer, length) {
            Some(filled) => filled != 0,
            // A length of linear memory has 32 bits.
            None => SystemFunction036(buffer, length as u32).is_some_and(|filled| filled != 0),
        }
    };
    if filled { Ok(()) } else { Err(from_code(ERROR_INVALID_FUNCTION)) }
}
