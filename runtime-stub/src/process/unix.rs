//! The process on Unix.

use crate::start;
use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;

/// Where the C library's start code calls. Rust's own start code, which would be between, installs
/// signal handlers and looks at descriptors: work that is done here, once, as programs need it.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    let count = usize::try_from(count).unwrap_or(0);
    let collected: Vec<OsString> = (0..count)
        .map(|index| {
            // SAFETY: the C library passes `count` pointers to strings that end with a NUL.
            let text = unsafe { CStr::from_ptr(*arguments.add(index)) };
            OsString::from_vec(text.to_bytes().to_vec())
        })
        .collect();
    start::run(collected)
}

/// The process's environment: texts, behind the last of which is a null pointer.
#[cfg(not(target_vendor = "apple"))]
fn variables() -> *const *const c_char {
    unsafe extern "C" {
        #[link_name = "environ"]
        static ENVIRONMENT: *const *const c_char;
    }
    // SAFETY: nothing changes the variable.
    unsafe { ENVIRONMENT }
}

/// The process's environment: texts, behind the last of which is a null pointer.
#[cfg(target_vendor = "apple")]
fn variables() -> *const *const c_char {
    // SAFETY: the function gives the address of a variable that nothing changes.
    unsafe { (*libc::_NSGetEnviron()).cast_const().cast() }
}

/// See [`super::environment`]: without the locks and the copy of the standard library.
pub(crate) fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    let (variables, mut index) = (variables(), 0);
    std::iter::from_fn(move || {
        loop {
            // SAFETY: the array ends with a null pointer, behind which nothing is read.
            let text = unsafe {
                let entry = if variables.is_null() { return None } else { *variables.add(index) };
                if entry.is_null() {
                    return None;
                }
                CStr::from_ptr(entry).to_bytes()
            };
            index += 1;
            // A name is never empty; what does not look like a variable is passed over.
            let Some(split) = text.iter().skip(1).position(|&byte| byte == b'=') else { continue };
            let (name, value) = (text.get(..=split)?, text.get(split + 2..)?);
            return Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())));
        }
    })
}

/// See [`super::variable`].
pub(crate) fn variable(name: &'static CStr) -> Option<OsString> {
    // SAFETY: the name ends with a NUL; nothing changes the environment.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: the C library gives a string that ends with a NUL.
    Some(OsString::from_vec(unsafe { CStr::from_ptr(value) }.to_bytes().to_vec()))
}

/// See [`super::base_name`].
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// See [`super::EXIT_TRAP`].
pub(crate) const EXIT_TRAP: i32 = wasm2native_abi::EXIT_TRAP_UNIX;

/// See [`super::exit`]: the system keeps the low eight bits.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: ending the process has no preconditions.
    unsafe { libc::_exit(status) }
}
