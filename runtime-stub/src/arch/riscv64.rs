//! RISC-V, 64-bit, with the extensions of `rv64gc`. Source: the RISC-V psABI. `s0` to `s11` and `fs0` to
//! `fs11` belong to the caller; `sp` is always a multiple of 16. In compiled code a frame begins, where
//! `s0` points, with the caller's `s0` and, above it, the return address.

use std::ffi::c_void;

// Arguments: a0 stack_end, a1 code, a2 slots, a3 resume.
std::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl w2n_call",
    "w2n_call:",
    "addi sp, sp, -208",
    "sd ra, 200(sp)",
    "sd s0, 192(sp)",
    "sd s1, 184(sp)",
    "sd s2, 176(sp)",
    "sd s3, 168(sp)",
    "sd s4, 160(sp)",
    "sd s5, 152(sp)",
    "sd s6, 144(sp)",
    "sd s7, 136(sp)",
    "sd s8, 128(sp)",
    "sd s9, 120(sp)",
    "sd s10, 112(sp)",
    "sd s11, 104(sp)",
    "fsd fs0, 96(sp)",
    "fsd fs1, 88(sp)",
    "fsd fs2, 80(sp)",
    "fsd fs3, 72(sp)",
    "fsd fs4, 64(sp)",
    "fsd fs5, 56(sp)",
    "fsd fs6, 48(sp)",
    "fsd fs7, 40(sp)",
    "fsd fs8, 32(sp)",
    "fsd fs9, 24(sp)",
    "fsd fs10, 16(sp)",
    "fsd fs11, 8(sp)",
    "sd sp, 0(a3)",
    "mv s1, sp",
    "mv sp, a0",
    // A walk of the frames ends where the frame pointer is zero.
    "li s0, 0",
    "mv a0, a2",
    "jalr a1",
    "li a0, 0",
    "mv sp, s1",
    "2:",
    "ld ra, 200(sp)",
    "ld s0, 192(sp)",
    "ld s1, 184(sp)",
    "ld s2, 176(sp)",
    "ld s3, 168(sp)",
    "ld s4, 160(sp)",
    "ld s5, 152(sp)",
    "ld s6, 144(sp)",
    "ld s7, 136(sp)",
    "ld s8, 128(sp)",
    "ld s9, 120(sp)",
    "ld s10, 112(sp)",
    "ld s11, 104(sp)",
    "fld fs0, 96(sp)",
    "fld fs1, 88(sp)",
    "fld fs2, 80(sp)",
    "fld fs3, 72(sp)",
    "fld fs4, 64(sp)",
    "fld fs5, 56(sp)",
    "fld fs6, 48(sp)",
    "fld fs7, 40(sp)",
    "fld fs8, 32(sp)",
    "fld fs9, 24(sp)",
    "fld fs10, 16(sp)",
    "fld fs11, 8(sp)",
    "addi sp, sp, 208",
    "ret",
    // Arguments: a0 what `w2n_call` left, a1 what it shall return.
    ".p2align 4",
    ".globl w2n_resume",
    "w2n_resume:",
    "mv sp, a0",
    "mv a0, a1",
    "j 2b",
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
        // The stack pointer moves first; the return address is what is written first.
        (self.instruction <= start + 4).then_some((self.link, self.frame))
    }
}

#[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
/// Where the return address of a frame is; `_caller` is the frame of the caller.
pub(crate) fn return_place(frame: usize, _caller: usize) -> usize {
    frame.wrapping_add(8)
}

/// The register numbers of the psABI, which are those of the context; the program counter takes the
/// place of the register that is always zero.
mod number {
    pub(super) const PROGRAM_COUNTER: usize = 0;
    pub(super) const RA: usize = 1;
    pub(super) const S0: usize = 8;
    #[cfg(feature = "wast")]
    pub(super) const A0: usize = 10;
    #[cfg(feature = "wast")]
    pub(super) const A1: usize = 11;
}

/// The registers in the context that a signal handler was given.
///
/// # Safety
/// - Both are what a signal handler was given.
pub(crate) unsafe fn registers(
    _information: *const libc::siginfo_t,
    context: *mut c_void,
) -> Registers {
    // SAFETY: by the caller's promise.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs };
    Registers {
        instruction: registers[number::PROGRAM_COUNTER] as usize,
        frame: registers[number::S0] as usize,
        link: registers[number::RA] as usize,
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
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs };
    registers[number::PROGRAM_COUNTER] = (w2n_resume as *const ()).addr() as u64;
    registers[number::A0] = resume as u64;
    registers[number::A1] = result as u64;
}

/// Sixteen bytes in two registers.
pub(crate) type Piece = u128;

/// A piece of equal bytes.
pub(crate) fn splat(byte: u8) -> Piece {
    u128::from_ne_bytes([byte; 16])
}

/// Without vectors, and with unaligned accesses that may be emulated, the C library's loops over
/// aligned words are faster than pieces.
pub(crate) const LONG_COPY_BYTES: usize = 65;
/// As [`LONG_COPY_BYTES`].
pub(crate) const LONG_FILL_BYTES: usize = 65;

/// Copies forward by the C library.
///
/// # Safety
/// - The ranges are valid.
pub(crate) unsafe fn copy_quickly(destination: *mut u8, source: *const u8, size: usize) -> bool {
    // SAFETY: by the caller's promise.
    unsafe { libc::memmove(destination.cast(), source.cast(), size) };
    true
}

/// Fills by the C library.
///
/// # Safety
/// - The range is valid for writes.
pub(crate) unsafe fn fill_quickly(destination: *mut u8, byte: u8, size: usize) -> bool {
    // SAFETY: by the caller's promise.
    unsafe { libc::memset(destination.cast(), i32::from(byte), size) };
    true
}
