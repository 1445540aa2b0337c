//! The private temporary directory on Windows. It is open to whom the user's own folder for temporary files
//! is.
//!
//! Sandbox-critical: what is removed was named by the program. Nothing is allocated and no link followed.

use super::disk;
use super::error::check;
use super::link;
use super::name::Name;
use super::native;
use super::object::{Borrowed, Kind, Owned};
use super::path::open_to_remove;
use crate::errno::Result;
use core::ffi::CStr;
use core::mem::offset_of;
use core::ops::ControlFlow;
use core::ptr;
use windows_sys::Wdk::Storage::FileSystem as nt;
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_TRAVERSE,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

/// Makes a directory and opens it.
pub(crate) fn create_private_directory(parent: Borrowed<'_>, name: &CStr) -> Result<Owned> {
    let access = FILE_READ_ATTRIBUTES | FILE_READ_DATA | FILE_TRAVERSE;
    let how = nt::FILE_DIRECTORY_FILE;
    disk::open(parent, &Name::new(name)?, access, nt::FILE_CREATE, how)
}

/// The name of an entry as the system gives it.
pub(in crate::host) type EntryName = [u16];

/// Removes a file, or a directory that is empty. Says whether it did.
pub(in crate::host) fn remove(directory: Borrowed<'_>, name: &[u16]) -> bool {
    open_entry(directory, name, DELETE | FILE_READ_ATTRIBUTES, 0)
        .is_some_and(|file| disk::remove(&file).is_ok())
}

/// Removes the temporary directory itself, once it is empty.
pub(in crate::host) fn remove_itself(parent: Borrowed<'_>, name: &CStr) {
    let itself = Name::new(name).and_then(|name| open_to_remove(parent, &name));
    let _ = itself.and_then(|itself| disk::remove(&itself));
}

/// Opens a directory to go through what is in it. A link is opened itself, and is none.
pub(in crate::host) fn open(directory: Borrowed<'_>, name: &[u16]) -> Option<Owned> {
    let access = FILE_READ_ATTRIBUTES | FILE_READ_DATA | FILE_TRAVERSE;
    open_entry(directory, name, access, nt::FILE_DIRECTORY_FILE).filter(|directory| {
        disk::look(directory).is_ok_and(|look| look.found == disk::Found::Directory)
    })
}

/// Gives an entry a new name in another directory. Says whether it did.
pub(in crate::host) fn rename(
    directory: Borrowed<'_>,
    name: &[u16],
    to: Borrowed<'_>,
    new_name: &CStr,
) -> bool {
    let Ok(new_name) = Name::new(new_name) else { return false };
    open_entry(directory, name, DELETE | FILE_READ_ATTRIBUTES, 0)
        .is_some_and(|file| link::move_to(&file, to, &new_name).is_ok())
}

/// Opens an entry by the name that the system gave.
fn open_entry(
    directory: Borrowed<'_>,
    name: &[u16],
    access: u32,
    how: nt::NTCREATEFILE_CREATE_OPTIONS,
) -> Option<Owned> {
    let how = how | nt::FILE_OPEN_REPARSE_POINT;
    // SAFETY: the directory's handle is open; the handle that comes back is nobody else's.
    unsafe {
        let handle = native::open(directory.handle(), name, access, nt::FILE_OPEN, how).ok()?;
        Some(Owned::new(handle, Kind::Disk))
    }
}

/// More than any entry takes.
const BUFFER_BYTES: usize = 4096;

#[repr(C, align(8))]
struct Buffer([u8; BUFFER_BYTES]);

/// Calls `found` with each name in a directory until it breaks, but for `.` and `..`. It is read by a handle of
/// its own: what a handle listed once, it may list again although it is gone.
pub(in crate::host) fn each_name(
    directory: Borrowed<'_>,
    mut found: impl FnMut(&[u16]) -> ControlFlow<()>,
) {
    let how = nt::FILE_DIRECTORY_FILE | nt::FILE_OPEN_REPARSE_POINT;
    let Ok(listed) = disk::reopen(directory, FILE_READ_DATA, how) else { return };
    let mut buffer = Buffer([0; BUFFER_BYTES]);
    loop {
        let mut status = IO_STATUS_BLOCK::default();
        // SAFETY: the handle is open, and the buffer has the size that is passed.
        let answer = check(unsafe {
            nt::NtQueryDirectoryFile(
                listed.handle(),
                ptr::null_mut(),
                None,
                ptr::null(),
                &raw mut status,
                (&raw mut buffer).cast(),
                BUFFER_BYTES as u32,
                nt::FileNamesInformation,
                false,
                ptr::null(),
                false,
            )
        });
        if answer.is_err() || status.Information == 0 {
            return;
        }
        let mut rest = buffer.0.get(..status.Information).unwrap_or_default();
        while let Some((distance, name)) = entry(rest) {
            let is_itself = name.iter().all(|&unit| unit == u16::from(b'.')) && name.len() < 3;
            if !is_itself && found(name).is_break() {
                return;
            }
            if distance == 0 {
                break;
            }
            rest = rest.get(distance..).unwrap_or_default();
        }
    }
}

/// The first entry: how far it is to the next, and its name.
fn entry(entries: &[u8]) -> Option<(usize, &[u16])> {
    let word =
        |offset: usize| Some(u32::from_ne_bytes(*entries.get(offset..)?.first_chunk()?) as usize);
    let name_bytes = word(offset_of!(nt::FILE_NAMES_INFORMATION, FileNameLength))?;
    let name =
        entries.get(offset_of!(nt::FILE_NAMES_INFORMATION, FileName)..)?.get(..name_bytes)?;
    // SAFETY: every pair of bytes is a unit; what is not aligned is left out, and there is nothing: the
    // buffer and the system's structure are.
    let (_, name, _) = unsafe { name.align_to::<u16>() };
    Some((word(offset_of!(nt::FILE_NAMES_INFORMATION, NextEntryOffset))?, name))
}
