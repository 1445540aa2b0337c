//! AArch64 on macOS: every such machine has a processor of Apple's, the first of which is the M1. Source:
//! Apple, "Determining Instruction Set Characteristics".

use std::ffi::{CStr, c_int, c_void};

/// What the M1 has. Older systems have no names to ask for these by.
const ALWAYS: [&str; 3] = ["lse", "fp16", "dotprod"];

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    super::select(needed, |name| {
        ALWAYS.contains(&name) || name == "i8mm" && is_set(c"hw.optional.arm.FEAT_I8MM")
    })
}

/// Whether the system knows the name and its value is not zero.
fn is_set(name: &CStr) -> bool {
    let mut value: c_int = 0;
    let mut size = size_of::<c_int>();
    let room = (&raw mut value).cast::<c_void>();
    // SAFETY: the room is valid for writes of the size that is passed; nothing is set.
    let error =
        unsafe { libc::sysctlbyname(name.as_ptr(), room, &raw mut size, std::ptr::null_mut(), 0) };
    error == 0 && value != 0
}
