//! Signals by which a process is asked to end: what exists no longer than the program is removed before they
//! do what they always do.
//!
//! Invariants: whoever started the process is told that the signal ended it; what it was started to ignore,
//! as `nohup` has it, stays ignored; a process that has nothing to be removed has no handlers.

use std::ffi::c_int;
use std::{mem, ptr};

const SIGNALS: [c_int; 3] = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM];

/// The signals, and the one of the time limit, which removes the same.
fn all() -> libc::sigset_t {
    // SAFETY: the set is made before it is used.
    unsafe {
        let mut set = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in SIGNALS.into_iter().chain([libc::SIGALRM]) {
            libc::sigaddset(&raw mut set, signal);
        }
        set
    }
}

/// Installs the handlers, once they have a stack.
pub(super) fn install() {
    // SAFETY: the handler has the type of one without `SA_SIGINFO`, and no call can fail with these arguments.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handle as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART;
        action.sa_mask = all();
        for signal in SIGNALS {
            let mut former: libc::sigaction = mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut former);
            if former.sa_sigaction != libc::SIG_IGN {
                libc::sigaction(signal, &raw const action, ptr::null_mut());
            }
        }
    }
}

/// From here on the process ends by itself.
pub(super) fn block() {
    let signals = all();
    // SAFETY: the set lives until the call returns.
    unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const signals, ptr::null_mut()) };
}

/// Nothing of the program goes on afterwards, so that it need not be consistent; nothing is allocated.
unsafe extern "C" fn handle(signal: c_int) {
    wasi_libc_shim::finish();
    // SAFETY: both calls have no preconditions; the signal comes when this handler has returned.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}
