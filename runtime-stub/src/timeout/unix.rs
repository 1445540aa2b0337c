//! Time on Unix: a signal by the system's timer, on the stack of the handlers of traps. It comes while the
//! program computes as well as while it waits in a call, which is not made to fail by it: nothing goes on
//! afterwards.

use super::{end, limit};
use crate::{arch, trap};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{mem, ptr};

/// What the monotonic clock says, in nanoseconds, when the time is over.
static DUE: AtomicU64 = AtomicU64::new(0);
/// Timers and the clock need not agree to the last.
const TOLERANCE: u64 = 10_000_000;

fn now() -> Option<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the address is valid for writes.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).ok().filter(|_| answer == 0)?;
    Some(seconds.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64))
}

/// Does something to whether the signal is blocked.
fn mask(how: c_int) {
    // SAFETY: the set is made before it is used.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGALRM);
        libc::sigprocmask(how, &raw const set, ptr::null_mut());
    }
}

/// See [`super::start`].
pub(crate) fn start() {
    let Some(limit) = limit() else { return };
    DUE.store(now().unwrap_or(0).saturating_add(limit), Ordering::Relaxed);
    let microseconds = limit.div_ceil(1000);
    let once = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval {
            tv_sec: (microseconds / 1_000_000) as _,
            tv_usec: (microseconds % 1_000_000) as _,
        },
    };
    // SAFETY: the handler has the type that `SA_SIGINFO` asks for; neither call can fail with these
    // arguments.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handle as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigaction(libc::SIGALRM, &raw const action, ptr::null_mut());
        libc::setitimer(libc::ITIMER_REAL, &raw const once, ptr::null_mut());
    }
    // Whoever started the process may have blocked it.
    mask(libc::SIG_UNBLOCK);
}

/// See [`super::stop`].
pub(crate) fn stop() {
    if limit().is_some() {
        mask(libc::SIG_BLOCK);
    }
}

unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let due = DUE.load(Ordering::Relaxed);
    match limit() {
        Some(limit) if now().is_none_or(|now| now.saturating_add(TOLERANCE) >= due) => {
            // SAFETY: the system passes the context that the signal came in.
            let registers = unsafe { arch::registers(info, context) };
            end(limit, trap::is_in_program(registers.instruction))
        }
        // Somebody sent the signal, the program itself perhaps: it does what it does elsewhere.
        // SAFETY: both calls have no preconditions; the signal comes when this handler has returned.
        _ => unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        },
    }
}
