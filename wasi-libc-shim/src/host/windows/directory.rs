//! Reading a directory's entries.
//!
//! The system has no positions in a directory that keep their meaning: all entries are read when
//! reading begins, and are kept.

use super::disk::{self, Look};
use super::error::{Status, check};
use super::file::{file_status, file_type};
use super::object::{Borrowed, Kind};
use super::reparse;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use core::mem::offset_of;
use core::ops::ControlFlow;
use core::ptr;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_DIRECTORY_FILE, FILE_ID_FULL_DIR_INFORMATION, FILE_OPEN_REPARSE_POINT,
    FileIdFullDirectoryInformation, NtQueryDirectoryFile,
};
use windows_sys::Win32::Foundation::{STATUS_NO_MORE_FILES, STATUS_NO_SUCH_FILE};
use windows_sys::Win32::Storage::FileSystem::{FILE_READ_DATA, GetLogicalDrives};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

/// One read of the system's list fills at most so much: more than any entry.
const BUFFER_BYTES: usize = 16 << 10;

/// An entry.
struct Entry {
    inode: u64,
    file_type: FileType,
    /// UTF-8; a lone surrogate of the system's name is U+FFFD, so that it cannot be opened by it.
    name: Box<[u8]>,
}

/// The entries as they were when the program began to read.
#[derive(Default)]
pub(crate) struct Listing(Vec<Entry>);

impl Listing {
    /// Calls `entry` with the directory's entries behind the first `cookie` ones until it breaks or
    /// there are no more: (inode, type, name, cookie behind this entry). Cookie 0 reads anew.
    pub(crate) fn read(
        &mut self,
        directory: Borrowed<'_>,
        cookie: u64,
        mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
    ) -> Result<()> {
        if cookie == 0 || self.0.is_empty() {
            self.0 = match directory.kind {
                Kind::Drives => drives(),
                _ => all(directory)?,
            };
        }
        let seen = usize::try_from(cookie).unwrap_or(usize::MAX);
        for (index, next) in self.0.iter().enumerate().skip(seen) {
            if entry(next.inode, next.file_type, &next.name, index as u64 + 1).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The two entries that a program expects first, whether or not the file system has them.
fn beginning(inode: u64) -> Vec<Entry> {
    let one = |name: &[u8]| Entry { inode, file_type: FileType::Directory, name: name.into() };
    vec![one(b"."), one(b"..")]
}

fn drives() -> Vec<Entry> {
    let mut entries = beginning(0);
    // SAFETY: the call has no preconditions.
    let present = unsafe { GetLogicalDrives() };
    for (bit, letter) in (b'a'..=b'z').enumerate() {
        if present & 1 << bit != 0 {
            let name = [letter].into();
            entries.push(Entry { inode: 0, file_type: FileType::Directory, name });
        }
    }
    entries
}

/// What one read gives, aligned as the system's structures are.
#[repr(C, align(8))]
struct Buffer([u8; BUFFER_BYTES]);

fn all(directory: Borrowed<'_>) -> Result<Vec<Entry>> {
    let mut entries = beginning(file_status(directory)?.inode);
    // The directory may have been opened to use its names only; and a handle of its own has a position
    // of its own.
    let listed = if disk::look(directory)?.is_special {
        reparse::open_contents(directory, FILE_READ_DATA, FILE_DIRECTORY_FILE)?
    } else {
        let how = FILE_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT;
        disk::reopen(directory, FILE_READ_DATA, how)?
    };
    let mut buffer = Box::new(Buffer([0; BUFFER_BYTES]));
    loop {
        let mut status = IO_STATUS_BLOCK::default();
        // SAFETY: the handle is open, and the buffer has the size that is passed.
        let answer = check(unsafe {
            NtQueryDirectoryFile(
                listed.handle(),
                ptr::null_mut(),
                None,
                ptr::null(),
                &raw mut status,
                (&raw mut *buffer).cast(),
                BUFFER_BYTES as u32,
                FileIdFullDirectoryInformation,
                false,
                ptr::null(),
                false,
            )
        });
        match answer {
            Err(Status(STATUS_NO_MORE_FILES | STATUS_NO_SUCH_FILE)) => return Ok(entries),
            result => result?,
        }
        let filled = buffer.0.get(..status.Information).ok_or(Errno::Io)?;
        collect(filled, &mut entries);
    }
}

/// Takes the entries out of what one read has filled.
fn collect(filled: &[u8], entries: &mut Vec<Entry>) {
    let mut start = 0;
    while let Some(rest) = filled.get(start..) {
        let u32_at = |offset: usize| {
            let bytes = rest.get(offset..offset + 4)?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        };
        let entry = || -> Option<Entry> {
            let name_start = offset_of!(FILE_ID_FULL_DIR_INFORMATION, FileName);
            let name_bytes = u32_at(offset_of!(FILE_ID_FULL_DIR_INFORMATION, FileNameLength))?;
            let name = rest.get(name_start..name_start + name_bytes as usize)?;
            let units: Vec<u16> =
                name.as_chunks::<2>().0.iter().map(|unit| u16::from_ne_bytes(*unit)).collect();
            let inode = offset_of!(FILE_ID_FULL_DIR_INFORMATION, FileId);
            let inode = u64::from_ne_bytes(rest.get(inode..inode + 8)?.try_into().ok()?);
            let attributes = u32_at(offset_of!(FILE_ID_FULL_DIR_INFORMATION, FileAttributes))?;
            // Of a reparse point it is the tag.
            let tag = u32_at(offset_of!(FILE_ID_FULL_DIR_INFORMATION, EaSize))?;
            Some(Entry {
                inode,
                file_type: file_type(Look::new(attributes, tag).found),
                name: String::from_utf16_lossy(&units).into_bytes().into(),
            })
        };
        if let Some(entry) = entry()
            && !matches!(&*entry.name, b"." | b"..")
        {
            entries.push(entry);
        }
        match u32_at(offset_of!(FILE_ID_FULL_DIR_INFORMATION, NextEntryOffset)) {
            None | Some(0) => return,
            Some(distance) => start += distance as usize,
        }
    }
}
