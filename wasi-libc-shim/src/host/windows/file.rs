//! Calls on open files: status, size, times, position, flags.

use super::disk::{self, Found};
use super::error::{Status, check, last_error};
use super::object::{Borrowed, Kind};
use super::{native, reparse, socket, time};
use crate::errno::{Errno, Result};
use crate::file_type::{FileStatus, FileType, SetTime};
use crate::host::{Advice, SetTimes, StatusFlags, Whence};
use core::mem::MaybeUninit;
use windows_sys::Wdk::Storage::FileSystem as nt;
use windows_sys::Wdk::System::SystemServices::FILE_FS_VOLUME_INFORMATION;
use windows_sys::Win32::Foundation::{STATUS_ACCESS_DENIED, STATUS_BUFFER_OVERFLOW};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_BEGIN, FILE_CURRENT, FILE_END, FILE_WRITE_ATTRIBUTES, SetFilePointerEx,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

/// The status of an open file. A file's device is the number of its volume, its inode the number that
/// the file system gives it.
pub(crate) fn file_status(file: Borrowed<'_>) -> Result<FileStatus> {
    let file_type = match file.kind {
        Kind::Disk => return disk_status(file),
        Kind::Drives => FileType::Directory,
        Kind::Console | Kind::Device => FileType::CharacterDevice,
        Kind::Pipe => FileType::Unknown,
        Kind::Socket => socket::file_type(file),
    };
    Ok(FileStatus {
        device: 0,
        inode: 0,
        file_type,
        is_private: false,
        links: 1,
        size_bytes: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
    })
}

fn disk_status(file: Borrowed<'_>) -> Result<FileStatus> {
    // SAFETY: the handle is open, and the structure that of the class.
    let all: nt::FILE_ALL_INFORMATION =
        unsafe { native::query(file.handle(), nt::FileAllInformation)? };
    let found = disk::look(file)?.found;
    let (basic, standard) = (&all.BasicInformation, &all.StandardInformation);
    let size_bytes = match found {
        Found::Link => reparse::target(file)?.len() as u64,
        _ => standard.EndOfFile.cast_unsigned(),
    };
    Ok(FileStatus {
        device: volume(file)?.into(),
        inode: all.InternalInformation.IndexNumber.cast_unsigned(),
        file_type: file_type(found),
        is_private: false,
        links: standard.NumberOfLinks.into(),
        size_bytes,
        accessed: time::nanoseconds(basic.LastAccessTime),
        modified: time::nanoseconds(basic.LastWriteTime),
        changed: time::nanoseconds(basic.ChangeTime),
    })
}

pub(super) fn file_type(found: Found) -> FileType {
    match found {
        Found::Directory => FileType::Directory,
        Found::File => FileType::RegularFile,
        Found::Link => FileType::SymbolicLink,
        Found::Unknown => FileType::Unknown,
    }
}

/// The number of the volume that a file is on.
fn volume(file: Borrowed<'_>) -> Result<u32> {
    let mut volume = MaybeUninit::<FILE_FS_VOLUME_INFORMATION>::zeroed();
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the handle is open, and the buffer has the size that is passed; zeros are a value of the
    // structure. The volume's name, which follows, may not fit.
    unsafe {
        let (pointer, size) =
            (volume.as_mut_ptr().cast(), size_of::<FILE_FS_VOLUME_INFORMATION>() as u32);
        match nt::NtQueryVolumeInformationFile(
            file.handle(),
            &raw mut status,
            pointer,
            size,
            nt::FileFsVolumeInformation,
        ) {
            STATUS_BUFFER_OVERFLOW => {}
            answer => check(answer)?,
        }
        Ok(volume.assume_init().VolumeSerialNumber)
    }
}

/// What is different for any two files.
pub(super) fn identity(file: Borrowed<'_>) -> Result<(u32, i64)> {
    // SAFETY: the handle is open, and the structure that of the class.
    let internal: nt::FILE_INTERNAL_INFORMATION =
        unsafe { native::query(disk::handle(file)?, nt::FileInternalInformation)? };
    Ok((volume(file)?, internal.IndexNumber))
}

/// Sets times through a handle that may do so.
pub(super) fn set_times(file: Borrowed<'_>, times: SetTimes) -> Result<()> {
    // Zero leaves a time as it is.
    let one = |time| match time {
        SetTime::Keep => 0,
        SetTime::Now => time::now(),
        SetTime::To(nanoseconds) => time::from_nanoseconds(nanoseconds),
    };
    let basic = nt::FILE_BASIC_INFORMATION {
        LastAccessTime: one(times.accessed),
        LastWriteTime: one(times.modified),
        ..Default::default()
    };
    // SAFETY: the handle is open, and the structure that of the class.
    unsafe { native::set(disk::handle(file)?, nt::FileBasicInformation, &basic) }
        .map_err(Errno::from)
}

pub(crate) fn set_file_times(file: Borrowed<'_>, times: SetTimes) -> Result<()> {
    // The handle itself need not have the right.
    let options = nt::FILE_OPEN_REPARSE_POINT;
    set_times(&disk::reopen(file, FILE_WRITE_ATTRIBUTES, options)?, times)
}

pub(crate) fn set_size(file: Borrowed<'_>, size_bytes: u64) -> Result<()> {
    let size = i64::try_from(size_bytes).map_err(|_| Errno::FileTooBig)?;
    if !file.is_disk() {
        return Err(Errno::Invalid);
    }
    disk::set_length(file, size)
}

/// Makes the file long enough: what it gains is taken from the disk at once.
pub(crate) fn allocate(file: Borrowed<'_>, offset: u64, length: u64) -> Result<()> {
    let end = i64::try_from(offset).ok().zip(i64::try_from(length).ok());
    let (offset, length) = end.filter(|&(_, length)| length > 0).ok_or(Errno::Invalid)?;
    let end = offset.checked_add(length).ok_or(Errno::FileTooBig)?;
    if !file.is_disk() {
        return Err(Errno::NoDevice);
    }
    // SAFETY: the handle is open, and the structure that of the class.
    let standard: nt::FILE_STANDARD_INFORMATION =
        unsafe { native::query(file.handle(), nt::FileStandardInformation)? };
    if end > standard.EndOfFile { disk::set_length(file, end) } else { Ok(()) }
}

/// The system takes no advice on an open file.
pub(crate) fn advise(file: Borrowed<'_>, offset: u64, length: u64, _: Advice) -> Result<()> {
    if i64::try_from(offset).is_err() || i64::try_from(length).is_err() {
        return Err(Errno::Invalid);
    }
    if file.is_disk() { Ok(()) } else { Err(Errno::NotSeekable) }
}

pub(crate) fn synchronize(file: Borrowed<'_>) -> Result<()> {
    match file.kind {
        Kind::Disk => match disk::flush(file) {
            // A file that was opened for reading, or a directory: nothing of the program's is held.
            Err(Status(STATUS_ACCESS_DENIED)) => Ok(()),
            result => result.map_err(Errno::from),
        },
        Kind::Drives => Ok(()),
        _ => Err(Errno::Invalid),
    }
}

pub(crate) fn synchronize_data(file: Borrowed<'_>) -> Result<()> {
    synchronize(file)
}

/// Moves the file's position, and says where it is then.
pub(crate) fn seek(file: Borrowed<'_>, offset: i64, whence: Whence) -> Result<u64> {
    if !file.is_disk() {
        return Err(Errno::NotSeekable);
    }
    let from = match whence {
        Whence::Start => FILE_BEGIN,
        Whence::Current => FILE_CURRENT,
        Whence::End => FILE_END,
    };
    let mut position = 0;
    // SAFETY: the handle is open, and the address valid for writes.
    if unsafe { SetFilePointerEx(file.handle(), offset, &raw mut position, from) } == 0 {
        return Err(last_error());
    }
    Ok(position.cast_unsigned())
}

/// The flags that can change while a file is open.
pub(crate) fn status_flags(file: Borrowed<'_>) -> Result<StatusFlags> {
    Ok(StatusFlags {
        append: file.append.get(),
        nonblock: file.nonblock.get(),
        ..StatusFlags::default()
    })
}

/// Sets the flags that can change while a file is open.
pub(crate) fn set_status_flags(file: Borrowed<'_>, wanted: StatusFlags) -> Result<()> {
    if file.kind == Kind::Socket {
        socket::set_nonblock(file, wanted.nonblock)?;
    }
    file.append.set(wanted.append);
    file.nonblock.set(wanted.nonblock);
    Ok(())
}
