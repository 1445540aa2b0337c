//! Standard streams on Windows: handles that the process was given. Other streams are known by the numbers
//! of their handles, which are multiples of 4 and fit 32 bits (Microsoft, "Kernel objects" and
//! "Interprocess Communication Between 32-bit and 64-bit Applications").

use crate::report;
use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt;
use std::ptr;
use windows_sys::Win32::Foundation::{
    DUPLICATE_SAME_ACCESS, DuplicateHandle, GENERIC_READ, GENERIC_WRITE, GetLastError, HANDLE,
    INVALID_HANDLE_VALUE, SetLastError,
};
use windows_sys::Win32::Globalization::{CP_UTF8, MultiByteToWideChar};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_APPEND_DATA, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_TYPE_UNKNOWN, GetFileType, OPEN_ALWAYS, OPEN_EXISTING, WriteFile,
};
use windows_sys::Win32::System::Console::{
    GetConsoleMode, GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    SetStdHandle, WriteConsoleW,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use windows_sys::core::w;

/// See [`super::ensure_open`]: `NUL` takes the place. A handle that the process was given but does not
/// have is closed too: its number would be another file's soon.
pub(crate) fn ensure_open() {
    for stream in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: the call has no preconditions.
        if is_open(unsafe { GetStdHandle(stream) }) {
            continue;
        }
        // SAFETY: the name ends with a NUL; nothing else is passed by address.
        let replaced = unsafe {
            let null = CreateFileW(
                w!("NUL"),
                GENERIC_READ | GENERIC_WRITE,
                FILE_SHARE_READ | FILE_SHARE_WRITE,
                ptr::null(),
                OPEN_EXISTING,
                0,
                ptr::null_mut(),
            );
            null != INVALID_HANDLE_VALUE && SetStdHandle(stream, null) != 0
        };
        if !replaced {
            report::refuse(&["a standard stream is closed and `NUL` cannot be opened"]);
        }
    }
}

fn is_open(handle: HANDLE) -> bool {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return false;
    }
    // SAFETY: the calls take any number for a handle, and tell a bad one by the error.
    unsafe {
        SetLastError(0);
        GetFileType(handle) != FILE_TYPE_UNKNOWN || GetLastError() == 0
    }
}

/// See [`super::write`].
pub(crate) fn write(stream: i32, bytes: &[u8]) -> Option<usize> {
    let (mut mode, mut written) = (0, 0);
    // SAFETY: the handle is open as long as it is a standard stream's.
    unsafe {
        let handle = handle(stream);
        if GetConsoleMode(handle, &raw mut mode) != 0 {
            return write_to_console(handle, bytes);
        }
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let done =
            WriteFile(handle, bytes.as_ptr(), length, &raw mut written, ptr::null_mut()) != 0;
        done.then_some(written as usize)
    }
}

/// Writes what fits the buffer, as the characters that the bytes mean.
///
/// # Safety
/// - The handle is a console's.
unsafe fn write_to_console(handle: HANDLE, bytes: &[u8]) -> Option<usize> {
    let mut wide = [0_u16; 512];
    let bytes = bytes.get(..wide.len()).unwrap_or(bytes);
    // SAFETY: UTF-8 has at least as many bytes as UTF-16 has units, so that all fits.
    let written = unsafe {
        let (start, length) = (bytes.as_ptr(), bytes.len() as i32);
        let (target, room) = (wide.as_mut_ptr(), wide.len() as i32);
        let units = MultiByteToWideChar(CP_UTF8, 0, start, length, target, room);
        WriteConsoleW(handle, wide.as_ptr(), units as u32, ptr::null_mut(), ptr::null())
    };
    (written != 0).then_some(bytes.len())
}

/// The handle of a stream.
fn handle(stream: i32) -> HANDLE {
    // SAFETY: the calls have no preconditions.
    match stream {
        1 => unsafe { GetStdHandle(STD_OUTPUT_HANDLE) },
        2 => unsafe { GetStdHandle(STD_ERROR_HANDLE) },
        number => ptr::without_provenance_mut(number as isize as usize),
    }
}

/// The number by which a handle is known here.
fn number(handle: HANDLE) -> i32 {
    handle.addr() as i32
}

/// See [`super::is_terminal`].
pub(crate) fn is_terminal(stream: i32) -> bool {
    let mut mode = 0;
    // SAFETY: the call takes any number for a handle.
    unsafe { GetConsoleMode(handle(stream), &raw mut mode) != 0 }
}

/// See [`super::keep_error`].
pub(crate) fn keep_error() -> i32 {
    let mut kept = ptr::null_mut();
    // SAFETY: the pseudo-handle stands for this process; a bad handle is an error.
    let done = unsafe {
        let process = GetCurrentProcess();
        let error = handle(2);
        DuplicateHandle(process, error, process, &raw mut kept, 0, 0, DUPLICATE_SAME_ACCESS)
    };
    if done == 0 { 2 } else { number(kept) }
}

/// See [`super::open_appending`].
pub(crate) fn open_appending(path: &OsStr) -> Option<i32> {
    let wide: Vec<u16> = path.encode_wide().chain([0]).collect();
    // SAFETY: the path ends with a NUL; nothing else is passed by address.
    let opened = unsafe {
        CreateFileW(
            wide.as_ptr(),
            FILE_APPEND_DATA,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            ptr::null(),
            OPEN_ALWAYS,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        )
    };
    (opened != INVALID_HANDLE_VALUE).then(|| number(opened))
}
