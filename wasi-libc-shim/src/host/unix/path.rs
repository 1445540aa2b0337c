//! Calls on names in directories, and the way from a directory to one beneath it.
//!
//! Sandbox-critical. Each call but `open_granted`, `open_beneath` and `open_path` takes a single name, and
//! none follows a symbolic link in it. `open_beneath` walks a path in one system call where the kernel has
//! one for it, else by hand; `open_path` does so only where it has.

use super::file::{status_of_entry, timestamps};
use super::system;
use crate::errno::{Errno, Result};
use crate::file_type::{FileStatus, FileType};
use crate::host::walk::{Step, walk_by_hand};
use crate::host::{OpenOptions, SetTimes};
use core::ffi::CStr;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno as HostErrno;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Symbolic links followed in one path at most, as on Linux.
pub(crate) const MAXIMUM_LINKS: u32 = 40;

/// What a directory on the way is opened with: it need not be readable.
pub(super) const STEP: OFlags = system::SEARCH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens a granted directory by the host's own path, which may lead through any link.
pub(crate) fn open_granted(path: &CStr) -> Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::open(path, OFlags::RDONLY | flags, Mode::empty()) {
        // A directory that may be searched but not listed.
        Err(HostErrno::ACCESS) => Ok(rustix::fs::open(path, STEP, Mode::empty())?),
        result => Ok(result?),
    }
}

/// Opens a file. The last component is not followed: a symbolic link there is `loop`, or `notdir` when
/// a directory is asked for.
pub(crate) fn open(
    directory: BorrowedFd<'_>,
    name: &CStr,
    options: OpenOptions,
) -> Result<OwnedFd> {
    let flags = open_flags(options) | OFlags::NOFOLLOW;
    match rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(0o666)) {
        // The second is FreeBSD's word; Linux says `NOTDIR` by itself.
        Err(HostErrno::LOOP | HostErrno::MLINK) if options.directory => Err(Errno::NotDirectory),
        Err(HostErrno::MLINK) => Err(Errno::Loop),
        result => Ok(result?),
    }
}

/// Opens the file at `path` beneath `start` in one call, following links on the way and, where `follow`
/// says so, the last: the file, or `noent`. Nothing when the system has no such call, and instead of any
/// other error.
pub(crate) fn open_path(
    start: BorrowedFd<'_>,
    path: &CStr,
    options: OpenOptions,
    follow: bool,
    host_root: bool,
) -> Option<Result<OwnedFd>> {
    #[cfg(any(test, feature = "choose-walk"))]
    if BY_HAND.get() {
        return None;
    }
    let flags = open_flags(options) | if follow { OFlags::empty() } else { OFlags::NOFOLLOW };
    match system::open_path(start, path, flags, host_root)? {
        Ok(file) => Some(Ok(file)),
        Err(HostErrno::NOENT) => Some(Err(Errno::NoEntry)),
        Err(_) => None,
    }
}

/// What to open a file with, but for links.
fn open_flags(options: OpenOptions) -> OFlags {
    let mut flags = OFlags::CLOEXEC | OFlags::NOCTTY;
    flags |= match (options.read, options.write) {
        (true, true) => OFlags::RDWR,
        (false, true) => OFlags::WRONLY,
        (_, false) => OFlags::RDONLY,
    };
    flags.set(OFlags::CREATE, options.create);
    flags.set(OFlags::EXCL, options.exclusive);
    flags.set(OFlags::TRUNC, options.truncate);
    flags.set(OFlags::DIRECTORY, options.directory);
    flags.set(OFlags::APPEND, options.status.append);
    flags.set(OFlags::NONBLOCK, options.status.nonblock);
    if options.status.data_synchronous {
        flags |= OFlags::DSYNC;
    }
    if options.status.synchronous {
        flags |= OFlags::SYNC;
    }
    flags
}

pub(crate) fn create_directory(directory: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    Ok(rustix::fs::mkdirat(directory, name, Mode::from_raw_mode(0o777))?)
}

pub(crate) fn remove_directory(directory: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    Ok(system::unlinkat(directory, name, AtFlags::REMOVEDIR)?)
}

fn is_directory(directory: BorrowedFd<'_>, name: &CStr) -> bool {
    entry_status(directory, name).is_ok_and(|status| status.file_type == FileType::Directory)
}

pub(crate) fn unlink(directory: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    match system::unlinkat(directory, name, AtFlags::empty()) {
        // What POSIX says of directories; programs that remove anything go by Linux' word.
        Err(HostErrno::PERM) if is_directory(directory, name) => Err(Errno::IsDirectory),
        result => Ok(result?),
    }
}

pub(crate) fn rename(
    old_directory: BorrowedFd<'_>,
    old_name: &CStr,
    new_directory: BorrowedFd<'_>,
    new_name: &CStr,
) -> Result<()> {
    Ok(system::renameat(old_directory, old_name, new_directory, new_name)?)
}

pub(crate) fn hard_link(
    old_directory: BorrowedFd<'_>,
    old_name: &CStr,
    new_directory: BorrowedFd<'_>,
    new_name: &CStr,
) -> Result<()> {
    let flags = AtFlags::empty();
    match system::linkat(old_directory, old_name, new_directory, new_name, flags) {
        // What Linux says of a granted directory itself behind the wall; no system links directories.
        Err(HostErrno::XDEV) if is_directory(old_directory, old_name) => Err(Errno::NotPermitted),
        result => Ok(result?),
    }
}

pub(crate) fn create_symbolic_link(
    target: &CStr,
    directory: BorrowedFd<'_>,
    name: &CStr,
) -> Result<()> {
    Ok(rustix::fs::symlinkat(target, directory, name)?)
}

/// Reads a symbolic link into `buffer` as far as it fits, and says how many bytes that are.
pub(crate) fn read_link(
    directory: BorrowedFd<'_>,
    name: &CStr,
    buffer: &mut [u8],
) -> Result<usize> {
    Ok(rustix::fs::readlinkat_raw(directory, name, buffer)?)
}

pub(crate) fn entry_status(directory: BorrowedFd<'_>, name: &CStr) -> Result<FileStatus> {
    Ok(status_of_entry(&rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

pub(crate) fn set_entry_times(
    directory: BorrowedFd<'_>,
    name: &CStr,
    times: SetTimes,
) -> Result<()> {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    Ok(system::utimensat(directory, name, &timestamps(times), flags)?)
}

/// Opens the directory at `path` beneath `start`, following symbolic links as long as they stay there.
/// Where `start` is the host's root directory (`host_root`), absolute links and `..` stay there too.
///
/// # Errors
/// [`Errno::NotPermitted`] when the path leads out.
pub(crate) fn open_beneath(start: BorrowedFd<'_>, path: &CStr, host_root: bool) -> Result<OwnedFd> {
    #[cfg(any(test, feature = "choose-walk"))]
    if BY_HAND.get() {
        return walk_by_hand(start, path, host_root);
    }
    // A link's target behind a long path: no call of the system takes it at once.
    let at_once = (path.to_bytes().len() < PATH_BYTES)
        .then(|| system::open_beneath(start, path, host_root))
        .flatten();
    at_once.unwrap_or_else(|| walk_by_hand(start, path, host_root))
}

#[cfg(any(test, feature = "choose-walk"))]
std::thread_local! {
    /// Has the paths of this thread's calls walked by hand.
    pub(crate) static BY_HAND: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

/// One step of the walk by hand.
pub(in crate::host) fn step(directory: BorrowedFd<'_>, name: &CStr) -> Result<Step> {
    match rustix::fs::openat(directory, name, STEP | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(directory) => Ok(Step::Directory(directory)),
        // A symbolic link, or no directory.
        Err(HostErrno::NOTDIR | HostErrno::LOOP | HostErrno::MLINK) => {
            let mut target = [0; PATH_BYTES];
            let length = match read_link(directory, name, &mut target) {
                Err(Errno::Invalid) => return Err(Errno::NotDirectory),
                result => result?,
            };
            Ok(Step::Link(target.get(..length).ok_or(Errno::NameTooLong)?.to_vec()))
        }
        Err(error) => Err(error.into()),
    }
}

/// A walk that goes nowhere.
pub(in crate::host) fn open_itself(directory: BorrowedFd<'_>) -> Result<OwnedFd> {
    Ok(rustix::fs::openat(directory, c".", STEP, Mode::empty())?)
}

/// No path and no link is as long.
pub(crate) const PATH_BYTES: usize = 4096;
