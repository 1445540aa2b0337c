//! AArch64. Source: Arm's procedure call standard (AAPCS64). A frame begins with the caller's `x29`
//! and, above it, the return address; `x19` to `x29` and the low halves of `v8` to `v15` belong to the
//! caller; `x18` may belong to the system and is never touched; `sp` is always a multiple of 16.

use super::symbol;

// Arguments: x0 stack_end, x1 code, x2 slots, x3 resume.
std::arch::global_asm!(
    ".text",
    ".p2align 4",
    symbol!(".globl ", "w2n_call"),
    symbol!("w2n_call", ":"),
    "stp x29, x30, [sp, #-160]!",
    "mov x29, sp",
    "stp x19, x20, [sp, #16]",
    "stp x21, x22, [sp, #32]",
    "stp x23, x24, [sp, #48]",
    "stp x25, x26, [sp, #64]",
    "stp x27, x28, [sp, #80]",
    "stp d8, d9, [sp, #96]",
    "stp d10, d11, [sp, #112]",
    "stp d12, d13, [sp, #128]",
    "stp d14, d15, [sp, #144]",
    "mov x19, sp",
    "str x19, [x3]",
    // No other stack: the caller's.
    "cmp x0, #0",
    "csel x0, x19, x0, eq",
    "mov sp, x0",
    // A walk of the frames ends where the frame pointer is zero.
    "mov x29, xzr",
    "mov x0, x2",
    "blr x1",
    "mov x0, xzr",
    "mov sp, x19",
    "2:",
    "ldp d14, d15, [sp, #144]",
    "ldp d12, d13, [sp, #128]",
    "ldp d10, d11, [sp, #112]",
    "ldp d8, d9, [sp, #96]",
    "ldp x27, x28, [sp, #80]",
    "ldp x25, x26, [sp, #64]",
    "ldp x23, x24, [sp, #48]",
    "ldp x21, x22, [sp, #32]",
    "ldp x19, x20, [sp, #16]",
    "ldp x29, x30, [sp], #160",
    "ret",
    // Arguments: x0 what `w2n_call` left, x1 what it shall return.
    ".p2align 4",
    symbol!(".globl ", "w2n_resume"),
    symbol!("w2n_resume", ":"),
    "mov sp, x0",
    "mov x0, x1",
    "b 2b",
);

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
/// The registers that traps need.
#[derive(Clone, Copy)]
pub(crate) struct Registers {
    /// The instruction that faulted.
    pub(crate) instruction: usize,
    /// The frame pointer.
    pub(crate) frame: usize,
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
        (self.instruction == start).then_some((self.link, self.frame))
    }
}

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
/// Where the return address of a frame is; `_caller` is the frame of the caller.
pub(crate) fn return_place(frame: usize, _caller: usize) -> usize {
    frame.wrapping_add(8)
}

/// The registers of a program that a signal or an exception stopped, where the system has put them.
#[cfg_attr(target_os = "linux", path = "aarch64/linux.rs")]
#[cfg_attr(target_os = "macos", path = "aarch64/macos.rs")]
#[cfg_attr(target_os = "freebsd", path = "aarch64/freebsd.rs")]
#[cfg_attr(windows, path = "aarch64/windows.rs")]
mod context;

#[cfg(all(windows, not(feature = "wast")))]
pub(crate) use context::continue_in;
pub(crate) use context::registers;
#[cfg(feature = "wast")]
pub(crate) use context::resume_at;
#[cfg(windows)]
pub(crate) use context::stack_pointer;

#[cfg(feature = "wast")]
unsafe extern "C" {
    /// Makes [`super::call`] return; see above for its arguments.
    fn w2n_resume();
}

/// Sixteen bytes in one register.
pub(crate) type Piece = std::arch::aarch64::uint8x16_t;

/// A piece of equal bytes.
pub(crate) fn splat(byte: u8) -> Piece {
    // SAFETY: every AArch64 processor that a system runs on has the vector registers.
    unsafe { std::arch::aarch64::vdupq_n_u8(byte) }
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
