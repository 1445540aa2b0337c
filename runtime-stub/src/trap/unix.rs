//! Faults arrive as signals, on a stack of their own.

use super::{STATE, classify};
use crate::arch;
use std::ffi::{c_int, c_void};
use std::{mem, ptr};

/// Also holds the largest register files that systems save there.
const ALTERNATE_STACK_BYTES: usize = 64 << 10;

#[repr(align(64))]
struct AlternateStack(std::cell::UnsafeCell<[u8; ALTERNATE_STACK_BYTES]>);

// SAFETY: only the system writes to it, while a handler runs.
unsafe impl Sync for AlternateStack {}

static ALTERNATE_STACK: AlternateStack =
    AlternateStack(std::cell::UnsafeCell::new([0; ALTERNATE_STACK_BYTES]));

const SIGNALS: [c_int; 5] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP];

/// Installs the handlers.
pub(super) fn install() {
    let stack = libc::stack_t {
        ss_sp: ALTERNATE_STACK.0.get().cast(),
        ss_flags: 0,
        ss_size: ALTERNATE_STACK_BYTES,
    };
    // SAFETY: the stack lives as long as the process, and the handler has the type that
    // `SA_SIGINFO` asks for. Neither call can fail with these arguments.
    unsafe {
        libc::sigaltstack(&raw const stack, ptr::null_mut());
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handle as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        for signal in SIGNALS {
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

/// Whether a signal with this code was sent by somebody, and is no fault.
#[cfg(target_os = "linux")]
fn was_sent(code: c_int) -> bool {
    code <= 0
}

/// Whether a signal with this code was sent by somebody, and is no fault.
#[cfg(not(target_os = "linux"))]
fn was_sent(code: c_int) -> bool {
    /// The first of the codes that are not for faults.
    const SI_USER: c_int = 0x10001;
    code >= SI_USER
}

unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: `install` ran after the state was written, which nothing changes now.
    let running = unsafe { (*STATE.0.get()).as_ref() };
    // SAFETY: the system passes the context of the fault.
    let registers = unsafe { arch::registers(info, context) };
    let address = matches!(signal, libc::SIGSEGV | libc::SIGBUS).then(|| {
        // SAFETY: the system passes a description, which has an address for these signals.
        unsafe { (*info).si_addr() }.addr()
    });
    let trap = running.and_then(|running| {
        classify(running, registers.instruction, address).map(|trap| (running, trap))
    });
    let Some((running, trap)) = trap else {
        // Not a fault of the program: the instruction faults again and takes the usual course. A
        // signal that somebody sent is sent again.
        // SAFETY: both calls have no preconditions.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            if was_sent((*info).si_code) {
                libc::raise(signal);
            }
        }
        return;
    };
    #[cfg(feature = "wast")]
    // SAFETY: the fault happened in a call that has not returned.
    unsafe {
        arch::resume_at(context, running.resume, trap as usize);
    }
    #[cfg(not(feature = "wast"))]
    {
        crate::backtrace::report(running, trap, registers);
        let is_consistent = super::is_in_program(registers.instruction);
        crate::host_call::end(crate::process::EXIT_TRAP, is_consistent);
    }
}
