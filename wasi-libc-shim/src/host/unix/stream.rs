//! Handles of open files, and the three standard streams.
//!
//! Standard streams are apart because their numbers are not ours to free: what is closed there must not
//! be taken by the next file that anything in the process opens, or the runtime's own messages would
//! land in it. Closing one puts an end of a pipe in its place whose other end is closed: its own other end
//! sees the end, and no path is opened for that, which the wall would refuse.

use super::last_error;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use rustix::fs::{Mode, OFlags};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

/// An open file of the host.
pub(crate) enum Handle {
    Owned(OwnedFd),
    /// A standard stream, by number.
    Standard(i32),
}

impl Handle {
    /// The file, for a call.
    pub(crate) fn borrow(&self) -> BorrowedFd<'_> {
        match self {
            Self::Owned(file) => file.as_fd(),
            // SAFETY: numbers 0 to 2 were open when the handle was made, and nothing closes them:
            // `close` below replaces the file in one step.
            Self::Standard(number) => unsafe { BorrowedFd::borrow_raw(*number) },
        }
    }

    /// Closes it, with the error that the host reports only now, if any.
    pub(crate) fn close(self) -> Result<()> {
        match self {
            Self::Owned(file) => {
                // SAFETY: the handle owned the file and is gone now.
                if unsafe { libc::close(file.into_raw_fd()) } == 0 {
                    return Ok(());
                }
                // Interrupted or not, the file is closed.
                match Errno::from(last_error()) {
                    Errno::Interrupted => Ok(()),
                    error => Err(error),
                }
            }
            Self::Standard(number) => {
                let end = open_end(number == 0)?;
                // SAFETY: both numbers are open; nothing else in this process relies on what a standard
                // stream refers to.
                unsafe { libc::dup2(end.as_raw_fd(), number) };
                Ok(())
            }
        }
    }
}

/// The null device, as a stream.
pub(crate) fn open_null() -> Result<Handle> {
    null_device().map(Handle::Owned)
}

/// One end of a pipe whose other end is closed: there is nothing to be read, or nobody who reads.
fn open_end(read: bool) -> Result<OwnedFd> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for two numbers, which are files of nobody else's.
    let [reader, writer] = unsafe {
        if libc::pipe(ends.as_mut_ptr()) != 0 {
            return Err(last_error().into());
        }
        ends.map(|end| OwnedFd::from_raw_fd(end))
    };
    Ok(if read { reader } else { writer })
}

fn null_device() -> Result<OwnedFd> {
    Ok(rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}

/// Whether a descriptor is open. The C library's function, which knows every command, is half a kilobyte.
fn is_open(number: libc::c_int) -> bool {
    // SAFETY: asks about a number, open or not.
    #[cfg(target_os = "linux")]
    let flags = unsafe { libc::syscall(libc::SYS_fcntl, number, libc::F_GETFD) };
    // SAFETY: as above.
    #[cfg(not(target_os = "linux"))]
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    flags >= 0
}

/// The standard streams that are open. The numbers of those that are not are taken, so that no file
/// that is opened later gets one.
pub(crate) fn standard_streams() -> [Option<Handle>; 3] {
    [0, 1, 2].map(|number| {
        if is_open(number) {
            return Some(Handle::Standard(number));
        }
        // Gets this very number: it is the lowest free one.
        if let Ok(null) = null_device() {
            let _ = null.into_raw_fd();
        }
        None
    })
}

/// Whether the file can be read and written.
pub(crate) fn access(file: BorrowedFd<'_>) -> Result<(bool, bool)> {
    let mode = rustix::fs::fcntl_getfl(file)? & OFlags::RWMODE;
    Ok((mode != OFlags::WRONLY, mode == OFlags::WRONLY || mode == OFlags::RDWR))
}

/// Whether it is a terminal.
pub(crate) fn is_terminal(file: BorrowedFd<'_>, file_type: FileType) -> bool {
    // SAFETY: asks about an open file.
    file_type == FileType::CharacterDevice && unsafe { libc::isatty(file.as_raw_fd()) } == 1
}
