//! The private temporary directory on Unix.
//!
//! Sandbox-critical: what is removed was named by the program. Nothing is allocated and no link followed;
//! few files are open at a time, however deep the program has nested directories.

use super::system;
use crate::errno::Result;
use core::ffi::CStr;
use core::ops::ControlFlow;
use rustix::fs::{AtFlags, Mode, OFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

const OPEN: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Makes a directory that only this user can enter, and opens it.
pub(crate) fn create_private_directory(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o700))?;
    Ok(rustix::fs::openat(parent, name, OPEN, Mode::empty())?)
}

/// Removes the directory `name` in `parent`, which is open as `top`, with all that is in it.
pub(crate) fn remove_tree(parent: BorrowedFd<'_>, name: &CStr, top: BorrowedFd<'_>) {
    while remove_some(top) {}
    let _ = system::unlinkat(parent, name, AtFlags::REMOVEDIR);
}

/// Removes files and empty directories on one way down from `top`, to where no other directory is. Says
/// whether there was any.
fn remove_some(top: BorrowedFd<'_>) -> bool {
    let mut removed = false;
    let mut below: Option<OwnedFd> = None;
    loop {
        let here = below.as_ref().map_or(top, AsFd::as_fd);
        let mut next = None;
        system::each_name(here, |name| {
            if system::unlinkat(here, name, AtFlags::empty()).is_ok()
                || system::unlinkat(here, name, AtFlags::REMOVEDIR).is_ok()
            {
                removed = true;
            } else if let Ok(directory) = rustix::fs::openat(here, name, OPEN, Mode::empty()) {
                next = Some(directory);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        match next {
            Some(directory) => below = Some(directory),
            None => return removed,
        }
    }
}
