//! Where macOS puts the registers of a signal's program on x86-64. Source: `mach/i386/_structs.h` and `i386/_mcontext.h` of the system.

use super::Registers;
#[cfg(feature = "wast")]
use super::w2n_resume;
use std::ffi::c_void;

/// The registers in the context that a signal handler was given.
///
/// # Safety
/// - Both are what a signal handler was given.
pub(crate) unsafe fn registers(
    _information: *const libc::siginfo_t,
    context: *mut c_void,
) -> Registers {
    // SAFETY: by the caller's promise; the context refers to the registers.
    let registers = unsafe { &(*(*context.cast::<libc::ucontext_t>()).uc_mcontext).__ss };
    Registers {
        instruction: registers.__rip as usize,
        frame: registers.__rbp as usize,
        stack: registers.__rsp as usize,
    }
}

/// Makes the program continue, once the signal handler returns, behind [`crate::arch::call`].
///
/// # Safety
/// - `context` is a signal handler's; `resume` is what a call left that has not returned yet.
#[cfg(feature = "wast")]
pub(crate) unsafe fn resume_at(context: *mut c_void, resume: usize, result: usize) {
    // SAFETY: by the caller's promise; the context refers to the registers.
    let registers = unsafe { &mut (*(*context.cast::<libc::ucontext_t>()).uc_mcontext).__ss };
    registers.__rip = w2n_resume as *const () as u64;
    registers.__rdi = resume as u64;
    registers.__rsi = result as u64;
}
