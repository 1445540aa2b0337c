//! The context of an exception on x86-64.

use crate::arch::Registers;
use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

/// The registers that traps need.
pub(super) fn registers(context: &CONTEXT) -> Registers {
    Registers {
        instruction: context.Rip as usize,
        frame: context.Rbp as usize,
        stack: context.Rsp as usize,
    }
}

/// Where the stack ends below.
pub(super) fn stack_pointer(context: &CONTEXT) -> usize {
    context.Rsp as usize
}

/// Makes the program continue, once the handler returns, behind the [`crate::arch::call`] that left
/// `resume` and has not returned yet.
#[cfg(feature = "wast")]
pub(super) fn resume_at(context: &mut CONTEXT, resume: usize, result: usize) {
    context.Rip = crate::arch::w2n_resume as *const () as u64;
    context.Rdi = resume as u64;
    context.Rsi = result as u64;
}
