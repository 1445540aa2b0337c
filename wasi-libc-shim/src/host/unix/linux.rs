//! What only Linux has: a kernel that walks beneath a directory by itself; random numbers, sockets and
//! advice by its own calls.
//!
//! Sandbox-critical for [`open_beneath`] and [`open_path`].

use super::path::STEP;
use crate::errno::{Errno, Result};
use crate::host::{Advice, PATH_BYTES};
use core::ffi::CStr;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::fs::{FallocateFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno as HostErrno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::os::fd::{BorrowedFd, OwnedFd};

pub(crate) use super::listing::Listing;
pub(super) use super::listing::each_name;
pub(crate) use super::place::{home_in_password_file as home_of_user, xdg_folder as folder};
pub(super) use rustix::fs::{fdatasync, fsync, futimens, linkat, renameat, unlinkat, utimensat};

/// Opens a directory to go through it, not to list it.
pub(super) const SEARCH: OFlags = OFlags::PATH;

pub(super) const SIGPWR: libc::c_int = libc::SIGPWR;

/// Sending raises no signal.
pub(super) const SEND_FLAGS: libc::c_int = libc::MSG_NOSIGNAL;

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
