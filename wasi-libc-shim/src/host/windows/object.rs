//! Open files of the host, of every kind that the system tells apart.

use super::{native, socket};
use core::cell::{Cell, RefCell};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_TYPE_CHAR, FILE_TYPE_DISK, FILE_TYPE_PIPE, GetFileType,
};
use windows_sys::Win32::System::Console::GetConsoleMode;

/// What an open file is, as far as calls on it differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file or directory.
    Disk,
    Console,
    /// Any other device that gives and takes characters.
    Device,
    /// A pipe, or what else is read and written in order.
    Pipe,
    Socket,
    /// The directory of all drives, which has no handle: see [`super::disk`].
    Drives,
}

/// A file of the host that is closed when it goes out of scope.
pub(crate) struct Owned {
    handle: HANDLE,
    pub(super) kind: Kind,
    /// Every write goes to the end.
    pub(super) append: Cell<bool>,
    /// What would wait is `again`.
    pub(super) nonblock: Cell<bool>,
    /// Of a console: bytes that do not make a character yet, or that nobody has asked for yet.
    pub(super) pending: RefCell<Vec<u8>>,
}

/// A file of the host that somebody else closes.
pub(crate) type Borrowed<'a> = &'a Owned;

/// The file, for a call.
pub(crate) fn borrow(file: &Owned) -> Borrowed<'_> {
    file
}

impl Owned {
    /// Takes over a handle.
    ///
    /// # Safety
    /// - It is open, of this kind, and nobody else closes it. For [`Kind::Drives`] it is null.
    pub(super) unsafe fn new(handle: HANDLE, kind: Kind) -> Self {
        Self {
            handle,
            kind,
            append: Cell::new(false),
            nonblock: Cell::new(false),
            pending: RefCell::default(),
        }
    }

    /// The handle, which is open as long as the file lives; null for [`Kind::Drives`].
    pub(super) fn handle(&self) -> HANDLE {
        self.handle
    }

    /// Whether it has a position, and contents that stay.
    pub(super) fn is_disk(&self) -> bool {
        self.kind == Kind::Disk
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        match self.kind {
            Kind::Drives => {}
            Kind::Socket => socket::close(self.handle),
            // SAFETY: the handle is this file's, which is gone now.
            _ => unsafe { native::close(self.handle) },
        }
    }
}

/// The kind of an open handle that is not known to be a socket's.
///
/// # Safety
/// - The handle is open.
pub(super) unsafe fn kind_of(handle: HANDLE) -> Kind {
    let mut mode = 0;
    // SAFETY: by the caller's promise.
    unsafe {
        match GetFileType(handle) {
            FILE_TYPE_DISK => Kind::Disk,
            FILE_TYPE_PIPE => Kind::Pipe,
            FILE_TYPE_CHAR if GetConsoleMode(handle, &raw mut mode) != 0 => Kind::Console,
            FILE_TYPE_CHAR => Kind::Device,
            _ => Kind::Pipe,
        }
    }
}

/// Takes over a handle, in tests.
#[cfg(test)]
pub(crate) fn from_handle(handle: HANDLE) -> Owned {
    // SAFETY: tests pass handles that are open, and nobody else's.
    unsafe { Owned::new(handle, kind_of(handle)) }
}

#[cfg(test)]
impl From<std::net::TcpListener> for Owned {
    fn from(listener: std::net::TcpListener) -> Self {
        use std::os::windows::io::IntoRawSocket;
        let handle = listener.into_raw_socket() as HANDLE;
        // SAFETY: the listener was the only owner.
        unsafe { Self::new(handle, Kind::Socket) }
    }
}
