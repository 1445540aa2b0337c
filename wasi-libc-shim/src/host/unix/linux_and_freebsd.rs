//! What Linux and FreeBSD have alike, and macOS has not or has differently.

use crate::errno::Result;
use crate::host::Advice;
use core::num::NonZeroU64;
use rustix::fs::FallocateFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::os::fd::{BorrowedFd, OwnedFd};

pub(crate) use super::place::{home_in_password_file as home_of_user, xdg_folder as folder};
pub(super) use rustix::fs::{fdatasync, fsync, futimens, linkat, renameat, unlinkat, utimensat};

/// Sending raises no signal.
pub(super) const SEND_FLAGS: libc::c_int = libc::MSG_NOSIGNAL;

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
