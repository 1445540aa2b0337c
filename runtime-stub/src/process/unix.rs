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

/// See [`super::environment`]: without the locks and the copies of the standard library.
pub(crate) fn environment() -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
    let mut rest = variables();
    std::iter::from_fn(move || {
        // SAFETY: the array ends with a null pointer, behind which nothing is read; nothing changes it or the
        // texts as long as the process lives.
        unsafe {
            while !rest.is_null() && !(*rest).is_null() {
                let text = CStr::from_ptr(*rest).to_bytes();
                rest = rest.add(1);
                // A name is never empty; what does not look like a variable is passed over.
                if let Some(split) = text.iter().skip(1).position(|&byte| byte == b'=')
                    && let (name, [_, value @ ..]) = text.split_at(split + 1)
                {
                    return Some((name, value));
                }
            }
        }
        None
    })
}

/// See [`super::variable`].
pub(crate) fn variable(name: &'static CStr) -> Option<OsString> {
    let (_, value) = environment().find(|&(other, _)| other == name.to_bytes())?;
    Some(OsString::from_vec(value.to_vec()))
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
