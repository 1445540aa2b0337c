//! RISC-V on Linux: an instruction of each extension is tried.
//!
//! The kernel's own answer (`riscv_hwprobe`) came with Linux 6.4 and tells what the processor has, not
//! what this process may use: vectors can be there and switched off (`abi.riscv_v_default_allow`). An
//! instruction that is not illegal is one that compiled code may use. Sources: the RISC-V unprivileged
//! manual; Linux, `Documentation/arch/riscv/vector.rst`.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

static WAS_ILLEGAL: AtomicBool = AtomicBool::new(false);

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    let Some(previous) = catch_illegal() else { return 0 };
    let bits = super::select(needed, |name| {
        WAS_ILLEGAL.store(false, Ordering::Relaxed);
        let is_right = try_extension(name);
        is_right && !WAS_ILLEGAL.load(Ordering::Relaxed)
    });
    // SAFETY: the action is what the system had before.
    unsafe { libc::sigaction(libc::SIGILL, &raw const previous, ptr::null_mut()) };
    bits
}

/// Makes illegal instructions do nothing but leave a mark. Returns what the system did before.
fn catch_illegal() -> Option<libc::sigaction> {
    // SAFETY: all zeros are a valid action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = skip;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: as above.
    let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: the handler only touches the context that it is given, and an atomic.
    let error = unsafe { libc::sigaction(libc::SIGILL, &raw const action, &raw mut previous) };
    (error == 0).then_some(previous)
}

/// Continues behind the illegal instruction.
unsafe extern "C" fn skip(_signal: c_int, _info: *mut libc::siginfo_t, context: *mut c_void) {
    WAS_ILLEGAL.store(true, Ordering::Relaxed);
    // SAFETY: the system passes the context of the illegal instruction; the program counter takes the
    // place of the register that is always zero.
    unsafe {
        let counter = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs[0];
        // The two lowest bits of an instruction say whether it has two or four bytes.
        let is_long = ptr::with_exposed_provenance::<u16>(*counter as usize).read() & 3 == 3;
        *counter += if is_long { 4 } else { 2 };
    }
}

/// Executes an instruction of the extension. False when it does not do what it should, or when no
/// instruction is known.
fn try_extension(name: &str) -> bool {
    /// Executes one instruction that reads and writes `a0` at most.
    macro_rules! execute {
        ($instruction:literal) => {{
            // SAFETY: the instruction changes nothing but `a0`; an illegal one is skipped.
            unsafe { std::arch::asm!($instruction, inout("a0") 0_u64 => _, options(nomem, nostack)) };
            true
        }};
    }
    match name {
        "v" => has_vectors(),
        // sh1add a0, a0, a0
        "zba" => execute!(".insn r 0x33, 2, 0x10, a0, a0, a0"),
        // andn a0, a0, a0
        "zbb" => execute!(".insn r 0x33, 7, 0x20, a0, a0, a0"),
        // bext a0, a0, a0
        "zbs" => execute!(".insn r 0x33, 5, 0x24, a0, a0, a0"),
        // clmul a0, a0, a0
        "zbc" => execute!(".insn r 0x33, 1, 0x05, a0, a0, a0"),
        // brev8 a0, a0
        "zbkb" => execute!(".insn i 0x13, 5, a0, a0, 0x687"),
        // czero.eqz a0, a0, a0
        "zicond" => execute!(".insn r 0x33, 5, 0x07, a0, a0, a0"),
        // c.not a0
        "zcb" => execute!(".insn 0x9d75"),
        "zfa" => has_float_constants(),
        "zvbb" => has_vectors() && has_vector_bits(),
        _ => false,
    }
}

/// Whether there are vectors of 128 bits or more with floats of 64: compiled code needs two of them in
/// a register.
fn has_vectors() -> bool {
    let elements: u64;
    // SAFETY: the instructions change nothing but `a0` and vector registers, which no code of this
    // program uses; illegal ones are skipped.
    unsafe {
        std::arch::asm!(
            // vsetivli a0, 2, e64, m1, ta, ma; it is not among the instructions of drafts of the
            // extension.
            ".insn 0xcd817557",
            // vfadd.vv v8, v8, v8
            ".insn 0x02841457",
            inout("a0") 0_u64 => elements,
            options(nomem, nostack)
        );
    }
    elements == 2
}

/// Whether vectors can count bits; there are vectors, and their kind is set.
fn has_vector_bits() -> bool {
    // vbrev.v v8, v8
    // SAFETY: as in `has_vectors`.
    unsafe { std::arch::asm!(".insn 0x4a852457", options(nomem, nostack)) };
    true
}

/// Whether floats can be loaded with constants.
fn has_float_constants() -> bool {
    // SAFETY: the instruction changes nothing but `fa0`; an illegal one is skipped.
    unsafe {
        // fli.s fa0, 1.0
        std::arch::asm!(".insn 0xf0180553", out("fa0") _, options(nomem, nostack));
    }
    true
}
