//! Where macOS puts the registers of a signal's program on AArch64. Source: `mach/arm/_structs.h` and `arm/_mcontext.h` of the system.

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
        instruction: registers.__pc as usize,
        frame: registers.__fp as usize,
        link: registers.__lr as usize,
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
    registers.__pc = (w2n_resume as *const ()).addr() as u64;
    registers.__x[0] = resume as u64;
    registers.__x[1] = result as u64;
}
