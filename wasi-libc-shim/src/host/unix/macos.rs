//! What macOS lacks or has of its own. Sources: the manual pages `open`, `fcntl`, `getentropy`, `accept`
//! of section 2.

use super::last_error;
use crate::errno::{Errno, Result};
use crate::host::Advice;
use core::ffi::CStr;
use core::num::NonZeroU64;
use rustix::fs::{AtFlags, OFlags, Timestamps};
use rustix::io::{self, Errno as HostErrno};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

pub(crate) use super::snapshot::Listing;

/// Opens a directory to go through it, not to list it.
pub(super) const SEARCH: OFlags = OFlags::from_bits_retain(libc::O_SEARCH as u32);

/// No signal of this system.
pub(super) const SIGPWR: libc::c_int = -1;

/// The signal that sending might raise is ignored, see [`super::ignore_broken_pipes`].
pub(super) const SEND_FLAGS: libc::c_int = 0;

/// The walk is always by hand.
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

fn check(result: libc::c_int) -> io::Result<()> {
    if result == -1 { Err(last_error()) } else { Ok(()) }
}

// rustix looks the following functions up by name when the program runs, since the first versions of the
// system lacked them.

/// Sets the times of an open file.
pub(super) fn futimens(file: BorrowedFd<'_>, times: &Timestamps) -> io::Result<()> {
    // SAFETY: `Timestamps` is the two times that the function reads.
    check(unsafe { libc::futimens(file.as_raw_fd(), core::ptr::from_ref(times).cast()) })
}

/// Sets the times of an entry, as [`futimens`].
pub(super) fn utimensat(
    directory: BorrowedFd<'_>,
    name: &CStr,
    times: &Timestamps,
    flags: AtFlags,
) -> io::Result<()> {
    let times = core::ptr::from_ref(times).cast();
    // SAFETY: the name ends with a NUL; `Timestamps` is the two times that the function reads.
    check(unsafe {
        libc::utimensat(directory.as_raw_fd(), name.as_ptr(), times, flags.bits() as libc::c_int)
    })
}

/// Removes an entry.
pub(super) fn unlinkat(directory: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> io::Result<()> {
    let flags = flags.bits() as libc::c_int;
    // SAFETY: the name ends with a NUL.
    check(unsafe { libc::unlinkat(directory.as_raw_fd(), name.as_ptr(), flags) })
}

/// Renames an entry.
pub(super) fn renameat(
    old_directory: BorrowedFd<'_>,
    old_name: &CStr,
    new_directory: BorrowedFd<'_>,
    new_name: &CStr,
) -> io::Result<()> {
    let (old, new) = (old_directory.as_raw_fd(), new_directory.as_raw_fd());
    // SAFETY: the names end with a NUL.
    check(unsafe { libc::renameat(old, old_name.as_ptr(), new, new_name.as_ptr()) })
}

/// Gives a file another name.
pub(super) fn linkat(
    old_directory: BorrowedFd<'_>,
    old_name: &CStr,
    new_directory: BorrowedFd<'_>,
    new_name: &CStr,
    flags: AtFlags,
) -> io::Result<()> {
    let (old, new) = (old_directory.as_raw_fd(), new_directory.as_raw_fd());
    let flags = flags.bits() as libc::c_int;
    // SAFETY: the names end with a NUL.
    check(unsafe { libc::linkat(old, old_name.as_ptr(), new, new_name.as_ptr(), flags) })
}

/// Waits until the file is on the disk and not only in the disk's own memory: `fsync` does not.
pub(super) fn fsync(file: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes numbers only.
    match check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_FULLFSYNC) }) {
        // A file system, or a kind of file, that has no such thing.
        Err(
            HostErrno::NOTSUP
            | HostErrno::INVAL
            | HostErrno::NOTTY
            | HostErrno::NODEV
            | HostErrno::BADF,
        ) => rustix::fs::fsync(file),
        result => result,
    }
}

pub(super) use fsync as fdatasync;

/// Has the file system keep room for a range of a file, which becomes as long as that. Holes in what
/// there is of the file stay holes.
pub(super) fn allocate(file: BorrowedFd<'_>, offset: u64, length: u64) -> Result<()> {
    if length == 0 {
        return Err(Errno::Invalid);
    }
    let end = offset.checked_add(length).and_then(|end| i64::try_from(end).ok());
    let end = end.ok_or(Errno::FileTooBig)?;
    let missing = end - rustix::fs::fstat(file)?.st_size;
    if missing <= 0 {
        return Ok(());
    }
    let mut room = libc::fstore_t {
        fst_flags: libc::F_ALLOCATEALL,
        fst_posmode: libc::F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: missing,
        fst_bytesalloc: 0,
    };
    // SAFETY: the call reads and writes the structure.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_PREALLOCATE, &raw mut room) })?;
    Ok(rustix::fs::ftruncate(file, end.unsigned_abs())?)
}

/// Tells the kernel what will be done with a range of a file, as far as it can be told.
pub(super) fn advise(
    file: BorrowedFd<'_>,
    offset: u64,
    length: Option<NonZeroU64>,
    advice: Advice,
) -> Result<()> {
    // Fails for what has no position, as advice does elsewhere.
    rustix::fs::tell(file)?;
    if matches!(advice, Advice::WillNeed) {
        let count = length.map_or(u64::MAX, NonZeroU64::get);
        let range = libc::radvisory {
            ra_offset: offset.cast_signed(),
            ra_count: libc::c_int::try_from(count).unwrap_or(libc::c_int::MAX),
        };
        // SAFETY: the call reads the structure. It may be refused: it is advice.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_RDADVISE, &raw const range) };
    }
    Ok(())
}

/// So many bytes are given at once.
const RANDOM_BYTES: usize = 256;

/// Writes random bytes, at most `length`, and says how many, or -1.
///
/// # Safety
/// - `buffer` is valid for writes of `length` bytes.
pub(super) unsafe fn random(buffer: *mut u8, length: usize) -> isize {
    let length = length.min(RANDOM_BYTES);
    // SAFETY: by the caller's promise.
    if unsafe { libc::getentropy(buffer.cast(), length) } == 0 { length as isize } else { -1 }
}

/// Accepts a connection: its descriptor, or -1.
pub(super) fn accept(socket: i32, nonblock: bool) -> isize {
    let null = core::ptr::null_mut;
    // SAFETY: without room for an address none is written. The rest takes numbers only, and cannot fail
    // for a descriptor that was just made.
    unsafe {
        let connection = libc::accept(socket, null(), null().cast());
        if connection >= 0 {
            libc::fcntl(connection, libc::F_SETFD, libc::FD_CLOEXEC);
            // It begins with the flags of the socket that it came through.
            let flags = libc::fcntl(connection, libc::F_GETFL) & !libc::O_NONBLOCK;
            let wanted = if nonblock { libc::O_NONBLOCK } else { 0 };
            libc::fcntl(connection, libc::F_SETFL, flags | wanted);
        }
        connection as isize
    }
}
