//! The C library's conversions on Unix, where it is linked in or loaded anyway.

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    fn strtof(text: *const c_char, end: *mut *mut c_char) -> f32;
    fn strtod(text: *const c_char, end: *mut *mut c_char) -> f64;
}

/// See [`super::Read`].
pub(super) fn reader_f32() -> Option<super::Read<f32>> {
    Some(strtof)
}

/// See [`super::Read`].
pub(super) fn reader_f64() -> Option<super::Read<f64>> {
    Some(strtod)
}

/// Prints `value` with so many significant digits, as `%.*g`, into the buffer, with a NUL behind.
pub(super) fn print(buffer: &mut [u8], digits: c_int, value: f64) {
    // SAFETY: the buffer's size is passed along; the format takes an `int` and a `double`.
    unsafe {
        let start: *mut c_char = buffer.as_mut_ptr().cast();
        libc::snprintf(start, buffer.len(), c"%.*g".as_ptr(), digits, value);
    }
}
