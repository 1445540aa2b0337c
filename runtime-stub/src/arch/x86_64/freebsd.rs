//! Where FreeBSD puts the registers of a signal's program on x86-64. Source: `x86/include/ucontext.h` of the system.

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
    // SAFETY: by the caller's promise.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    Registers {
        instruction: registers.mc_rip as usize,
        frame: registers.mc_rbp as usize,
        stack: registers.mc_rsp as usize,
    }
}

/// Makes the program continue, once the signal handler returns, behind [`crate::arch::call`].
///
/// # Safety
/// - `context` is a signal handler's; `resume` is what a call left that has not returned yet.
#[cfg(feature = "wast")]
pub(crate) unsafe fn resume_at(context: *mut c_void, resume: usize, result: usize) {
    // SAFETY: by the caller's promise.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    registers.mc_rip = w2n_resume as *const () as i64;
    registers.mc_rdi = resume as i64;
    registers.mc_rsi = result as i64;
}
