//! What FreeBSD has of its own, or as Linux has it under the C library's names.

use crate::errno::Result;
use crate::host::{Advice, PATH_BYTES};
use core::ffi::CStr;
use core::mem::offset_of;
use core::num::NonZeroU64;
use core::ops::ControlFlow;
use rustix::fs::{FallocateFlags, OFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

pub(crate) use super::place::{home_in_password_file as home_of_user, xdg_folder as folder};
pub(crate) use super::snapshot::Listing;
pub(super) use rustix::fs::{fdatasync, fsync, futimens, linkat, renameat, unlinkat, utimensat};

/// Opens a directory to go through it, not to list it.
pub(super) const SEARCH: OFlags = OFlags::from_bits_retain(libc::O_SEARCH as u32);

/// No signal of this system.
pub(super) const SIGPWR: libc::c_int = -1;

/// Sending raises no signal.
pub(super) const SEND_FLAGS: libc::c_int = libc::MSG_NOSIGNAL;

/// The walk is always by hand. (`O_RESOLVE_BENEATH` depends on settings of the system.)
pub(super) fn open_beneath(_: BorrowedFd<'_>, _: &CStr, _: bool) -> Option<Result<OwnedFd>> {
    None
}

/// As [`open_beneath`]: by hand.
pub(super) fn open_path(
    _: BorrowedFd<'_>,
    _: &CStr,
    _: OFlags,
    _: bool,
) -> Option<rustix::io::Result<OwnedFd>> {
    None
}

/// Has the file system keep room for a range of a file, which becomes as long as that.
pub(super) fn allocate(file: BorrowedFd<'_>, offset: u64, length: u64) -> Result<()> {
    Ok(rustix::fs::fallocate(file, FallocateFlags::empty(), offset, length)?)
}

/// Tells the kernel what will be done with a range of a file, or with all behind `offset`.
pub(super) fn advise(
    file: BorrowedFd<'_>,
    offset: u64,
    length: Option<NonZeroU64>,
    advice: Advice,
) -> Result<()> {
    let advice = match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::WillNeed => rustix::fs::Advice::WillNeed,
        Advice::DontNeed => rustix::fs::Advice::DontNeed,
        Advice::NoReuse => rustix::fs::Advice::NoReuse,
    };
    Ok(rustix::fs::fadvise(file, offset, length, advice)?)
}

/// Writes random bytes, at most `length`, and says how many, or -1.
///
/// # Safety
/// - `buffer` is valid for writes of `length` bytes.
pub(super) unsafe fn random(buffer: *mut u8, length: usize) -> isize {
    // SAFETY: by the caller's promise.
    unsafe { libc::getrandom(buffer.cast(), length, 0) }
}

/// Accepts a connection: its descriptor, or -1.
pub(super) fn accept(socket: i32, nonblock: bool) -> isize {
    let null = core::ptr::null_mut;
    let flags = libc::SOCK_CLOEXEC | if nonblock { libc::SOCK_NONBLOCK } else { 0 };
    // SAFETY: without room for an address none is written.
    unsafe { libc::accept4(socket, null(), null().cast(), flags) as isize }
}

/// A stream socket that does not wait.
pub(super) fn stream_socket(family: AddressFamily) -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(family, SocketType::STREAM, flags, None)?)
}

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

/// Whether the process has more rights than the user that started it.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: the call has no preconditions.
    unsafe { libc::issetugid() != 0 }
}
