//! Calls on names in directories, and the way from a directory to one beneath it.
//!
//! Sandbox-critical. Each call but `open_granted` and `open_beneath` takes a single name, and none
//! follows a symbolic link in it. A path is always walked by hand, a component at a time.

use super::disk::{self, Found};
use super::error::last_error;
use super::name::Name;
use super::object::{Borrowed, Kind, Owned};
use super::{file, reparse};
use crate::errno::{Errno, Result};
use crate::file_type::FileStatus;
use crate::host::walk::{Step, walk_by_hand};
use crate::host::{OpenOptions, SetTimes};
use core::ffi::CStr;
use core::ptr;
use windows_sys::Wdk::Storage::FileSystem as nt;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, GENERIC_READ, GetLastError, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, DELETE, FILE_APPEND_DATA, FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_ATTRIBUTES,
    FILE_READ_DATA, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES,
    FILE_WRITE_DATA, OPEN_EXISTING,
};

/// Opens a granted directory by the host's own path: the only call that may follow any link. `/` is
/// the directory of all drives.
pub(crate) fn open_granted(path: &CStr) -> Result<Owned> {
    let text = path.to_str().map_err(|_| Errno::IllegalSequence)?;
    if text == "/" {
        return Ok(disk::drives());
    }
    let wide = super::place::wide(path)?;
    let open = |access| {
        // SAFETY: the path ends with a NUL.
        unsafe {
            CreateFileW(
                wide.as_ptr(),
                access,
                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                ptr::null(),
                OPEN_EXISTING,
                FILE_FLAG_BACKUP_SEMANTICS,
                ptr::null_mut(),
            )
        }
    };
    let mut handle = open(GENERIC_READ);
    // SAFETY: the call has no preconditions.
    if handle == INVALID_HANDLE_VALUE && unsafe { GetLastError() } == ERROR_ACCESS_DENIED {
        // A directory whose names may be used but not listed.
        handle = open(FILE_READ_ATTRIBUTES);
    }
    if handle == INVALID_HANDLE_VALUE {
        return Err(last_error());
    }
    // SAFETY: it is open and nobody else's.
    let file = unsafe { Owned::new(handle, super::object::kind_of(handle)) };
    if !file.is_disk() || disk::look(&file)?.found != Found::Directory {
        return Err(Errno::NotDirectory);
    }
    Ok(file)
}

/// Opens a file. The last component is not followed: a symbolic link there is `loop`, or `notdir` when
/// a directory is asked for.
pub(crate) fn open(directory: Borrowed<'_>, name: &CStr, options: OpenOptions) -> Result<Owned> {
    let name = Name::new(name)?;
    let mut access = FILE_READ_ATTRIBUTES;
    if options.read || !options.write {
        access |= FILE_READ_DATA;
    }
    if options.write {
        access |= FILE_WRITE_DATA | FILE_APPEND_DATA;
    }
    if options.truncate {
        access |= FILE_WRITE_DATA;
    }
    let disposition = match (options.create, options.exclusive) {
        (true, true) => nt::FILE_CREATE,
        (true, false) => nt::FILE_OPEN_IF,
        (false, _) => nt::FILE_OPEN,
    };
    let mut how = 0;
    if options.directory {
        how |= nt::FILE_DIRECTORY_FILE;
    } else if options.write || options.create || options.truncate {
        how |= nt::FILE_NON_DIRECTORY_FILE;
    }
    if options.status.data_synchronous || options.status.synchronous {
        how |= nt::FILE_WRITE_THROUGH;
    }
    let mut opened = disk::open(directory, &name, access, disposition, how)?;
    let look = disk::look(&opened)?;
    match look.found {
        Found::Link => return Err(Errno::Loop),
        Found::Unknown => return Err(Errno::Access),
        Found::File | Found::Directory => {}
    }
    if look.is_special {
        opened = reparse::open_contents(&opened, access, how)?;
    }
    // Not by the way of opening it, which would do away with a link.
    if options.truncate {
        disk::set_length(&opened, 0)?;
    }
    opened.append.set(options.status.append);
    opened.nonblock.set(options.status.nonblock);
    Ok(opened)
}

/// The system opens no path without following what it may: each name is opened by itself.
pub(crate) fn open_path(
    _: Borrowed<'_>,
    _: &CStr,
    _: OpenOptions,
    _: bool,
    _: bool,
) -> Option<Result<Owned>> {
    None
}

pub(crate) fn create_directory(directory: Borrowed<'_>, name: &CStr) -> Result<()> {
    let name = Name::new(name)?;
    if name.is_itself() {
        return Err(Errno::Exists);
    }
    let (access, how) = (FILE_READ_ATTRIBUTES, nt::FILE_DIRECTORY_FILE);
    disk::open(directory, &name, access, nt::FILE_CREATE, how).map(drop)
}

pub(crate) fn remove_directory(directory: Borrowed<'_>, name: &CStr) -> Result<()> {
    let name = Name::new(name)?;
    if name.is_itself() {
        return Err(Errno::Invalid);
    }
    let file = open_to_remove(directory, &name)?;
    match disk::look(&file)?.found {
        Found::Directory => disk::remove(&file),
        _ => Err(Errno::NotDirectory),
    }
}

pub(crate) fn unlink(directory: Borrowed<'_>, name: &CStr) -> Result<()> {
    let name = Name::new(name)?;
    if name.is_itself() {
        return Err(Errno::IsDirectory);
    }
    let file = open_to_remove(directory, &name)?;
    match disk::look(&file)?.found {
        Found::Directory => Err(Errno::IsDirectory),
        _ => disk::remove(&file),
    }
}

/// Opens an entry with the right to remove or rename it.
pub(super) fn open_to_remove(directory: Borrowed<'_>, name: &Name) -> Result<Owned> {
    // Drives are not the program's to remove.
    if directory.kind == Kind::Drives {
        return Err(Errno::Access);
    }
    disk::open(directory, name, DELETE | FILE_READ_ATTRIBUTES, nt::FILE_OPEN, 0)
}

/// Opens an entry to ask about it.
pub(super) fn open_to_look(directory: Borrowed<'_>, name: &Name) -> Result<Owned> {
    disk::open(directory, name, FILE_READ_ATTRIBUTES, nt::FILE_OPEN, 0)
}

pub(crate) fn entry_status(directory: Borrowed<'_>, name: &CStr) -> Result<FileStatus> {
    file::file_status(&open_to_look(directory, &Name::new(name)?)?)
}

pub(crate) fn set_entry_times(directory: Borrowed<'_>, name: &CStr, times: SetTimes) -> Result<()> {
    let name = Name::new(name)?;
    let file = disk::open(directory, &name, FILE_WRITE_ATTRIBUTES, nt::FILE_OPEN, 0)?;
    file::set_times(&file, times)
}

/// Opens the directory at `path` beneath `start`, following symbolic links as long as they stay there.
/// Where `start` is the directory of all drives (`host_root`), absolute links and `..` stay there too.
///
/// # Errors
/// [`Errno::NotPermitted`] when the path leads out.
pub(crate) fn open_beneath(start: Borrowed<'_>, path: &CStr, host_root: bool) -> Result<Owned> {
    walk_by_hand(start, path, host_root)
}

/// One step of the walk by hand.
pub(in crate::host) fn step(directory: Borrowed<'_>, name: &CStr) -> Result<Step> {
    let opened = open_to_look(directory, &Name::new(name)?)?;
    match disk::look(&opened)?.found {
        Found::Directory => Ok(Step::Directory(opened)),
        Found::Link => Ok(Step::Link(reparse::target(&opened)?)),
        Found::File => Err(Errno::NotDirectory),
        Found::Unknown => Err(Errno::Access),
    }
}

/// A walk that goes nowhere.
pub(in crate::host) fn open_itself(directory: Borrowed<'_>) -> Result<Owned> {
    open_to_look(directory, &Name::new(c".")?)
}

#[cfg(test)]
std::thread_local! {
    /// On systems whose kernel walks paths, has a test's walked by hand, as all are here.
    pub(crate) static BY_HAND: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}
