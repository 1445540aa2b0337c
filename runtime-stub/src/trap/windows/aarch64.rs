//! The context of an exception on AArch64.

use crate::arch::Registers;
use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

/// The registers that traps need.
pub(super) fn registers(context: &CONTEXT) -> Registers {
    // SAFETY: both members of the union are numbers of the same registers.
    let general = unsafe { &context.Anonymous.Anonymous };
    Registers {
        instruction: context.Pc as usize,
        frame: general.Fp as usize,
        link: general.Lr as usize,
    }
}

/// Where the stack ends below.
pub(super) fn stack_pointer(context: &CONTEXT) -> usize {
    context.Sp as usize
}

/// Makes the program continue, once the handler returns, behind the [`crate::arch::call`] that left
/// `resume` and has not returned yet.
#[cfg(feature = "wast")]
pub(super) fn resume_at(context: &mut CONTEXT, resume: usize, result: usize) {
    context.Pc = crate::arch::w2n_resume as *const () as u64;
    context.Anonymous.Anonymous.X0 = resume as u64;
    context.Anonymous.Anonymous.X1 = result as u64;
}
