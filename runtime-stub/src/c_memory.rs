//! `memcpy`, `memmove` and `memset` as the compiler calls them, for the system whose C library does a byte
//! at a time: every host call moves structures, and compilers take it for free. Invariant: the pieces that
//! [`bulk`] moves are moved by instructions; so RISC-V has none of this, where access need be aligned and
//! the compiler would call `memcpy` for them again.

use crate::bulk;

/// C's `memcpy`.
///
/// # Safety
/// - Both ranges are valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, size: usize) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe { bulk::copy(destination, source, size) };
    destination
}

/// C's `memmove`.
///
/// # Safety
/// - Both ranges are valid; they may overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, size: usize) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe { bulk::copy(destination, source, size) };
    destination
}

/// C's `memset`.
///
/// # Safety
/// - The range is valid for writes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(destination: *mut u8, byte: i32, size: usize) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe { bulk::fill(destination, byte as u8, size) };
    destination
}
