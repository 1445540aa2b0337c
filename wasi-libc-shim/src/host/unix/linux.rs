//! What only Linux has: a kernel that walks beneath a directory by itself.
//!
//! Sandbox-critical for [`open_beneath`] and [`open_path`].

use super::path::STEP;
use crate::errno::{Errno, Result};
use crate::host::PATH_BYTES;
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno as HostErrno;
use std::os::fd::{BorrowedFd, OwnedFd};

pub(super) use super::linux_and_freebsd::{
    SEND_FLAGS, accept, advise, allocate, fdatasync, fsync, futimens, linkat, random, renameat,
    stream_socket, unlinkat, utimensat,
};
pub(crate) use super::linux_and_freebsd::{folder, home_of_user};
pub(crate) use super::listing::Listing;
pub(super) use super::listing::each_name;
pub(crate) use super::procfs::{inherited, is_secret};

/// Opens a directory to go through it, not to list it.
pub(super) const SEARCH: OFlags = OFlags::PATH;

pub(super) const SIGPWR: libc::c_int = libc::SIGPWR;

/// The kernel, or what filters its calls, does not have `openat2` (Linux 5.6).
static MISSING: AtomicBool = AtomicBool::new(false);
/// A rename somewhere in the system makes a walk with `..` start again; after so many the walk by
/// hand takes over, which cannot be disturbed.
const ATTEMPTS: u32 = 8;

/// The kernel's own walk, as [`super::open_beneath`]: the directory, the error, or nothing when the walk
/// has to be by hand.
pub(super) fn open_beneath(
    start: BorrowedFd<'_>,
    path: &CStr,
    host_root: bool,
) -> Option<Result<OwnedFd>> {
    if MISSING.load(Ordering::Relaxed) {
        return None;
    }
    let resolve = within(host_root);
    for _ in 0..ATTEMPTS {
        match rustix::fs::openat2(start, path, STEP, Mode::empty(), resolve) {
            Ok(directory) => return Some(Ok(directory)),
            Err(HostErrno::AGAIN) => {}
            Err(HostErrno::XDEV) => return Some(Err(Errno::NotPermitted)),
            // A walk that the kernel begins anew, as it does at a `..` that leads out, has its links counted
            // twice.
            Err(HostErrno::LOOP) => return None,
            // Filters answer with the second.
            Err(HostErrno::NOSYS | HostErrno::PERM) => {
                MISSING.store(true, Ordering::Relaxed);
                return None;
            }
            Err(error) => return Some(Err(Errno::from(error))),
        }
    }
    None
}

/// Opens the file at `path` beneath `start`, as [`super::open_path`], if the kernel can.
pub(super) fn open_path(
    start: BorrowedFd<'_>,
    path: &CStr,
    flags: OFlags,
    host_root: bool,
) -> Option<rustix::io::Result<OwnedFd>> {
    if MISSING.load(Ordering::Relaxed) {
        return None;
    }
    // The call refuses a mode where nothing can be created.
    let mode = if flags.contains(OFlags::CREATE) { 0o666 } else { 0 };
    let mode = Mode::from_raw_mode(mode);
    Some(rustix::fs::openat2(start, path, flags, mode, within(host_root)))
}

/// How the kernel walks beneath a directory.
fn within(host_root: bool) -> ResolveFlags {
    let within = if host_root { ResolveFlags::IN_ROOT } else { ResolveFlags::BENEATH };
    within | ResolveFlags::NO_MAGICLINKS
}

/// The same file once more, by a call of which the wall need not look at arguments. (Nothing is executed that
/// could have it too.)
pub(super) fn duplicate(file: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    rustix::io::dup(file)
}

/// The executable's path.
pub(crate) fn executable() -> Option<Vec<u8>> {
    let mut path = [0; PATH_BYTES];
    let link = c"/proc/self/exe";
    let length = rustix::fs::readlinkat_raw(rustix::fs::CWD, link, &mut path).ok()?;
    path.get(..length).map(<[u8]>::to_vec)
}

/// Whether the process has more rights than the user that started it.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: the call has no preconditions.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}
