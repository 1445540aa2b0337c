//! Where Linux puts the registers of a signal's program on x86-64. Source: `ucontext.h` of the C library.

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
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let read = |index: i32| registers[index as usize] as usize;
    Registers {
        instruction: read(libc::REG_RIP),
        frame: read(libc::REG_RBP),
        stack: read(libc::REG_RSP),
    }
}

/// Makes the program continue, once the signal handler returns, behind [`crate::arch::call`].
///
/// # Safety
/// - `context` is a signal handler's; `resume` is what a call left that has not returned yet.
#[cfg(feature = "wast")]
pub(crate) unsafe fn resume_at(context: *mut c_void, resume: usize, result: usize) {
    // SAFETY: by the caller's promise.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    registers[libc::REG_RIP as usize] = w2n_resume as *const () as i64;
    registers[libc::REG_RDI as usize] = resume as i64;
    registers[libc::REG_RSI as usize] = result as i64;
}
