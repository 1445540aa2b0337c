//! What only Linux has: a kernel that walks beneath a directory by itself, lists of entries with positions
//! that stay valid, random numbers, sockets and advice by its own calls.
//!
//! Sandbox-critical for [`open_beneath`].

use super::file::{file_type, status_of_entry};
use super::path::STEP;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::host::{Advice, PATH_BYTES};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::num::NonZeroU64;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags, RawDir, ResolveFlags, SeekFrom};
use rustix::io::Errno as HostErrno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::os::fd::{BorrowedFd, OwnedFd};

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
    let within = if host_root { ResolveFlags::IN_ROOT } else { ResolveFlags::BENEATH };
    let resolve = within | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..ATTEMPTS {
        match rustix::fs::openat2(start, path, STEP, Mode::empty(), resolve) {
            Ok(directory) => return Some(Ok(directory)),
            Err(HostErrno::AGAIN) => {}
            Err(HostErrno::XDEV) => return Some(Err(Errno::NotPermitted)),
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

/// One read of the kernel's list fills at most so much.
const BUFFER_BYTES: usize = 4096;

/// Where entries lie in a directory, by cookie. The order and the positions are the file system's, so
/// that a position keeps its meaning while entries come and go.
#[derive(Default)]
pub(crate) struct Listing(Vec<u64>);

impl Listing {
    /// Calls `entry` with the directory's entries behind the first `cookie` ones until it breaks or there
    /// are no more: (inode, type, name, cookie behind this entry). Cookie 0 reads anew.
    pub(crate) fn read(
        &mut self,
        directory: BorrowedFd<'_>,
        cookie: u64,
        mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
    ) -> Result<()> {
        let positions = &mut self.0;
        if cookie == 0 {
            positions.clear();
        }
        // Entries before this one were seen; a cookie beyond leads on from there.
        let mut index = cookie.min(positions.len() as u64);
        let position = match usize::try_from(index) {
            Ok(index @ 1..) => positions.get(index - 1).copied().unwrap_or(0),
            _ => 0,
        };
        rustix::fs::seek(directory, SeekFrom::Start(position))?;
        let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
        let mut entries = RawDir::new(directory, &mut buffer);
        while let Some(next) = entries.next() {
            let next = next?;
            index += 1;
            if index > positions.len() as u64 {
                positions.push(next.next_entry_cookie());
            }
            if index <= cookie {
                continue;
            }
            let mut kind = file_type(next.file_type());
            if next.file_type() == rustix::fs::FileType::Unknown
                && let Ok(stat) =
                    rustix::fs::statat(directory, next.file_name(), AtFlags::SYMLINK_NOFOLLOW)
            {
                kind = status_of_entry(&stat).file_type;
            }
            if entry(next.ino(), kind, next.file_name().to_bytes(), index).is_break() {
                break;
            }
        }
        Ok(())
    }
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

/// Calls `found` with each name in a directory until it breaks, but for `.` and `..`; as many as there are
/// before an error. It allocates nothing.
pub(super) fn each_name(
    directory: BorrowedFd<'_>,
    mut found: impl FnMut(&CStr) -> ControlFlow<()>,
) {
    let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
    if rustix::fs::seek(directory, SeekFrom::Start(0)).is_err() {
        return;
    }
    let mut entries = RawDir::new(directory, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") && found(name).is_break() {
            return;
        }
    }
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
