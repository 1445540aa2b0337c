//! IBM Z. Source: the s390x ELF ABI. `r6` to `r15` and `f8` to `f15` belong to the caller, in whose frame
//! a function saves the former, at 8 times the register's number; `r15` is the stack pointer, `r14` the
//! return address. There is no frame pointer: in compiled code every frame that is not a leaf's begins
//! with the caller's stack pointer (the back chain).

use std::ffi::c_void;

// Arguments: r2 stack_end, r3 code, r4 slots, r5 resume.
std::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl w2n_call",
    "w2n_call:",
    "stmg %r6, %r15, 48(%r15)",
    "lgr %r1, %r15",
    "aghi %r15, -224",
    "stg %r1, 0(%r15)",
    "std %f8, 160(%r15)",
    "std %f9, 168(%r15)",
    "std %f10, 176(%r15)",
    "std %f11, 184(%r15)",
    "std %f12, 192(%r15)",
    "std %f13, 200(%r15)",
    "std %f14, 208(%r15)",
    "std %f15, 216(%r15)",
    "stg %r15, 0(%r5)",
    "lgr %r7, %r15",
    "lgr %r15, %r2",
    // The callee saves registers in its caller's frame.
    "aghi %r15, -160",
    // A walk of the frames ends where the back chain is zero.
    "lghi %r0, 0",
    "stg %r0, 0(%r15)",
    "lgr %r2, %r4",
    "basr %r14, %r3",
    "lghi %r2, 0",
    "lgr %r15, %r7",
    "2:",
    "ld %f8, 160(%r15)",
    "ld %f9, 168(%r15)",
    "ld %f10, 176(%r15)",
    "ld %f11, 184(%r15)",
    "ld %f12, 192(%r15)",
    "ld %f13, 200(%r15)",
    "ld %f14, 208(%r15)",
    "ld %f15, 216(%r15)",
    "lmg %r6, %r15, 272(%r15)",
    "br %r14",
    // Arguments: r2 what `w2n_call` left, r3 what it shall return.
    ".p2align 4",
    ".globl w2n_resume",
    "w2n_resume:",
    "lgr %r15, %r2",
    "lgr %r2, %r3",
    "j 2b",
);

/// The back chain is written at most so far behind the start of a function without probes.
#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
const BACK_CHAIN_OFFSET: usize = 16;

/// Where a frame keeps the return address of the function that it called.
#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
const RETURN_ADDRESS_OFFSET: usize = 14 * 8;

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
/// The registers that traps need.
#[derive(Clone, Copy)]
pub(crate) struct Registers {
    /// The instruction that faulted.
    pub(crate) instruction: usize,
    /// The stack pointer, where the innermost frame begins.
    pub(crate) frame: usize,
    /// What a prologue keeps of the stack pointer.
    pub(crate) former: usize,
    /// Where the function returns to, as long as it has not called anything.
    pub(crate) link: usize,
}

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
impl Registers {
    /// The return address and the caller's frame, when the function, which starts at `start`, has not
    /// yet made its own frame at the instruction.
    pub(crate) fn before_frame(
        self,
        start: usize,
        _read: impl Fn(usize) -> Option<usize>,
    ) -> Option<(usize, usize)> {
        // Registers are saved in the caller's frame, `r1` takes the stack pointer, which then moves; the
        // back chain is what is written first into the new frame.
        let made = self.instruction == start || self.instruction > start + BACK_CHAIN_OFFSET;
        (!made).then_some((self.link, self.former))
    }
}

/// Where the return address of a frame is; `caller` is the frame of the caller.
#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
pub(crate) fn return_place(_frame: usize, caller: usize) -> usize {
    caller.wrapping_add(RETURN_ADDRESS_OFFSET)
}

/// The beginning of the context that a signal handler is given (Linux,
/// `arch/s390/include/uapi/asm/ucontext.h` and `sigcontext.h`).
#[repr(C)]
struct Context {
    flags: u64,
    link: *mut c_void,
    stack: libc::stack_t,
    mask: u64,
    instruction: u64,
    general: [u64; 16],
}

/// The registers in the context that a signal handler was given.
///
/// # Safety
/// - Both are what a signal handler was given.
pub(crate) unsafe fn registers(
    information: *const libc::siginfo_t,
    context: *mut c_void,
) -> Registers {
    // SAFETY: by the caller's promise.
    let (context, information) = unsafe { (&*context.cast::<Context>(), &*information) };
    // After these the context already points behind the instruction, whose last byte is what the
    // compiler lists, since a conditional trap jumps into its own middle.
    let behind = matches!(information.si_signo, libc::SIGILL | libc::SIGFPE);
    let instruction = (context.instruction as usize).wrapping_sub(usize::from(behind));
    Registers {
        instruction,
        frame: context.general[15] as usize,
        former: context.general[1] as usize,
        link: context.general[14] as usize,
    }
}

/// Makes the program continue, once the signal handler returns, behind [`super::call`].
///
/// # Safety
/// - `context` is a signal handler's; `resume` is what a call left that has not returned yet.
#[cfg(feature = "wast")]
pub(crate) unsafe fn resume_at(context: *mut c_void, resume: usize, result: usize) {
    unsafe extern "C" {
        fn w2n_resume();
    }
    // SAFETY: by the caller's promise.
    let context = unsafe { &mut *context.cast::<Context>() };
    context.instruction = (w2n_resume as *const ()).addr() as u64;
    context.general[2] = resume as u64;
    context.general[3] = result as u64;
}

/// Sixteen bytes in two registers.
pub(crate) type Piece = u128;

/// A piece of equal bytes.
pub(crate) fn splat(byte: u8) -> Piece {
    u128::from_ne_bytes([byte; 16])
}

/// No run is so long that something else is faster than pieces.
pub(crate) const LONG_COPY_BYTES: usize = usize::MAX;
/// As [`LONG_COPY_BYTES`].
pub(crate) const LONG_FILL_BYTES: usize = usize::MAX;

/// Never called for anything; see [`LONG_COPY_BYTES`].
///
/// # Safety
/// - None.
pub(crate) unsafe fn copy_quickly(_: *mut u8, _: *const u8, _: usize) -> bool {
    false
}

/// Never called for anything; see [`LONG_FILL_BYTES`].
///
/// # Safety
/// - None.
pub(crate) unsafe fn fill_quickly(_: *mut u8, _: u8, _: usize) -> bool {
    false
}
