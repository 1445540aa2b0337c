//! Reparse points as the system keeps them.

use crate::errno::Result;
use crate::host::windows::disk;
use crate::host::windows::error::{Answer, check};
use crate::host::windows::native;
use crate::host::windows::object::Borrowed;
use core::ptr;
use windows_sys::Wdk::Storage::FileSystem::{FileAttributeTagInformation, NtFsControlFile};
use windows_sys::Wdk::System::SystemServices::FILE_ATTRIBUTE_TAG_INFORMATION;
use windows_sys::Win32::Storage::FileSystem::MAXIMUM_REPARSE_DATA_BUFFER_SIZE;
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use windows_sys::Win32::System::Ioctl::{FSCTL_GET_REPARSE_POINT, FSCTL_SET_REPARSE_POINT};

/// The attributes of a file, and the tag of a reparse point.
pub(in crate::host::windows) fn attributes(file: Borrowed<'_>) -> Result<(u32, u32)> {
    // SAFETY: the handle is open, and the structure that of the class.
    let information: FILE_ATTRIBUTE_TAG_INFORMATION =
        unsafe { native::query(disk::handle(file)?, FileAttributeTagInformation)? };
    Ok((information.FileAttributes, information.ReparseTag))
}

/// The data of a reparse point.
pub(in crate::host::windows) fn read(file: Borrowed<'_>) -> Answer<Vec<u8>> {
    let mut buffer = vec![0_u8; MAXIMUM_REPARSE_DATA_BUFFER_SIZE as usize];
    control(file, FSCTL_GET_REPARSE_POINT, &[], &mut buffer)?;
    Ok(buffer)
}

/// Makes a file that is empty a reparse point.
pub(in crate::host::windows) fn write(file: Borrowed<'_>, data: &[u8]) -> Answer<()> {
    control(file, FSCTL_SET_REPARSE_POINT, data, &mut [])
}

fn control(file: Borrowed<'_>, code: u32, input: &[u8], output: &mut [u8]) -> Answer<()> {
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the handle is open, and the buffers have the sizes that are passed.
    check(unsafe {
        NtFsControlFile(
            file.handle(),
            ptr::null_mut(),
            None,
            ptr::null(),
            &raw mut status,
            code,
            input.as_ptr().cast(),
            input.len() as u32,
            output.as_mut_ptr().cast(),
            output.len() as u32,
        )
    })
}

/// Whether a directory can be made a link.
pub(in crate::host::windows) const fn links_directories() -> bool {
    true
}
