//! What FreeBSD and macOS have alike, and Linux has not or has differently.

use crate::errno::Result;
use crate::file_type::FileStatus;
use core::ffi::CStr;
use rustix::fs::OFlags;
use std::os::fd::{BorrowedFd, OwnedFd};

pub(crate) use super::snapshot::Listing;

/// Opens a directory to go through it, not to list it.
pub(super) const SEARCH: OFlags = OFlags::from_bits_retain(libc::O_SEARCH as u32);

/// No signal of these systems.
pub(super) const SIGPWR: libc::c_int = -1;

/// The walk is always by hand. (FreeBSD's `O_RESOLVE_BENEATH` depends on settings of the system.)
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

/// The same file once more.
pub(super) fn duplicate(file: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(file, 3)
}

/// Whether an open file is one of processes that not everybody may read. These systems have none, but where
/// somebody mounts FreeBSD's `procfs`.
pub(crate) fn is_secret(_: BorrowedFd<'_>, _: &FileStatus) -> bool {
    false
}

/// A file that this process was started with and that has no path: names in `/dev/fd` are files by themselves.
pub(crate) fn inherited(_: &[u8], _: &[u8]) -> Option<OwnedFd> {
    None
}

/// Whether the process has more rights than the user that started it.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: the call has no preconditions.
    unsafe { libc::issetugid() != 0 }
}
