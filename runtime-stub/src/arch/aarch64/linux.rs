//! Where Linux puts the registers of a signal's program on AArch64. Source: `asm/sigcontext.h` of the kernel.

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
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    Registers {
        instruction: machine.pc as usize,
        frame: machine.regs[29] as usize,
        link: machine.regs[30] as usize,
    }
}

/// Makes the program continue, once the signal handler returns, behind [`crate::arch::call`].
///
/// # Safety
/// - `context` is a signal handler's; `resume` is what a call left that has not returned yet.
#[cfg(feature = "wast")]
pub(crate) unsafe fn resume_at(context: *mut c_void, resume: usize, result: usize) {
    // SAFETY: by the caller's promise.
    let machine = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    machine.pc = (w2n_resume as *const ()).addr() as u64;
    machine.regs[0] = resume as u64;
    machine.regs[1] = result as u64;
}
