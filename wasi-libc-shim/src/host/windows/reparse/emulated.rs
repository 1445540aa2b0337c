//! Reparse points in tests: where Wine, which has none, runs these, a file that begins with a mark takes
//! the place of a symbolic link, so that all that is done with links is done.

#[allow(dead_code, reason = "some is for the system only")]
#[path = "system.rs"]
mod system;

use crate::errno::Result;
use crate::host::windows::disk;
use crate::host::windows::error::{Answer, Status};
use crate::host::windows::native;
use crate::host::windows::object::Borrowed;
use crate::host::windows::vector::{Transfer, Vectors, transfer};
use std::path::Path;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_OPEN_REPARSE_POINT, FILE_STANDARD_INFORMATION, FileStandardInformation,
};
use windows_sys::Win32::Foundation::STATUS_NOT_A_REPARSE_POINT;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_READ_DATA, FILE_WRITE_DATA,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::SystemServices::IO_REPARSE_TAG_SYMLINK;
use windows_sys::core::{s, w};

const MARK: &[u8] = b"a link, as the tests have it:";

/// Whether the system is Wine, which lacks more than reparse points.
pub(crate) fn is_wine() -> bool {
    // SAFETY: both names end with a NUL, and the library is always there.
    unsafe { GetProcAddress(GetModuleHandleW(w!("ntdll.dll")), s!("wine_get_version")).is_some() }
}

/// What follows the mark, if there is one.
fn marked(file: Borrowed<'_>) -> Option<Vec<u8>> {
    // Reading would change the time of access.
    // SAFETY: the handle is open, and the structure that of the class.
    #[allow(unsafe_code)]
    let standard: FILE_STANDARD_INFORMATION =
        unsafe { native::query(file.handle(), FileStandardInformation) }.ok()?;
    if standard.EndOfFile < MARK.len() as i64 {
        return None;
    }
    let opened = disk::reopen(file, FILE_READ_DATA, FILE_OPEN_REPARSE_POINT).ok()?;
    let mut bytes = vec![0; 17 << 10];
    let mut vectors = Vectors::with_count(1);
    vectors.set(0, bytes.as_mut_ptr(), bytes.len());
    let length = transfer(&opened, &vectors, Transfer::ReadAt(0)).ok()?;
    bytes.truncate(length as usize);
    bytes.strip_prefix(MARK).map(<[u8]>::to_vec)
}

pub(in crate::host::windows) fn attributes(file: Borrowed<'_>) -> Result<(u32, u32)> {
    let (attributes, tag) = system::attributes(file)?;
    if is_wine() && attributes & FILE_ATTRIBUTE_DIRECTORY == 0 && marked(file).is_some() {
        return Ok((attributes | FILE_ATTRIBUTE_REPARSE_POINT, IO_REPARSE_TAG_SYMLINK));
    }
    Ok((attributes, tag))
}

pub(super) fn read(file: Borrowed<'_>) -> Answer<Vec<u8>> {
    if is_wine() {
        return marked(file).ok_or(Status(STATUS_NOT_A_REPARSE_POINT));
    }
    system::read(file)
}

pub(super) fn write(file: Borrowed<'_>, data: &[u8]) -> Answer<()> {
    if !is_wine() {
        return system::write(file, data);
    }
    let opened = disk::reopen(file, FILE_WRITE_DATA, FILE_OPEN_REPARSE_POINT).unwrap();
    let mut bytes = [MARK, data].concat();
    let mut vectors = Vectors::with_count(1);
    vectors.set(0, bytes.as_mut_ptr(), bytes.len());
    assert_eq!(transfer(&opened, &vectors, Transfer::Write), Ok(bytes.len() as u32));
    Ok(())
}

pub(in crate::host::windows) fn links_directories() -> bool {
    !is_wine()
}

/// Makes a symbolic link behind the program's back, to any target.
pub(crate) fn write_link(target: &str, link: &Path) {
    if is_wine() {
        let data = super::data(target).unwrap_or_else(|_| super::data_elsewhere(target));
        assert!(!link.exists());
        std::fs::write(link, [MARK, &data].concat()).unwrap();
    } else if link.parent().unwrap().join(target).is_dir() {
        std::os::windows::fs::symlink_dir(target, link).unwrap();
    } else {
        std::os::windows::fs::symlink_file(target, link).unwrap();
    }
}

/// The type of a link in a list of a directory: lists do not tell by the mark.
pub(crate) fn listed_link_type() -> u8 {
    if is_wine() { 4 } else { 7 }
}
