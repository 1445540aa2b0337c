//! Files and directories on disks: opened by a name in a directory, looked at, removed. Also the
//! directory that no disk has, of all drives: there a name is a drive's letter.
//!
//! Sandbox-critical. Invariant: the system is never asked to follow a link; what is opened is looked at
//! before it is used.

use super::error::{Status, check};
use super::name::Name;
use super::object::{Borrowed, Kind, Owned};
use super::{native, reparse};
use crate::errno::{Errno, Result};
use core::ptr;
use windows_sys::Wdk::Storage::FileSystem as nt;
use windows_sys::Win32::Foundation::{
    HANDLE, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_PARAMETER,
    STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ACCESS_RIGHTS, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT,
};
use windows_sys::Win32::System::SystemServices::{
    IO_REPARSE_TAG_MOUNT_POINT, IO_REPARSE_TAG_SYMLINK,
};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Directory,
    File,
    /// A symbolic link, or a place where something is mounted, which the system stores alike.
    Link,
    /// Something else that stands for another file, in a way that is not known here.
    Unknown,
}

/// What is found, and whether the system keeps its contents in a special way.
pub(super) struct Look {
    pub(super) found: Found,
    pub(super) is_special: bool,
}

impl Look {
    /// By the attributes and the tag of a file.
    pub(super) fn new(attributes: u32, tag: u32) -> Self {
        /// Tags with this bit stand for another file (`IsReparseTagNameSurrogate`).
        const NAME_SURROGATE: u32 = 1 << 29;
        let is_directory = attributes & FILE_ATTRIBUTE_DIRECTORY != 0;
        let itself = if is_directory { Found::Directory } else { Found::File };
        if attributes & FILE_ATTRIBUTE_REPARSE_POINT == 0 {
            return Self { found: itself, is_special: false };
        }
        let found = match tag {
            IO_REPARSE_TAG_SYMLINK | IO_REPARSE_TAG_MOUNT_POINT => Found::Link,
            tag if tag & NAME_SURROGATE != 0 => Found::Unknown,
            _ => itself,
        };
        Self { found, is_special: true }
    }
}

/// Looks at an open file.
pub(super) fn look(file: Borrowed<'_>) -> Result<Look> {
    if file.kind == Kind::Drives {
        return Ok(Look { found: Found::Directory, is_special: false });
    }
    let (attributes, tag) = reparse::attributes(file)?;
    Ok(Look::new(attributes, tag))
}

/// Opens a name in a directory without following it.
pub(super) fn open(
    directory: Borrowed<'_>,
    name: &Name,
    access: FILE_ACCESS_RIGHTS,
    disposition: nt::NTCREATEFILE_CREATE_DISPOSITION,
    options: nt::NTCREATEFILE_CREATE_OPTIONS,
) -> Result<Owned> {
    if directory.kind == Kind::Drives {
        return open_drive(name, access, disposition, options);
    }
    if directory.kind != Kind::Disk {
        return Err(Errno::NotDirectory);
    }
    let options = options | nt::FILE_OPEN_REPARSE_POINT;
    // SAFETY: the directory's handle is open.
    let handle =
        unsafe { native::open(directory.handle(), name.units(), access, disposition, options)? };
    // SAFETY: it is nobody else's.
    Ok(unsafe { Owned::new(handle, Kind::Disk) })
}

/// Opens a name in the directory of all drives.
fn open_drive(
    name: &Name,
    access: FILE_ACCESS_RIGHTS,
    disposition: nt::NTCREATEFILE_CREATE_DISPOSITION,
    options: nt::NTCREATEFILE_CREATE_OPTIONS,
) -> Result<Owned> {
    if name.is_itself() {
        let only_opens = disposition == nt::FILE_OPEN && options & nt::FILE_NON_DIRECTORY_FILE == 0;
        return if only_opens { Ok(drives()) } else { Err(Errno::IsDirectory) };
    }
    let letter = match *name.units() {
        [unit] => u8::try_from(unit).ok().filter(u8::is_ascii_alphabetic),
        _ => None,
    };
    let Some(letter) = letter else {
        // There is nothing else, and nothing can be made.
        let only_opens = disposition == nt::FILE_OPEN;
        return Err(if only_opens { Errno::NoEntry } else { Errno::Access });
    };
    let path = [b'\\', b'?', b'?', b'\\', letter, b':', b'\\'].map(u16::from);
    // SAFETY: the name begins with `\`.
    let handle = unsafe { native::open(ptr::null_mut(), &path, access, disposition, options)? };
    // SAFETY: it is nobody else's.
    Ok(unsafe { Owned::new(handle, Kind::Disk) })
}

/// The directory of all drives.
pub(super) fn drives() -> Owned {
    // SAFETY: it has no handle.
    unsafe { Owned::new(ptr::null_mut(), Kind::Drives) }
}

/// Opens what a file's handle is of once more, with other rights.
pub(super) fn reopen(
    file: Borrowed<'_>,
    access: FILE_ACCESS_RIGHTS,
    options: nt::NTCREATEFILE_CREATE_OPTIONS,
) -> Result<Owned> {
    let handle = handle(file)?;
    // SAFETY: the handle is open.
    let handle = unsafe { native::open(handle, &[], access, nt::FILE_OPEN, options)? };
    // SAFETY: it is nobody else's.
    Ok(unsafe { Owned::new(handle, Kind::Disk) })
}

/// The handle of a file on a disk.
pub(super) fn handle(file: Borrowed<'_>) -> Result<HANDLE> {
    if file.is_disk() { Ok(file.handle()) } else { Err(Errno::NotPermitted) }
}

/// Whether a file system does not know a newer form of a call, so that the older one has to do.
pub(super) fn is_unknown(status: Status) -> bool {
    matches!(
        status.0,
        STATUS_INVALID_INFO_CLASS
            | STATUS_INVALID_PARAMETER
            | STATUS_INVALID_DEVICE_REQUEST
            | STATUS_NOT_IMPLEMENTED
            | STATUS_NOT_SUPPORTED
    )
}

/// Removes a file that is open with the right to do so: its name is gone at once, or where the file
/// system cannot do that, when everybody has closed it.
pub(super) fn remove(file: Borrowed<'_>) -> Result<()> {
    let handle = handle(file)?;
    let flags = nt::FILE_DISPOSITION_DELETE
        | nt::FILE_DISPOSITION_POSIX_SEMANTICS
        | nt::FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    let now = nt::FILE_DISPOSITION_INFORMATION_EX { Flags: flags };
    let later = nt::FILE_DISPOSITION_INFORMATION { DeleteFile: true };
    // SAFETY: the handle is open, and the structures are those of the classes.
    let removed = unsafe {
        match native::set(handle, nt::FileDispositionInformationEx, &now) {
            Err(status) if is_unknown(status) => {
                native::set(handle, nt::FileDispositionInformation, &later)
            }
            result => result,
        }
    };
    removed.map_err(Errno::from)
}

/// Makes the file as long as given.
pub(super) fn set_length(file: Borrowed<'_>, bytes: i64) -> Result<()> {
    let end =
        windows_sys::Wdk::System::SystemServices::FILE_END_OF_FILE_INFORMATION { EndOfFile: bytes };
    // SAFETY: the handle is open, and the structure that of the class.
    unsafe { native::set(handle(file)?, nt::FileEndOfFileInformation, &end) }.map_err(Errno::from)
}

/// Writes what the system still holds.
pub(super) fn flush(file: Borrowed<'_>) -> core::result::Result<(), Status> {
    let mut status = windows_sys::Win32::System::IO::IO_STATUS_BLOCK::default();
    // SAFETY: the handle is open.
    check(unsafe { nt::NtFlushBuffersFile(file.handle(), &raw mut status) })
}
