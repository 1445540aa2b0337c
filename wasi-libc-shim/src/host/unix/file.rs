//! Calls on open files: status, size, times, position, flags.

use super::system;
use crate::errno::{Errno, Result};
use crate::file_type::{FileStatus, FileType, SetTime};
use crate::host::{Advice, SetTimes, StatusFlags, Whence};
use core::ffi::CStr;
use core::num::NonZeroU64;
use rustix::fs::{AtFlags, OFlags, SeekFrom, Stat, Timespec, Timestamps};
use std::os::fd::BorrowedFd;

/// The status of an open file.
pub(crate) fn file_status(file: BorrowedFd<'_>) -> Result<FileStatus> {
    status(file, &rustix::fs::fstat(file)?)
}

/// The host's status in WASI's words. `file` is asked when it may be a socket.
fn status(file: BorrowedFd<'_>, stat: &Stat) -> Result<FileStatus> {
    let mut status = status_of_entry(stat);
    if status.file_type == FileType::SocketStream
        && rustix::net::sockopt::socket_type(file) == Ok(rustix::net::SocketType::DGRAM)
    {
        status.file_type = FileType::SocketDatagram;
    }
    Ok(status)
}

/// The host's status in WASI's words; a socket is taken for a stream.
#[allow(clippy::unnecessary_cast)] // The fields' types differ between systems.
pub(super) fn status_of_entry(stat: &Stat) -> FileStatus {
    FileStatus {
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        file_type: file_type(rustix::fs::FileType::from_raw_mode(stat.st_mode as _)),
        is_private: stat.st_mode as u32 & 0o004 == 0,
        links: stat.st_nlink as u64,
        size_bytes: stat.st_size as u64,
        accessed: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as u64),
        modified: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        changed: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
    }
}

/// The type of an entry: as the directory's list has it, or its own where that does not say.
pub(super) fn listed_type(
    directory: BorrowedFd<'_>,
    name: &CStr,
    listed: rustix::fs::FileType,
) -> FileType {
    let status = (listed == rustix::fs::FileType::Unknown)
        .then(|| rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW));
    match status {
        Some(Ok(status)) => status_of_entry(&status).file_type,
        _ => file_type(listed),
    }
}

fn file_type(host: rustix::fs::FileType) -> FileType {
    use rustix::fs::FileType as Host;
    match host {
        Host::RegularFile => FileType::RegularFile,
        Host::Directory => FileType::Directory,
        Host::Symlink => FileType::SymbolicLink,
        Host::CharacterDevice => FileType::CharacterDevice,
        Host::BlockDevice => FileType::BlockDevice,
        Host::Socket => FileType::SocketStream,
        _ => FileType::Unknown,
    }
}

/// Times before 1970 are 0, since a `timestamp` has no sign.
fn nanoseconds(seconds: i64, nanoseconds: u64) -> u64 {
    u64::try_from(seconds)
        .map_or(0, |seconds| seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
}

pub(super) fn timestamps(times: SetTimes) -> Timestamps {
    fn one(time: SetTime) -> Timespec {
        match time {
            SetTime::Keep => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT as _ },
            SetTime::Now => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW as _ },
            SetTime::To(nanoseconds) => Timespec {
                tv_sec: (nanoseconds / 1_000_000_000) as _,
                tv_nsec: (nanoseconds % 1_000_000_000) as _,
            },
        }
    }
    Timestamps { last_access: one(times.accessed), last_modification: one(times.modified) }
}

pub(crate) fn set_file_times(file: BorrowedFd<'_>, times: SetTimes) -> Result<()> {
    Ok(system::futimens(file, &timestamps(times))?)
}

pub(crate) fn set_size(file: BorrowedFd<'_>, size_bytes: u64) -> Result<()> {
    i64::try_from(size_bytes).map_err(|_| Errno::FileTooBig)?;
    Ok(rustix::fs::ftruncate(file, size_bytes)?)
}

pub(crate) fn allocate(file: BorrowedFd<'_>, offset: u64, length: u64) -> Result<()> {
    if i64::try_from(offset).is_err() || i64::try_from(length).is_err() {
        return Err(Errno::Invalid);
    }
    system::allocate(file, offset, length)
}

pub(crate) fn advise(file: BorrowedFd<'_>, offset: u64, length: u64, advice: Advice) -> Result<()> {
    if i64::try_from(offset).is_err() || i64::try_from(length).is_err() {
        return Err(Errno::Invalid);
    }
    system::advise(file, offset, NonZeroU64::new(length), advice)
}

pub(crate) fn synchronize(file: BorrowedFd<'_>) -> Result<()> {
    Ok(system::fsync(file)?)
}

pub(crate) fn synchronize_data(file: BorrowedFd<'_>) -> Result<()> {
    Ok(system::fdatasync(file)?)
}

/// Moves the file's position, and says where it is then.
pub(crate) fn seek(file: BorrowedFd<'_>, offset: i64, whence: Whence) -> Result<u64> {
    let target = match whence {
        Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Invalid)?),
        Whence::Current => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    Ok(rustix::fs::seek(file, target)?)
}

/// The flags that can change while a file is open.
pub(crate) fn status_flags(file: BorrowedFd<'_>) -> Result<StatusFlags> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    Ok(StatusFlags {
        append: flags.contains(OFlags::APPEND),
        nonblock: flags.contains(OFlags::NONBLOCK),
        ..StatusFlags::default()
    })
}

/// Sets the flags that can change while a file is open.
pub(crate) fn set_status_flags(file: BorrowedFd<'_>, wanted: StatusFlags) -> Result<()> {
    let mut flags = rustix::fs::fcntl_getfl(file)?;
    flags.set(OFlags::APPEND, wanted.append);
    flags.set(OFlags::NONBLOCK, wanted.nonblock);
    Ok(rustix::fs::fcntl_setfl(file, flags)?)
}
