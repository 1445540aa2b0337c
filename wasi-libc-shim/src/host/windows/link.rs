//! Renaming, and making and reading links.
//!
//! Sandbox-critical. Like all calls on names these follow no link.

use super::disk::{self, Found};
use super::name::Name;
use super::object::{Borrowed, Kind, Owned};
use super::{native, path, reparse};
use crate::errno::{Errno, Result};
use core::ffi::CStr;
use windows_sys::Wdk::Storage::FileSystem as nt;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES,
};

/// `FILE_RENAME_INFORMATION` and `FILE_LINK_INFORMATION`, with room for the longest name.
#[repr(C)]
struct NewName {
    flags: u32,
    directory: HANDLE,
    name_bytes: u32,
    name: [u16; 256],
}

impl NewName {
    fn new(directory: Borrowed<'_>, name: &Name, flags: u32) -> Result<Self> {
        let mut units = [0; 256];
        for (place, &unit) in units.iter_mut().zip(name.units()) {
            *place = unit;
        }
        let name_bytes = size_of_val(name.units()) as u32;
        // Drives are not the program's to make.
        if directory.kind == Kind::Drives {
            return Err(Errno::Access);
        }
        Ok(Self { flags, directory: disk::handle(directory)?, name_bytes, name: units })
    }
}

/// What is at a name, if anything.
fn found(directory: Borrowed<'_>, name: &Name) -> Result<Option<Found>> {
    match path::open_to_look(directory, name) {
        Ok(file) => Ok(Some(disk::look(&file)?.found)),
        Err(Errno::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Renames, and replaces what has the new name as POSIX does: a file by a file, an empty directory by a
/// directory.
pub(crate) fn rename(
    old_directory: Borrowed<'_>,
    old_name: &CStr,
    new_directory: Borrowed<'_>,
    new_name: &CStr,
) -> Result<()> {
    let (old_name, new_name) = (Name::new(old_name)?, Name::new(new_name)?);
    if old_name.is_itself() || new_name.is_itself() {
        return Err(Errno::Busy);
    }
    let file = path::open_to_remove(old_directory, &old_name)?;
    let is_directory = disk::look(&file)?.found == Found::Directory;
    let replaced = found(new_directory, &new_name)?;
    match replaced {
        Some(Found::Directory) if !is_directory => return Err(Errno::IsDirectory),
        Some(other) if is_directory && other != Found::Directory => {
            return Err(Errno::NotDirectory);
        }
        _ => {}
    }
    let handle = disk::handle(&file)?;
    let flags = nt::FILE_RENAME_REPLACE_IF_EXISTS
        | nt::FILE_RENAME_POSIX_SEMANTICS
        | nt::FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
    let new = NewName::new(new_directory, &new_name, flags)?;
    // SAFETY: both handles are open, and the structure is that of the class.
    match unsafe { native::set(handle, nt::FileRenameInformationEx, &new) } {
        Err(status) if disk::is_unknown(status) => {}
        result => return result.map_err(Errno::from),
    }
    // The older form replaces no directory.
    if replaced == Some(Found::Directory) {
        let former = path::open_to_remove(new_directory, &new_name)?;
        if !is_same(&file, &former)? {
            disk::remove(&former)?;
        }
    }
    let new = NewName { flags: nt::FILE_RENAME_REPLACE_IF_EXISTS, ..new };
    // SAFETY: as above.
    unsafe { native::set(handle, nt::FileRenameInformation, &new) }.map_err(Errno::from)
}

/// Moves a file that is open with the right to remove it to a name that nothing has.
pub(super) fn move_to(file: Borrowed<'_>, directory: Borrowed<'_>, name: &Name) -> Result<()> {
    let new = NewName::new(directory, name, 0)?;
    // SAFETY: both handles are open, and the structure is that of the class.
    unsafe { native::set(disk::handle(file)?, nt::FileRenameInformation, &new) }
        .map_err(Errno::from)
}

/// Whether both are one file.
fn is_same(one: Borrowed<'_>, other: Borrowed<'_>) -> Result<bool> {
    Ok(super::file::identity(one)? == super::file::identity(other)?)
}

pub(crate) fn hard_link(
    old_directory: Borrowed<'_>,
    old_name: &CStr,
    new_directory: Borrowed<'_>,
    new_name: &CStr,
) -> Result<()> {
    let (old_name, new_name) = (Name::new(old_name)?, Name::new(new_name)?);
    let access = FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES;
    let file = disk::open(old_directory, &old_name, access, nt::FILE_OPEN, 0)?;
    if disk::look(&file)?.found == Found::Directory {
        return Err(Errno::NotPermitted);
    }
    if new_name.is_itself() {
        return Err(Errno::Exists);
    }
    let new = NewName::new(new_directory, &new_name, 0)?;
    // SAFETY: both handles are open, and the structure is that of the class.
    unsafe { native::set(disk::handle(&file)?, nt::FileLinkInformation, &new) }.map_err(Errno::from)
}

/// Makes a symbolic link. The system wants to know whether it will lead to a directory: where that
/// cannot be told from within the directory, it will be a file, which means nothing to programs that
/// go by the target as these do.
pub(crate) fn create_symbolic_link(
    target: &CStr,
    directory: Borrowed<'_>,
    name: &CStr,
) -> Result<()> {
    let name = Name::new(name)?;
    if name.is_itself() {
        return Err(Errno::Exists);
    }
    let target = target.to_str().map_err(|_| Errno::IllegalSequence)?;
    let how = if leads_to_directory(directory, target) {
        nt::FILE_DIRECTORY_FILE
    } else {
        nt::FILE_NON_DIRECTORY_FILE
    };
    let access = DELETE | FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES;
    let file: Owned = disk::open(directory, &name, access, nt::FILE_CREATE, how)?;
    reparse::make_link(&file, target).inspect_err(|_| {
        // What was made for it must not stay.
        let _ = disk::remove(&file);
    })
}

/// Whether a target that stays beneath the link's directory is a directory now.
fn leads_to_directory(directory: Borrowed<'_>, target: &str) -> bool {
    if !reparse::links_directories() || target.ends_with('/') {
        return reparse::links_directories();
    }
    let path = [target.as_bytes(), b"\0"].concat();
    CStr::from_bytes_with_nul(&path)
        .is_ok_and(|path| crate::host::walk::walk_by_hand(directory, path, false).is_ok())
}

/// Reads a symbolic link into `buffer` as far as it fits, and says how many bytes that are.
pub(crate) fn read_link(directory: Borrowed<'_>, name: &CStr, buffer: &mut [u8]) -> Result<usize> {
    let link = path::open_to_look(directory, &Name::new(name)?)?;
    if disk::look(&link)?.found != Found::Link {
        return Err(Errno::Invalid);
    }
    let target = reparse::target(&link)?;
    let length = target.len().min(buffer.len());
    for (place, &byte) in buffer.iter_mut().zip(&target) {
        *place = byte;
    }
    Ok(length)
}
