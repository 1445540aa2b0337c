//! Handles of open files, and the three standard streams.
//!
//! Standard streams are apart because the process keeps their handles by itself, for the runtime's own
//! messages: closing one puts the null device in its place there.

use super::console;
use super::error::{check, last_error};
use super::object::{self, Borrowed, Kind, Owned};
use crate::errno::Result;
use crate::file_type::FileType;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr;
use windows_sys::Wdk::Foundation::{NtQueryObject, ObjectBasicInformation};
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_APPEND_DATA, FILE_READ_DATA, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_WRITE_DATA, OPEN_EXISTING,
};
use windows_sys::Win32::System::Console::{
    GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
};
use windows_sys::Win32::System::WindowsProgramming::PUBLIC_OBJECT_BASIC_INFORMATION;
use windows_sys::core::w;

const STREAMS: [STD_HANDLE; 3] = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];

/// An open file of the host.
pub(crate) enum Handle {
    Owned(Owned),
    /// A standard stream, which [`Handle::close`] closes.
    Standard(ManuallyDrop<Owned>, STD_HANDLE),
}

impl Handle {
    /// The file, for a call.
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        match self {
            Self::Owned(file) => file,
            Self::Standard(file, _) => file,
        }
    }

    /// Closes it, with the error that the host reports only now, if any.
    pub(crate) fn close(self) -> Result<()> {
        let Self::Standard(file, stream) = self else { return Ok(()) };
        let null = null_device()?;
        // SAFETY: the handle is open; the process takes it over.
        if unsafe { SetStdHandle(stream, null) } == 0 {
            return Err(last_error());
        }
        // One handle may be several streams.
        // SAFETY: the call has no preconditions.
        if STREAMS.iter().all(|&other| unsafe { GetStdHandle(other) } != file.handle()) {
            drop(ManuallyDrop::into_inner(file));
        }
        Ok(())
    }
}

/// The null device, as a stream.
pub(crate) fn open_null() -> Result<Handle> {
    // SAFETY: the handle was just opened, and is nobody else's.
    null_device().map(|null| Handle::Owned(unsafe { Owned::new(null, Kind::Device) }))
}

fn null_device() -> Result<HANDLE> {
    // SAFETY: the name ends with a NUL.
    let null = unsafe {
        CreateFileW(
            w!("NUL"),
            GENERIC_READ | GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            ptr::null(),
            OPEN_EXISTING,
            0,
            ptr::null_mut(),
        )
    };
    if null == INVALID_HANDLE_VALUE { Err(last_error()) } else { Ok(null) }
}

/// The standard streams that are open.
pub(crate) fn standard_streams() -> [Option<Handle>; 3] {
    STREAMS.map(|stream| {
        // SAFETY: the call has no preconditions.
        let handle = unsafe { GetStdHandle(stream) };
        if handle.is_null() || handle == INVALID_HANDLE_VALUE {
            return None;
        }
        // SAFETY: the runtime has seen to it that handles that are there are open.
        let file = unsafe { Owned::new(handle, object::kind_of(handle)) };
        if file.kind == Kind::Console && stream != STD_INPUT_HANDLE {
            console::understand_sequences(handle);
        }
        Some(Handle::Standard(ManuallyDrop::new(file), stream))
    })
}

/// Whether the file can be read and written.
pub(crate) fn access(file: Borrowed<'_>) -> Result<(bool, bool)> {
    let mut information = MaybeUninit::<PUBLIC_OBJECT_BASIC_INFORMATION>::zeroed();
    // SAFETY: the handle is open, and the buffer has the size that is passed; zeros are a value of the
    // structure.
    let granted = unsafe {
        check(NtQueryObject(
            file.handle(),
            ObjectBasicInformation,
            information.as_mut_ptr().cast(),
            size_of::<PUBLIC_OBJECT_BASIC_INFORMATION>() as u32,
            ptr::null_mut(),
        ))?;
        information.assume_init().GrantedAccess
    };
    Ok((granted & FILE_READ_DATA != 0, granted & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0))
}

/// Whether it is a terminal.
pub(crate) fn is_terminal(file: Borrowed<'_>, _: FileType) -> bool {
    file.kind == Kind::Console
}
