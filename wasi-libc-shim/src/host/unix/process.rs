//! Signals, random numbers and giving up the processor.

use super::{last_error, retry, system};
use crate::errno::{Errno, Result};

/// The host's signal for each of WASI's, from 1 (`signal` in the witx text).
const SIGNALS: [libc::c_int; 30] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGABRT,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGKILL,
    libc::SIGUSR1,
    libc::SIGSEGV,
    libc::SIGUSR2,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGCHLD,
    libc::SIGCONT,
    libc::SIGSTOP,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGURG,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGWINCH,
    libc::SIGIO,
    system::SIGPWR,
    libc::SIGSYS,
];

/// Raises WASI's `signal` in this process; 0 raises none.
pub(crate) fn raise(signal: u32) -> Result<()> {
    let Some(index) = (signal as usize).checked_sub(1) else { return Ok(()) };
    let host = *SIGNALS.get(index).ok_or(Errno::Invalid)?;
    // SAFETY: raising a signal does what the process has set for it; the kernel refuses other numbers.
    if unsafe { libc::raise(host) } == 0 { Ok(()) } else { Err(last_error().into()) }
}

/// A write to a pipe that nobody reads is an error and not the end, so that the program can say so; a C
/// program that wants the end raises the signal itself.
pub(crate) fn ignore_broken_pipes() {
    // SAFETY: ignoring a signal installs no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

pub(crate) fn sched_yield() {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::sched_yield() };
}

/// Fills `length` bytes at `buffer`, a region of linear memory, with random bytes.
pub(crate) fn random(buffer: *mut u8, length: usize) -> Result<()> {
    let mut done = 0;
    while done < length {
        // SAFETY: the bytes from `done` to `length` are in the region.
        done += retry(|| unsafe { system::random(buffer.add(done), length - done) })?;
    }
    Ok(())
}
