//! What FreeBSD has of its own.

use crate::host::PATH_BYTES;
use core::ffi::CStr;
use core::mem::offset_of;
use core::ops::ControlFlow;
use std::os::fd::{AsRawFd, BorrowedFd};

pub(crate) use super::bsd::{Listing, inherited, is_privileged, is_secret};
pub(super) use super::bsd::{SEARCH, SIGPWR, duplicate, open_beneath, open_path};
pub(super) use super::linux_and_freebsd::{
    SEND_FLAGS, accept, advise, allocate, fdatasync, fsync, futimens, linkat, random, renameat,
    stream_socket, unlinkat, utimensat,
};
pub(crate) use super::linux_and_freebsd::{folder, home_of_user};

unsafe extern "C" {
    /// The kernel's list of a directory, which the C library's own functions allocate for.
    fn getdirentries(
        fd: libc::c_int,
        buffer: *mut libc::c_char,
        bytes: libc::size_t,
        base: *mut libc::off_t,
    ) -> libc::ssize_t;
}

/// One read of the kernel's list fills at most so much.
const BUFFER_BYTES: usize = 4096;

#[repr(C, align(8))]
struct Buffer([u8; BUFFER_BYTES]);

/// Calls `found` with each name in a directory until it breaks, but for `.` and `..`; as many as there are
/// before an error. It allocates nothing.
pub(super) fn each_name(
    directory: BorrowedFd<'_>,
    mut found: impl FnMut(&CStr) -> ControlFlow<()>,
) {
    let fd = directory.as_raw_fd();
    let mut buffer = Buffer([0; BUFFER_BYTES]);
    if rustix::fs::seek(directory, rustix::fs::SeekFrom::Start(0)).is_err() {
        return;
    }
    loop {
        let (start, no_base) = (buffer.0.as_mut_ptr().cast(), core::ptr::null_mut());
        // SAFETY: the buffer has the size that is passed; no position is asked for.
        let filled = unsafe { getdirentries(fd, start, BUFFER_BYTES, no_base) };
        let Ok(filled @ 1..) = usize::try_from(filled) else { return };
        let mut rest = buffer.0.get(..filled).unwrap_or_default();
        while let Some((inode, record_bytes, name)) = entry(rest) {
            if inode != 0 && !matches!(name.to_bytes(), b"." | b"..") && found(name).is_break() {
                return;
            }
            rest = rest.get(record_bytes..).unwrap_or_default();
        }
    }
}

/// The first entry: its inode, its size and its name.
fn entry(entries: &[u8]) -> Option<(u64, usize, &CStr)> {
    let inode = u64::from_ne_bytes(*entries.first_chunk()?);
    let size = entries.get(offset_of!(libc::dirent, d_reclen)..)?;
    let size = usize::from(u16::from_ne_bytes(*size.first_chunk()?));
    let name = entries.get(offset_of!(libc::dirent, d_name)..size)?;
    Some((inode, size, CStr::from_bytes_until_nul(name).ok()?))
}

/// The executable's path.
pub(crate) fn executable() -> Option<Vec<u8>> {
    let name = [libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_PATHNAME, -1];
    let mut path = [0_u8; PATH_BYTES];
    let (mut bytes, nothing) = (PATH_BYTES, core::ptr::null());
    // SAFETY: the name has four parts, and the buffer the size that is passed.
    let answer = unsafe {
        libc::sysctl(name.as_ptr(), 4, path.as_mut_ptr().cast(), &raw mut bytes, nothing, 0)
    };
    let path = CStr::from_bytes_until_nul(path.get(..bytes)?).ok()?;
    (answer == 0).then(|| path.to_bytes().to_vec())
}
