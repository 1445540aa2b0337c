//! Where Windows puts the registers of an exception's thread on x86-64. Source: Microsoft, `winnt.h`.

use super::Registers;
use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

/// The registers in the context that an exception handler was given.
pub(crate) fn registers(context: &CONTEXT) -> Registers {
    Registers {
        instruction: context.Rip as usize,
        frame: context.Rbp as usize,
        stack: context.Rsp as usize,
    }
}

/// Where the stack that is in use ends.
pub(crate) fn stack_pointer(context: &CONTEXT) -> usize {
    context.Rsp as usize
}

/// Makes the program continue, once the exception handler returns, behind the [`crate::arch::call`]
/// that left `resume` and has not returned yet.
#[cfg(feature = "wast")]
pub(crate) fn resume_at(context: &mut CONTEXT, resume: usize, result: usize) {
    context.Rip = super::w2n_resume as *const () as u64;
    context.Rdi = resume as u64;
    context.Rsi = result as u64;
}
