//! The C library's conversions on Windows, where it is a part of the system that is loaded only when
//! a number has to be converted. Source: Microsoft, Universal C Runtime, `corecrt_stdio_config.h`.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::{mem, ptr};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};
use windows_sys::core::w;

/// `__stdio_common_vsprintf`: options, buffer, its size, format, locale, arguments.
type Print = unsafe extern "C" fn(
    u64,
    *mut c_char,
    usize,
    *const c_char,
    *const c_void,
    *const [u64; 2],
) -> c_int;

/// The address of a function of the C library.
fn function(name: &CStr) -> Option<unsafe extern "system" fn() -> isize> {
    // SAFETY: both names end with a NUL; the library comes from the system's own folder.
    unsafe {
        let library =
            LoadLibraryExW(w!("ucrtbase.dll"), ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32);
        if library.is_null() { None } else { GetProcAddress(library, name.as_ptr().cast()) }
    }
}

/// See [`super::Read`].
pub(super) fn reader_f32() -> Option<super::Read<f32>> {
    // SAFETY: the function of this name has this type.
    function(c"strtof").map(|function| unsafe { mem::transmute(function) })
}

/// See [`super::Read`].
pub(super) fn reader_f64() -> Option<super::Read<f64>> {
    // SAFETY: the function of this name has this type.
    function(c"strtod").map(|function| unsafe { mem::transmute(function) })
}

/// Prints `value` with so many significant digits, as `%.*g`, into the buffer, with a NUL behind.
pub(super) fn print(buffer: &mut [u8], digits: c_int, value: f64) {
    /// What C requires of `snprintf`.
    const STANDARD_BEHAVIOR: u64 = 2;
    let Some(function) = function(c"__stdio_common_vsprintf") else { return };
    // A list of arguments has eight bytes for each.
    let arguments = [u64::from(digits.cast_unsigned()), value.to_bits()];
    // SAFETY: the function of this name has this type; the buffer's size is passed along, and the
    // format takes an `int` and a `double`.
    unsafe {
        let print: Print = mem::transmute(function);
        let (start, format) = (buffer.as_mut_ptr().cast(), c"%.*g".as_ptr());
        print(STANDARD_BEHAVIOR, start, buffer.len(), format, ptr::null(), &raw const arguments);
    }
}
