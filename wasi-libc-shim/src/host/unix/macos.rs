//! What macOS lacks or has of its own. Sources: the manual pages `open`, `fcntl`, `getentropy`, `accept`,
//! `socket` of section 2, `dyld`, `realpath`, `getpwuid`, `directory` of section 3.

use super::last_error;
use crate::errno::{Errno, Result};
use crate::host::{Advice, Folder, PATH_BYTES};
use core::ffi::CStr;
use core::num::NonZeroU64;
use core::ops::ControlFlow;
use rustix::fs::{AtFlags, OFlags, Timestamps};
use rustix::io::{self, Errno as HostErrno};
use rustix::net::{AddressFamily, SocketType};
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

pub(crate) use super::bsd::{Listing, inherited, is_privileged, is_secret};
pub(super) use super::bsd::{SEARCH, SIGPWR, duplicate, open_beneath, open_path};

/// The signal that sending might raise is ignored, see [`super::ignore_broken_pipes`].
pub(super) const SEND_FLAGS: libc::c_int = 0;

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

/// A stream socket that does not wait.
pub(super) fn stream_socket(family: AddressFamily) -> Result<OwnedFd> {
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    // SAFETY: takes numbers only, and cannot fail for a descriptor that was just made.
    unsafe {
        libc::fcntl(socket.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(socket.as_raw_fd(), libc::F_SETFL, libc::O_RDWR | libc::O_NONBLOCK);
    }
    Ok(socket)
}

/// Calls `found` with each name in a directory until it breaks, but for `.` and `..`; as many as there are
/// before an error. The C library allocates for it: nothing is found while that reads a directory already,
/// in which case this may be the handler of a signal that came meanwhile.
pub(super) fn each_name(
    directory: BorrowedFd<'_>,
    mut found: impl FnMut(&CStr) -> ControlFlow<()>,
) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    if super::snapshot::is_reading() {
        return;
    }
    let Ok(own) = rustix::fs::openat(directory, c".", flags, rustix::fs::Mode::empty()) else {
        return;
    };
    // SAFETY: the stream takes the file over, and is closed once. An entry is valid until the next is read,
    // and its name ends with a NUL.
    unsafe {
        let stream = libc::fdopendir(own.into_raw_fd());
        if stream.is_null() {
            return;
        }
        while let Some(entry) = libc::readdir(stream).as_ref() {
            let name = CStr::from_ptr(entry.d_name.as_ptr());
            if !matches!(name.to_bytes(), b"." | b"..") && found(name).is_break() {
                break;
            }
        }
        libc::closedir(stream);
    }
}

/// The executable's path, without links in it.
pub(crate) fn executable() -> Option<Vec<u8>> {
    let (mut path, mut real) = ([0_u8; PATH_BYTES], [0_u8; PATH_BYTES]);
    let mut bytes = PATH_BYTES as u32;
    // SAFETY: the first buffer has the size that is passed, the second more bytes than any path.
    let found = unsafe {
        libc::_NSGetExecutablePath(path.as_mut_ptr().cast(), &raw mut bytes) == 0
            && !libc::realpath(path.as_ptr().cast(), real.as_mut_ptr().cast()).is_null()
    };
    let real = CStr::from_bytes_until_nul(&real).ok()?;
    found.then(|| real.to_bytes().to_vec())
}

/// Where the user's folders are: no variable says so.
pub(crate) fn folder(folder: Folder) -> (&'static str, &'static str) {
    match folder {
        Folder::Config | Folder::Data => ("", "Library/Application Support"),
        Folder::Cache => ("", "Library/Caches"),
    }
}

/// The home of the user in the password database.
pub(crate) fn home_of_user() -> Option<Vec<u8>> {
    // SAFETY: the calls have no preconditions; the entry is valid until the next is asked for.
    unsafe {
        let home = libc::getpwuid(libc::getuid()).as_ref()?.pw_dir;
        (!home.is_null()).then(|| CStr::from_ptr(home).to_bytes().to_vec())
    }
}
