//! A directory's entries on Linux: read ahead in large pieces, found again by their positions.
//!
//! The order and the positions of entries are the file system's, so that a position keeps its meaning while
//! entries come and go. Invariant: what is kept of the kernel's list is a part of it without gaps.

use super::file::listed_type;
use super::retry;
use crate::errno::Result;
use crate::file_type::FileType;
use core::ffi::CStr;
use core::ops::ControlFlow;
use rustix::fs::SeekFrom;
use std::os::fd::{AsRawFd, BorrowedFd};

/// One read of the kernel's list fills at most so much, as C libraries do.
const BUFFER_BYTES: usize = 32 * 1024;

/// Where entries lie in a directory, by cookie, and those that were read last.
#[derive(Default)]
pub(crate) struct Listing {
    /// The position behind each entry that was seen.
    positions: Vec<u64>,
    /// Entries as the kernel wrote them; the file stands behind them.
    ahead: Vec<u8>,
    /// How many entries come before those.
    first: u64,
    /// The entry to go on with, most likely: its bytes' offset in `ahead`, and how many come before it.
    next: (usize, u64),
}

/// An entry of the kernel's list.
struct Entry<'a> {
    inode: u64,
    position: u64,
    kind: rustix::fs::FileType,
    name: &'a CStr,
}

/// The first entry in `bytes` and how many bytes it takes (`linux_dirent64`).
fn parse(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    let word = |at| bytes.get(at..)?.first_chunk().map(|word| u64::from_ne_bytes(*word));
    let length = u16::from_ne_bytes(*bytes.get(16..)?.first_chunk()?).into();
    let kind = rustix::fs::FileType::from_raw_mode(u32::from(*bytes.get(18)?) << 12);
    let name = CStr::from_bytes_until_nul(bytes.get(19..length)?).ok()?;
    Some((Entry { inode: word(0)?, position: word(8)?, kind, name }, length))
}

impl Listing {
    /// Calls `entry` with the directory's entries behind the first `cookie` ones until it breaks or there
    /// are no more: (inode, type, name, cookie behind this entry). Cookie 0 reads anew.
    pub(crate) fn read(
        &mut self,
        directory: BorrowedFd<'_>,
        cookie: u64,
        mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
    ) -> Result<()> {
        if cookie == 0 {
            self.positions.clear();
        }
        let seen = self.positions.len() as u64;
        if cookie == 0 || cookie < self.first || seen < cookie || self.ahead.is_empty() {
            self.go_to(directory, cookie.min(seen))?;
        }
        let (mut at, mut index) = if cookie < self.next.1 { (0, self.first) } else { self.next };
        loop {
            let Some((next, length)) = self.ahead.get(at..).and_then(parse) else {
                if !self.fill(directory, index)? {
                    return Ok(());
                }
                at = 0;
                continue;
            };
            self.next = (at, index);
            index += 1;
            at += length;
            if index > self.positions.len() as u64 {
                self.positions.push(next.position);
            }
            if index <= cookie {
                continue;
            }
            let kind = listed_type(directory, next.name, next.kind);
            if entry(next.inode, kind, next.name.to_bytes(), index).is_break() {
                return Ok(());
            }
        }
    }

    /// Has the file stand behind the first `index` entries, of which all were seen.
    fn go_to(&mut self, directory: BorrowedFd<'_>, index: u64) -> Result<()> {
        let before = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
        let position = before.and_then(|before| self.positions.get(before)).copied().unwrap_or(0);
        self.ahead.clear();
        self.first = index;
        self.next = (0, index);
        rustix::fs::seek(directory, SeekFrom::Start(position))?;
        Ok(())
    }

    /// Reads on where the file stands, behind the first `index` entries; at the end there is nothing to
    /// read, and nothing is kept.
    fn fill(&mut self, directory: BorrowedFd<'_>, index: u64) -> Result<bool> {
        self.ahead.clear();
        self.first = index;
        self.next = (0, index);
        self.ahead.reserve_exact(BUFFER_BYTES);
        let (file, buffer) = (directory.as_raw_fd(), self.ahead.as_mut_ptr());
        // SAFETY: there is room for so many bytes at the address.
        let read = retry(|| unsafe {
            libc::syscall(libc::SYS_getdents64, file, buffer, BUFFER_BYTES) as isize
        });
        let bytes = match read {
            Ok(bytes) if bytes > 0 => bytes,
            result => {
                self.ahead = Vec::new();
                return result.map(|_| false);
            }
        };
        // SAFETY: the kernel has written so many bytes, and no more than there is room for.
        unsafe { self.ahead.set_len(bytes.min(BUFFER_BYTES)) };
        Ok(true)
    }
}

/// Calls `found` with each name in a directory until it breaks, but for `.` and `..`; as many as there are
/// before an error. It allocates nothing.
pub(super) fn each_name(
    directory: BorrowedFd<'_>,
    mut found: impl FnMut(&CStr) -> ControlFlow<()>,
) {
    const BYTES: usize = 4096;
    let mut buffer = [0_u8; BYTES];
    if rustix::fs::seek(directory, SeekFrom::Start(0)).is_err() {
        return;
    }
    loop {
        let (file, start) = (directory.as_raw_fd(), buffer.as_mut_ptr());
        // SAFETY: there is room for so many bytes at the address.
        let filled = unsafe { libc::syscall(libc::SYS_getdents64, file, start, BYTES) };
        let Ok(filled @ 1..) = usize::try_from(filled) else { return };
        let mut rest = buffer.get(..filled).unwrap_or_default();
        while let Some((entry, length)) = parse(rest) {
            let name = entry.name;
            if !matches!(name.to_bytes(), b"." | b"..") && found(name).is_break() {
                return;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}
