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

/// Makes the program continue, once the exception handler returns, behind the [`crate::arch::call`]
/// that left `resume` and has not returned yet.
#[cfg(feature = "wast")]
pub(crate) fn resume_at(context: &mut CONTEXT, resume: usize, result: usize) {
    context.Pc = super::w2n_resume as *const () as u64;
    context.Anonymous.Anonymous.X0 = resume as u64;
    context.Anonymous.Anonymous.X1 = result as u64;
}
