//! Turns a path that a program gave into a directory of the host and one name in it.
//!
//! Sandbox-critical, and the only way from a program's path to the host's files. The directory part is
//! opened beneath the descriptor that the path starts from ([`host::open_beneath`]); what is done with
//! the last name never follows it, and where it has to be followed, its target becomes the path and all
//! is checked anew. Invariants: the name is one component; a path or link that leads out is `perm`.
//! Source: `path_*` in the witx text, which leaves resolution to the host within the directory.

use crate::descriptor_table::Descriptor;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::host::{self, MAXIMUM_LINKS, PATH_BYTES};
use crate::memory::GuestMemory;
use core::ffi::CStr;

/// Reads a path from linear memory.
///
/// # Errors
/// `noent` for an empty one, `nametoolong`, `inval` for one with a NUL and `ilseq` for one that is not
/// UTF-8.
pub(crate) fn read_path(memory: &GuestMemory<'_>, pointer: u32, length: u32) -> Result<Vec<u8>> {
    memory.region(pointer, length)?;
    if length == 0 {
        return Err(Errno::NoEntry);
    }
    if length as usize >= PATH_BYTES {
        return Err(Errno::NameTooLong);
    }
    let mut path = vec![0; length as usize];
    memory.read_into(pointer, &mut path)?;
    if path.contains(&0) {
        return Err(Errno::Invalid);
    }
    match core::str::from_utf8(&path) {
        Ok(_) => Ok(path),
        Err(_) => Err(Errno::IllegalSequence),
    }
}

/// The directory that a name is in.
enum Parent<'a> {
    Start(host::Borrowed<'a>),
    Beneath(host::Owned),
}

/// Where a path leads: a name in a directory. The name may be `.`, or not exist.
pub(crate) struct Place<'a> {
    start: &'a Descriptor,
    parent: Parent<'a>,
    /// The path up to and with the last `/`; empty when the name is in the starting directory.
    prefix: Vec<u8>,
    /// The name and a NUL.
    name: Vec<u8>,
    /// The path ended in `/`, so that only a directory is meant.
    pub(crate) only_directory: bool,
    links: u32,
}

impl<'a> Place<'a> {
    /// Finds `path` from `start`, not following its last component.
    pub(crate) fn find(start: &'a Descriptor, path: Vec<u8>) -> Result<Self> {
        if start.file_type != FileType::Directory {
            return Err(Errno::NotDirectory);
        }
        // Absolute paths are the C library's to make relative to a granted directory.
        if path.first() == Some(&b'/') {
            return Err(Errno::NotPermitted);
        }
        Self::split(start, path, false, 0)
    }

    /// Finds `path` from `start`, following its last component, or none when nothing is there.
    pub(crate) fn find_target(start: &'a Descriptor, path: Vec<u8>) -> Result<Self> {
        let mut place = Self::find(start, path)?;
        while place.follow()? {}
        Ok(place)
    }

    fn split(
        start: &'a Descriptor,
        mut path: Vec<u8>,
        mut only_directory: bool,
        links: u32,
    ) -> Result<Self> {
        while path.last() == Some(&b'/') {
            // The root is a directory that has no name here.
            if path.len() == 1 && start.unconfined {
                path.extend_from_slice(b"..");
                break;
            }
            path.pop();
            only_directory = true;
        }
        let name_start = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let mut name = path.split_off(name_start);
        // The end of `a/..` is a directory that has no name here.
        if name == b".." {
            path.append(&mut name);
            path.push(b'/');
        }
        if name.is_empty() {
            name.push(b'.');
        }
        name.push(0);
        let borrowed = start.handle.borrow();
        let parent = if path.is_empty() {
            Parent::Start(borrowed)
        } else {
            path.push(0);
            let prefix = CStr::from_bytes_with_nul(&path).map_err(|_| Errno::Invalid)?;
            let parent = if start.unconfined {
                host::open_anywhere(borrowed, prefix)?
            } else {
                host::open_beneath(borrowed, prefix, start.host_root)?
            };
            path.pop();
            Parent::Beneath(parent)
        };
        Ok(Self { start, parent, prefix: path, name, only_directory, links })
    }

    /// Goes on to the target when the place is a symbolic link. Says whether it was.
    pub(crate) fn follow(&mut self) -> Result<bool> {
        let mut target = [0; PATH_BYTES];
        let length = match host::read_link(self.parent(), self.name()?, &mut target) {
            // Not a link, or nothing there yet.
            Err(Errno::Invalid | Errno::NoEntry) => return Ok(false),
            result => result?,
        };
        if self.links == MAXIMUM_LINKS {
            return Err(Errno::Loop);
        }
        let target = target.get(..length).ok_or(Errno::NameTooLong)?;
        let path = if target.first() == Some(&b'/') {
            if !(self.start.host_root || self.start.unconfined) {
                return Err(Errno::NotPermitted);
            }
            target.to_vec()
        } else {
            [&self.prefix, target].concat()
        };
        *self = Self::split(self.start, path, self.only_directory, self.links + 1)?;
        Ok(true)
    }

    /// The directory that the name is in.
    pub(crate) fn parent(&self) -> host::Borrowed<'_> {
        match self.parent {
            Parent::Start(start) => start,
            Parent::Beneath(ref directory) => host::borrow(directory),
        }
    }

    /// The name in [`Self::parent`].
    pub(crate) fn name(&self) -> Result<&CStr> {
        CStr::from_bytes_with_nul(&self.name).map_err(|_| Errno::Invalid)
    }

    /// What is there now, without following it.
    pub(crate) fn file_type(&self) -> Result<FileType> {
        Ok(host::entry_status(self.parent(), self.name()?)?.file_type)
    }

    /// For a path that ended in `/`: that a directory is there.
    pub(crate) fn check_only_directory(&self) -> Result<()> {
        if self.only_directory && self.file_type()? != FileType::Directory {
            return Err(Errno::NotDirectory);
        }
        Ok(())
    }
}
