//! Reading a directory's entries.

use super::file::{file_type, status_of_entry};
use crate::errno::Result;
use crate::file_type::FileType;
use core::mem::MaybeUninit;
use core::ops::ControlFlow;
use rustix::fs::{AtFlags, RawDir, SeekFrom};
use std::os::fd::BorrowedFd;

/// One read of the kernel's list fills at most so much.
const BUFFER_BYTES: usize = 4096;

/// Calls `entry` with the directory's entries behind `position`, 0 or what an earlier entry gave, until
/// it breaks or there are no more: (inode, type, name, position behind this entry). The order and the
/// positions are the file system's, so that a position keeps its meaning while entries come and go.
pub(crate) fn read_directory(
    directory: BorrowedFd<'_>,
    position: u64,
    mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
) -> Result<()> {
    rustix::fs::seek(directory, SeekFrom::Start(position))?;
    let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
    let mut entries = RawDir::new(directory, &mut buffer);
    while let Some(next) = entries.next() {
        let next = next?;
        let mut kind = file_type(next.file_type());
        if next.file_type() == rustix::fs::FileType::Unknown
            && let Ok(stat) =
                rustix::fs::statat(directory, next.file_name(), AtFlags::SYMLINK_NOFOLLOW)
        {
            kind = status_of_entry(&stat).file_type;
        }
        let name = next.file_name().to_bytes();
        if entry(next.ino(), kind, name, next.next_entry_cookie()).is_break() {
            break;
        }
    }
    Ok(())
}
