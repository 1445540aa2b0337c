//! The process on Windows. There is no C runtime: the system starts `mainCRTStartup`, as linkers call
//! it, and text is UTF-16 outside and UTF-8 inside. A lone surrogate becomes U+FFFD, so that programs
//! are given UTF-8 only.

use crate::start;
use std::ffi::OsString;
use std::os::windows::ffi::OsStrExt;
use windows_sys::Win32::System::Environment::GetEnvironmentStringsW;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

/// Where the system starts the process.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "system" fn mainCRTStartup() -> u32 {
    start::run(std::env::args_os().map(valid).collect())
}

/// The text with every lone surrogate replaced.
fn valid(text: OsString) -> OsString {
    match text.into_string() {
        Ok(text) => text.into(),
        Err(text) => String::from_utf16_lossy(&text.encode_wide().collect::<Vec<u16>>()).into(),
    }
}

/// See [`super::environment`]: but for what the system keeps there for itself, under names that begin
/// with `=`.
pub(crate) fn environment() -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
    // The copy is the process's until it ends.
    // SAFETY: the call has no preconditions.
    let mut rest = unsafe { GetEnvironmentStringsW() }.cast_const();
    std::iter::from_fn(move || {
        while !rest.is_null() {
            // SAFETY: each variable ends with a NUL, the list with an empty one.
            let variable = unsafe {
                let mut length = 0;
                while *rest.add(length) != 0 {
                    length += 1;
                }
                std::slice::from_raw_parts(rest, length)
            };
            if variable.is_empty() {
                break;
            }
            // SAFETY: the NUL is a part of the list.
            rest = unsafe { rest.add(variable.len() + 1) };
            // This copy is the process's until it ends, too.
            let text: &[u8] = String::from_utf16_lossy(variable).leak().as_bytes();
            if let Some(split) = text.iter().position(|&byte| byte == b'=')
                && split != 0
                && let (name, [_, value @ ..]) = text.split_at(split)
            {
                return Some((name, value));
            }
        }
        None
    })
}

/// See [`super::variable`].
pub(crate) fn variable(name: &'static std::ffi::CStr) -> Option<OsString> {
    std::env::var_os(name.to_str().ok()?)
}

/// See [`super::base_name`]: without `.exe`.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|byte| b"/\\:".contains(byte)).next().unwrap_or_default();
    match name.split_last_chunk::<4>() {
        Some((stem, suffix)) if suffix.eq_ignore_ascii_case(b".exe") => stem,
        _ => name,
    }
}

/// See [`super::EXIT_TRAP`].
pub(crate) const EXIT_TRAP: i32 = wasm2native_abi::EXIT_TRAP_WINDOWS;

/// See [`super::exit`]: the system keeps all 32 bits.
pub(crate) fn exit(status: i32) -> ! {
    loop {
        // SAFETY: the handle stands for this process; no other thread holds anything that outlives it.
        unsafe { TerminateProcess(GetCurrentProcess(), status.cast_unsigned()) };
    }
}
