//! What differs between architectures: running code on another stack, and reading the registers of a
//! program that a signal stopped. Each file opens with the convention that it follows.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "s390x", path = "s390x.rs")]
mod current;

#[cfg(all(windows, not(feature = "wast")))]
pub(crate) use current::continue_in;
#[cfg(feature = "wast")]
pub(crate) use current::resume_at;
#[cfg(windows)]
pub(crate) use current::stack_pointer;
pub(crate) use current::{
    LONG_COPY_BYTES, LONG_FILL_BYTES, Piece, copy_quickly, fill_quickly, registers, splat,
};
#[cfg(not(feature = "wast"))]
pub(crate) use current::{Registers, return_place};

use wasm2native_abi::instance::Slot;

/// Defines functions that compiled code calls, in the convention of
/// [`wasm2native_abi::program::EntryCode`].
macro_rules! compiled_abi {
    (
        $(#[$attribute:meta])*
        $visibility:vis unsafe fn $name:ident $(<const $generic:ident: usize>)? (
            $($argument:ident: $kind:ty),* $(,)?
        ) $(-> $result:ty)? $body:block
    ) => {
        $(#[$attribute])*
        #[cfg(target_arch = "x86_64")]
        $visibility unsafe extern "sysv64" fn $name $(<const $generic: usize>)? (
            $($argument: $kind),*
        ) $(-> $result)? $body

        $(#[$attribute])*
        #[cfg(not(target_arch = "x86_64"))]
        $visibility unsafe extern "C" fn $name $(<const $generic: usize>)? (
            $($argument: $kind),*
        ) $(-> $result)? $body
    };
}
pub(crate) use compiled_abi;

/// A piece of assembly that names a function, as `symbol!("name", ":")` or `symbol!(".globl ", "name")`:
/// in Mach-O the names of C begin with `_`.
#[cfg(target_vendor = "apple")]
macro_rules! symbol {
    (".globl ", $name:literal) => {
        concat!(".globl _", $name)
    };
    ($name:literal, ":") => {
        concat!("_", $name, ":")
    };
}
/// A piece of assembly that names a function, as `symbol!("name", ":")` or `symbol!(".globl ", "name")`.
#[cfg(not(target_vendor = "apple"))]
macro_rules! symbol {
    ($($part:literal),*) => {
        concat!($($part),*)
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use symbol;

/// Declares functions of each architecture's file, in the convention of [`compiled_abi`].
macro_rules! compiled_abi_extern {
    ($($declaration:tt)*) => {
        #[cfg(target_arch = "x86_64")]
        unsafe extern "sysv64" { $($declaration)* }
        #[cfg(not(target_arch = "x86_64"))]
        unsafe extern "C" { $($declaration)* }
    };
}

compiled_abi_extern! {
    /// Calls `code` with `slots` on the stack that ends at `stack_end` or, on processors that Windows
    /// runs on, on the caller's when that is 0; leaves in `resume` what `w2n_resume` needs to make this
    /// call return. Returns 0, or what `w2n_resume` was given.
    fn w2n_call(stack_end: usize, code: *const u8, slots: *mut Slot, resume: *mut usize) -> usize;
}

/// Calls an entry point, or an instance's `initialize`, on the stack that ends at `stack_end`, or on
/// the caller's when that is 0. Returns the number given to `resume_at`, or 0 when the code returned by
/// itself.
///
/// # Safety
/// - `code` is an [`wasm2native_abi::program::EntryCode`], or takes no arguments, of an instance that
///   is made; `slots` has as many slots as it needs.
/// - `stack_end` is 0, or a multiple of 16 and the end of a stack that nobody uses.
pub(crate) unsafe fn call(
    stack_end: usize,
    code: *const u8,
    slots: *mut Slot,
    resume: *mut usize,
) -> usize {
    // SAFETY: by the caller's promise.
    unsafe { w2n_call(stack_end, code, slots, resume) }
}
