//! The files that are part of the executable, as a program meets them: a tree that nobody can change.
//!
//! It stands alone because nothing here is the host's: names are looked up in the tree's table, contents
//! are copied from where the executable is mapped. Invariants: a path never leads out of the directory
//! that it starts from, but at the root of the tree, which is `/` to the program, `..` stays; there are no
//! links; inode numbers, sizes and times are those of the executable and the same wherever it runs.

use crate::errno::{Errno, Result};
use crate::file_type::{FileStatus, FileType};
use crate::host::{StatusFlags, Transfer, Vectors, Whence};
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasm2native_abi::embed::{Node, Tree};

/// The time of everything in the tree, in nanoseconds since 1970: the beginning of 1980, before which some
/// archives know no time.
const TIME: u64 = 315_532_800 * 1_000_000_000;

/// An entry of the tree that is open.
pub(crate) struct Embedded {
    tree: Tree<'static>,
    index: u64,
    position: AtomicU64,
    flags: StatusFlags,
}

impl Embedded {
    /// The root of the tree.
    pub(crate) fn root(tree: Tree<'static>) -> Self {
        Self::at(tree, 0)
    }

    fn at(tree: Tree<'static>, index: u64) -> Self {
        Self { tree, index, position: AtomicU64::new(0), flags: StatusFlags::default() }
    }

    /// Whether it is the tree's root, of which no part was granted but what is in the tree.
    pub(crate) fn is_root(&self) -> bool {
        self.index == 0
    }

    /// What the path leads to from here. A path that ends in `/` leads to a directory or nowhere.
    ///
    /// # Errors
    /// `noent`, `notdir`, and `perm` when the path leads out.
    pub(crate) fn find(&self, path: &[u8]) -> Result<Self> {
        // The directories from this one, itself not included, to where the walk is.
        let mut beneath: Vec<u64> = Vec::new();
        for component in path.split(|&byte| byte == b'/') {
            let here = beneath.last().copied().unwrap_or(self.index);
            if !matches!(self.tree.node(here), Some(Node::Directory { .. })) {
                return Err(Errno::NotDirectory);
            }
            match component {
                b"" | b"." => {}
                b".." => {
                    if beneath.pop().is_none() && !self.is_root() {
                        return Err(Errno::NotPermitted);
                    }
                }
                name => beneath.push(self.tree.find(here, name).ok_or(Errno::NoEntry)?),
            }
        }
        Ok(Self::at(self.tree, beneath.last().copied().unwrap_or(self.index)))
    }

    /// Whether there is anything at the first name of a path from the root, or the path has no name.
    pub(crate) fn has_beginning(&self, path: &[u8]) -> bool {
        path.split(|&byte| byte == b'/')
            .find(|component| !matches!(*component, b"" | b"." | b".."))
            .is_none_or(|name| self.tree.find(self.index, name).is_some())
    }

    fn node(&self) -> Node<'static> {
        // Damage is an absence: what has no node has no contents either.
        self.tree.node(self.index).unwrap_or(Node::File(&[]))
    }

    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.node(), Node::Directory { .. })
    }

    fn contents(&self) -> Result<&'static [u8]> {
        match self.node() {
            Node::File(contents) => Ok(contents),
            Node::Directory { .. } => Err(Errno::IsDirectory),
        }
    }

    pub(crate) fn status(&self) -> FileStatus {
        let (file_type, size_bytes) = match self.node() {
            Node::File(contents) => (FileType::RegularFile, contents.len() as u64),
            Node::Directory { count, .. } => (FileType::Directory, count),
        };
        FileStatus {
            // No file system of a host has this number.
            device: 0,
            inode: self.index + 1,
            file_type,
            is_private: false,
            links: 1,
            size_bytes,
            accessed: TIME,
            modified: TIME,
            changed: TIME,
        }
    }

    pub(crate) fn status_flags(&self) -> StatusFlags {
        self.flags
    }

    pub(crate) fn set_status_flags(&mut self, flags: StatusFlags) {
        self.flags = flags;
    }

    /// Reads, and says how many bytes.
    pub(crate) fn transfer(&self, vectors: &Vectors, direction: Transfer) -> Result<u32> {
        let contents = self.contents()?;
        let from = |offset: u64| {
            usize::try_from(offset).ok().and_then(|offset| contents.get(offset..)).unwrap_or(&[])
        };
        match direction {
            Transfer::Read => {
                let position = self.position.load(Relaxed);
                let bytes = vectors.fill(from(position));
                self.position.store(position + u64::from(bytes), Relaxed);
                Ok(bytes)
            }
            Transfer::ReadAt(offset) if i64::try_from(offset).is_err() => Err(Errno::Invalid),
            Transfer::ReadAt(offset) => Ok(vectors.fill(from(offset))),
            Transfer::Write | Transfer::WriteAt(_) => Err(Errno::ReadOnlyFileSystem),
        }
    }

    /// Moves the position, and says where it is then.
    pub(crate) fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        let start = match whence {
            Whence::Start => 0,
            Whence::Current => self.position.load(Relaxed),
            Whence::End => self.contents()?.len() as u64,
        };
        let position = start.checked_add_signed(offset).filter(|&to| i64::try_from(to).is_ok());
        let position = position.ok_or(Errno::Invalid)?;
        self.position.store(position, Relaxed);
        Ok(position)
    }

    /// Bytes between the position and the end.
    pub(crate) fn readable_bytes(&self) -> u64 {
        self.status().size_bytes.saturating_sub(self.position.load(Relaxed))
    }

    /// Calls `entry` with the directory's entries behind the first `cookie` ones until it breaks or there
    /// are no more: (inode, type, name, cookie behind this entry). Says how many it has when there are no more.
    pub(crate) fn list(
        &self,
        cookie: u64,
        mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
    ) -> Option<u64> {
        let Node::Directory { first, count } = self.node() else { return None };
        let all = count.saturating_add(2);
        let mut next = cookie;
        while next < all {
            let listed = match next {
                0 => entry(self.index + 1, FileType::Directory, b".", 1),
                // A program is not told about a directory that it may not reach, as with the host's.
                1 => entry(self.index + 1, FileType::Directory, b"..", 2),
                _ => {
                    let child = Self::at(self.tree, first.saturating_add(next - 2));
                    let status = child.status();
                    entry(status.inode, status.file_type, self.tree.name(child.index), next + 1)
                }
            };
            if listed.is_break() {
                return None;
            }
            next += 1;
        }
        Some(all)
    }
}
