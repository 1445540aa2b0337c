//! A directory's entries, read at once and kept: for systems that do not promise that a position in a
//! directory keeps its meaning while entries come and go, so that a program that removes what it finds
//! sees every entry once.

use super::file::listed_type;
use crate::errno::Result;
use crate::file_type::FileType;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::fs::Dir;
use std::ffi::CString;
use std::os::fd::BorrowedFd;

struct Entry {
    inode: u64,
    kind: rustix::fs::FileType,
    name: CString,
}

/// Whether the C library reads a directory, and may be in the middle of an allocation.
static READING: AtomicBool = AtomicBool::new(false);

/// See [`READING`].
#[cfg(target_os = "macos")]
pub(super) fn is_reading() -> bool {
    READING.load(Ordering::Relaxed)
}

struct Reading;

impl Reading {
    fn begin() -> Self {
        READING.store(true, Ordering::Relaxed);
        Self
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.store(false, Ordering::Relaxed);
    }
}

/// The entries as they were when the program began to read.
#[derive(Default)]
pub(crate) struct Listing(Vec<Entry>);

impl Listing {
    /// Calls `entry` with the directory's entries behind the first `cookie` ones until it breaks or there
    /// are no more: (inode, type, name, cookie behind this entry). Cookie 0 reads anew.
    pub(crate) fn read(
        &mut self,
        directory: BorrowedFd<'_>,
        cookie: u64,
        mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
    ) -> Result<()> {
        let entries = &mut self.0;
        if cookie == 0 || entries.is_empty() {
            entries.clear();
            let _reading = Reading::begin();
            let mut stream = Dir::read_from(directory)?;
            while let Some(next) = stream.read() {
                let next = next?;
                entries.push(Entry {
                    inode: next.ino(),
                    kind: next.file_type(),
                    name: next.file_name().into(),
                });
            }
        }
        let seen = usize::try_from(cookie).unwrap_or(usize::MAX);
        for (index, next) in entries.iter().enumerate().skip(seen) {
            let kind = listed_type(directory, &next.name, next.kind);
            if entry(next.inode, kind, next.name.as_bytes(), index as u64 + 1).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    fn names(listing: &mut Listing, directory: BorrowedFd<'_>, cookie: u64) -> Vec<Vec<u8>> {
        let mut names = Vec::new();
        let outcome = listing.read(directory, cookie, |_, kind, name, next| {
            assert_eq!(next, cookie + names.len() as u64 + 1);
            assert_eq!(kind == FileType::Directory, name.starts_with(b"."));
            names.push(name.to_vec());
            ControlFlow::Continue(())
        });
        outcome.unwrap();
        names
    }

    #[test]
    fn what_comes_and_goes_meanwhile_moves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..300 {
            std::fs::write(folder.path().join(format!("file {index}")), "").unwrap();
        }
        let directory = std::fs::File::open(folder.path()).unwrap();
        let mut listing = Listing::default();
        let first = names(&mut listing, directory.as_fd(), 0);
        assert_eq!(first.len(), 302);
        for index in 0..150 {
            std::fs::remove_file(folder.path().join(format!("file {index}"))).unwrap();
        }
        std::fs::write(folder.path().join("another"), "").unwrap();
        assert_eq!(names(&mut listing, directory.as_fd(), 200), &first[200..]);
        assert_eq!(names(&mut listing, directory.as_fd(), 302).len(), 0);
        assert_eq!(names(&mut listing, directory.as_fd(), u64::MAX).len(), 0);
        assert_eq!(names(&mut listing, directory.as_fd(), 0).len(), 153);
    }
}
