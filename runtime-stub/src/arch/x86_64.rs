//! x86-64. Source: the System V psABI, 3.2. A frame begins with the caller's `rbp` and, above it, the
//! return address; `rbx`, `rbp`, `r12` to `r15` belong to the caller; `rsp` is a multiple of 16 where
//! a call instruction stands.

use super::symbol;
use std::sync::atomic::{AtomicU8, Ordering};

// Arguments: rdi stack_end, rsi code, rdx slots, rcx resume.
std::arch::global_asm!(
    ".text",
    ".p2align 4",
    symbol!(".globl ", "w2n_call"),
    symbol!("w2n_call", ":"),
    "push rbp",
    "mov rbp, rsp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov [rcx], rsp",
    "mov rbx, rsp",
    // No other stack: the caller's, at a multiple of 16.
    "test rdi, rdi",
    "cmovz rdi, rsp",
    "mov rsp, rdi",
    "and rsp, -16",
    // A walk of the frames ends where the frame pointer is zero.
    "xor ebp, ebp",
    "mov rdi, rdx",
    "call rsi",
    "xor eax, eax",
    "mov rsp, rbx",
    "2:",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    // Arguments: rdi what `w2n_call` left, rsi what it shall return.
    ".p2align 4",
    symbol!(".globl ", "w2n_resume"),
    symbol!("w2n_resume", ":"),
    "cld",
    "mov rsp, rdi",
    "mov rax, rsi",
    "jmp 2b",
);

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
/// The registers that traps need.
#[derive(Clone, Copy)]
pub(crate) struct Registers {
    /// The instruction that faulted.
    pub(crate) instruction: usize,
    /// The frame pointer.
    pub(crate) frame: usize,
    /// The stack pointer.
    pub(crate) stack: usize,
}

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
impl Registers {
    /// The return address and the caller's frame, when the function, which starts at `start`, has not
    /// yet made its own frame at the instruction.
    pub(crate) fn before_frame(
        self,
        start: usize,
        read: impl Fn(usize) -> Option<usize>,
    ) -> Option<(usize, usize)> {
        // While `rbp` is being pushed, the return address is on top.
        if self.instruction != start {
            return None;
        }
        Some((read(self.stack)?, self.frame))
    }
}

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
/// Where the return address of a frame is; `_caller` is the frame of the caller.
pub(crate) fn return_place(frame: usize, _caller: usize) -> usize {
    frame.wrapping_add(8)
}

/// The registers of a program that a signal or an exception stopped, where the system has put them.
#[cfg_attr(target_os = "linux", path = "x86_64/linux.rs")]
#[cfg_attr(target_os = "macos", path = "x86_64/macos.rs")]
#[cfg_attr(target_os = "freebsd", path = "x86_64/freebsd.rs")]
#[cfg_attr(windows, path = "x86_64/windows.rs")]
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
pub(crate) type Piece = std::arch::x86_64::__m128i;

/// A piece of equal bytes.
pub(crate) fn splat(byte: u8) -> Piece {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { std::arch::x86_64::_mm_set1_epi8(byte.cast_signed()) }
}

/// From here on copying by a string instruction is fastest: below, where data are in a cache, a loop
/// over blocks takes half its time when addresses are not aligned.
pub(crate) const LONG_COPY_BYTES: usize = 16 << 20;
/// From here on filling by a string instruction is fastest.
pub(crate) const LONG_FILL_BYTES: usize = 1024;

/// Whether this processor's string instructions are the fastest for long runs of bytes (`ERMS`).
fn has_fast_strings() -> bool {
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            let leaves = std::arch::x86_64::__cpuid(0).eax;
            let fast = leaves >= 7 && std::arch::x86_64::__cpuid_count(7, 0).ebx & 1 << 9 != 0;
            KNOWN.store(if fast { 2 } else { 1 }, Ordering::Relaxed);
            fast
        }
        known => known == 2,
    }
}

/// Copies forward as fast as this processor can; false when the general way is better.
///
/// # Safety
/// - The ranges are valid, and do not overlap unless `destination` is below `source`.
pub(crate) unsafe fn copy_quickly(destination: *mut u8, source: *const u8, size: usize) -> bool {
    if !has_fast_strings() {
        return false;
    }
    // SAFETY: by the caller's promise; the direction flag is clear by the convention.
    unsafe {
        std::arch::asm!(
            "rep movsb",
            inout("rcx") size => _,
            inout("rdi") destination => _,
            inout("rsi") source => _,
            options(nostack, preserves_flags)
        );
    }
    true
}

/// Fills as fast as this processor can; false when the general way is better.
///
/// # Safety
/// - The range is valid for writes.
pub(crate) unsafe fn fill_quickly(destination: *mut u8, byte: u8, size: usize) -> bool {
    if !has_fast_strings() {
        return false;
    }
    // SAFETY: by the caller's promise; the direction flag is clear by the convention.
    unsafe {
        std::arch::asm!(
            "rep stosb",
            inout("rcx") size => _,
            inout("rdi") destination => _,
            in("al") byte,
            options(nostack, preserves_flags)
        );
    }
    true
}
