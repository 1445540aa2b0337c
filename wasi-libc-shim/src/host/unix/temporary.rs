//! The private temporary directory on Unix.
//!
//! Sandbox-critical: what is removed was named by the program. Nothing is allocated and no link followed.

use super::system;
use crate::errno::Result;
use core::ffi::CStr;
use core::ops::ControlFlow;
use rustix::fs::{AtFlags, Mode, OFlags};
use std::os::fd::{BorrowedFd, OwnedFd};

/// The name of an entry as the system gives it.
pub(in crate::host) type EntryName = CStr;

const OPEN: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Makes a directory that only this user can enter, and opens it.
pub(crate) fn create_private_directory(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o700))?;
    Ok(rustix::fs::openat(parent, name, OPEN, Mode::empty())?)
}

/// Calls `found` with each name in a directory until it breaks, but for `.` and `..`.
pub(in crate::host) fn each_name(
    directory: BorrowedFd<'_>,
    found: impl FnMut(&CStr) -> ControlFlow<()>,
) {
    system::each_name(directory, found);
}

/// Removes a file, or a directory that is empty. Says whether it did.
pub(in crate::host) fn remove(directory: BorrowedFd<'_>, name: &CStr) -> bool {
    system::unlinkat(directory, name, AtFlags::empty()).is_ok()
        || system::unlinkat(directory, name, AtFlags::REMOVEDIR).is_ok()
}

/// Removes the temporary directory itself, once it is empty.
pub(in crate::host) fn remove_itself(parent: BorrowedFd<'_>, name: &CStr) {
    let _ = system::unlinkat(parent, name, AtFlags::REMOVEDIR);
}

/// Opens a directory to go through what is in it.
pub(in crate::host) fn open(directory: BorrowedFd<'_>, name: &CStr) -> Option<OwnedFd> {
    rustix::fs::openat(directory, name, OPEN, Mode::empty()).ok()
}

/// Gives an entry a new name in another directory. Says whether it did.
pub(in crate::host) fn rename(
    directory: BorrowedFd<'_>,
    name: &CStr,
    to: BorrowedFd<'_>,
    new_name: &CStr,
) -> bool {
    system::renameat(directory, name, to, new_name).is_ok()
}
