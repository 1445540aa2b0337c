//! Where Windows puts the registers of an exception's thread on AArch64. Source: Microsoft, `winnt.h`.

use super::Registers;
use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

/// The registers in the context that an exception handler was given.
pub(crate) fn registers(context: &CONTEXT) -> Registers {
    // SAFETY: both members of the union are numbers of the same registers.
    let general = unsafe { &context.Anonymous.Anonymous };
    Registers {
        instruction: context.Pc as usize,
        frame: general.Fp as usize,
        link: general.Lr as usize,
    }
}

/// Where the stack that is in use ends.
pub(crate) fn stack_pointer(context: &CONTEXT) -> usize {
    context.Sp as usize
}

/// Makes the thread continue, once the exception handler returns, in a function without arguments
/// that never returns, on the stack that ends at `stack_end`, a multiple of 16.
#[cfg(not(feature = "wast"))]
pub(crate) fn continue_in(context: &mut CONTEXT, function: *const (), stack_end: usize) {
    context.Pc = function.addr() as u64;
    context.Sp = stack_end as u64;
}

/// Makes the program continue, once the exception handler returns, behind the [`crate::arch::call`]
/// that left `resume` and has not returned yet.
#[cfg(feature = "wast")]
pub(crate) fn resume_at(context: &mut CONTEXT, resume: usize, result: usize) {
    context.Pc = super::w2n_resume as *const () as u64;
    context.Anonymous.Anonymous.X0 = resume as u64;
    context.Anonymous.Anonymous.X1 = result as u64;
}
