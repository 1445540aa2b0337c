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

/// Makes the thread continue, once the exception handler returns, in a function without arguments
/// that never returns, on the stack that ends at `stack_end`, a multiple of 16.
#[cfg(not(feature = "wast"))]
pub(crate) fn continue_in(context: &mut CONTEXT, function: *const (), stack_end: usize) {
    /// The direction flag, which is clear by the convention.
    const DIRECTION: u32 = 1 << 10;
    context.EFlags &= !DIRECTION;
    context.Rip = function.addr() as u64;
    // The convention's room for four arguments, and where a call would put the return address.
    context.Rsp = (stack_end - 40) as u64;
}

/// Makes the program continue, once the exception handler returns, behind the [`crate::arch::call`]
/// that left `resume` and has not returned yet.
#[cfg(feature = "wast")]
pub(crate) fn resume_at(context: &mut CONTEXT, resume: usize, result: usize) {
    context.Rip = super::w2n_resume as *const () as u64;
    context.Rdi = resume as u64;
    context.Rsi = result as u64;
}
