//! Turns a path that a program gave into a directory of the host and one name in it, or into what it leads
//! to where that is not the host's.
//!
//! Sandbox-critical, and the only way from a program's path to the host's files. The directory part is
//! opened beneath the descriptor that the path starts from ([`host::open_beneath`]); what is done with
//! the last name never follows it, and where it has to be followed, its target becomes the path and all
//! is checked anew. Invariants: the name is one component; a path or link that leads out is `perm`.
//! Source: `path_*` in the witx text, which leaves resolution to the host within the directory.

use crate::descriptor_table::Descriptor;
use crate::designated::{Found, TargetKind};
use crate::errno::{Errno, Result};
use crate::file_type::{FileStatus, FileType};
use crate::host::{self, MAXIMUM_LINKS, PATH_BYTES};
use crate::memory::GuestMemory;
use crate::object::Object;
use crate::recent::{Beneath, Recent};
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

/// What a path starts from, out of which none leads.
enum Base<'a> {
    Borrowed(host::Borrowed<'a>),
    Owned(host::Owned),
    /// No directory of the host's: the path leads to what has no name in one.
    Elsewhere(Object),
}

/// Where a path leads: a name in a directory. The name may be `.`, or not exist.
pub(crate) struct Place<'a> {
    base: Base<'a>,
    /// The base is the host's root directory.
    host_root: bool,
    /// Links and `..` lead wherever they lead.
    unconfined: bool,
    /// The directory that the name is in, when it is not the base.
    beneath: Option<Beneath>,
    /// The path up to and with the last `/`; empty when the name is in the base.
    prefix: Vec<u8>,
    /// The name and a NUL.
    name: Vec<u8>,
    /// The path ended in `/`, so that only a directory is meant.
    pub(crate) only_directory: bool,
    links: u32,
    /// Nothing but this name was granted: a link there is not followed.
    exact: bool,
    /// The name may not be made, removed or given to something else.
    fixed: bool,
}

impl<'a> Place<'a> {
    fn new(base: Base<'a>, host_root: bool) -> Self {
        Self {
            base,
            host_root,
            unconfined: false,
            beneath: None,
            prefix: Vec::new(),
            name: b".\0".to_vec(),
            only_directory: false,
            links: 0,
            exact: false,
            fixed: false,
        }
    }

    /// Finds `path` from `start`, not following its last component.
    pub(crate) fn find(start: &'a Descriptor, path: Vec<u8>) -> Result<Self> {
        Self::find_by(start, path, None)
    }

    /// As [`Self::find`], for a call that is likely to come for other names in the same directory.
    pub(crate) fn find_again(
        start: &'a Descriptor,
        path: Vec<u8>,
        recent: &mut Recent,
    ) -> Result<Self> {
        Self::find_by(start, path, Some(recent))
    }

    fn find_by(start: &'a Descriptor, path: Vec<u8>, recent: Option<&mut Recent>) -> Result<Self> {
        if start.file_type != FileType::Directory {
            return Err(Errno::NotDirectory);
        }
        if let Some(designated) = &start.designated
            && let Some(found) = designated.find(&path)
        {
            return Self::find_designated(found);
        }
        // Absolute paths are the C library's to make relative to a granted directory. Zig's has every path
        // start from the current directory, as systems do.
        if path.first() == Some(&b'/') && !start.unconfined {
            return Err(Errno::NotPermitted);
        }
        let mut place = match &start.object {
            Object::Host(handle) => Self::new(Base::Borrowed(handle.borrow()), start.host_root),
            Object::Embedded(directory) => {
                let object = Object::Embedded(directory.find(&path)?);
                return Ok(Self::new(Base::Elsewhere(object), false));
            }
        };
        place.unconfined = start.unconfined;
        place.lead(path, recent)?;
        Ok(place)
    }

    fn find_designated(found: Found<'a>) -> Result<Self> {
        let Found { target, rest, only_directory } = found;
        match &target.kind {
            TargetKind::Named => {}
            TargetKind::Missing => return Err(Errno::NoEntry),
            TargetKind::Inherited(_) if only_directory || !rest.is_empty() => {
                return Err(Errno::NotDirectory);
            }
            TargetKind::Inherited(file) => {
                let file = host::duplicate(host::borrow(file))?;
                let object = Object::Host(host::Handle::Owned(file));
                return Ok(Self::new(Base::Elsewhere(object), false));
            }
        }
        let parent = host::borrow(&target.parent);
        let mut place = if rest.is_empty() {
            let mut place = Self::new(Base::Borrowed(parent), false);
            place.name = target.name.as_bytes_with_nul().to_vec();
            (place.exact, place.fixed) = (true, target.through_link);
            place
        } else {
            let directory = host::open_directory(parent, &target.name)?;
            let mut place = Self::new(Base::Owned(directory), false);
            place.lead(rest, None)?;
            place
        };
        place.only_directory |= only_directory;
        Ok(place)
    }

    /// Finds `path` from `start`, following its last component, or none when nothing is there.
    pub(crate) fn find_target(start: &'a Descriptor, path: Vec<u8>) -> Result<Self> {
        let mut place = Self::find(start, path)?;
        while place.follow()? {}
        Ok(place)
    }

    /// Finds `path` from `start`, to make its last component, to remove it or to put something else there.
    pub(crate) fn find_name(start: &'a Descriptor, path: Vec<u8>) -> Result<Self> {
        let place = Self::find(start, path)?;
        if place.fixed { Err(Errno::NotPermitted) } else { Ok(place) }
    }

    /// Makes `path` from the base the place. Its directory may be the one that was used last, if that is given.
    fn lead(&mut self, mut path: Vec<u8>, recent: Option<&mut Recent>) -> Result<()> {
        while path.last() == Some(&b'/') {
            // The root is a directory that has no name here.
            if path.len() == 1 && self.unconfined {
                path.extend_from_slice(b"..");
                break;
            }
            path.pop();
            self.only_directory = true;
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
        self.beneath = if path.is_empty() {
            None
        } else {
            path.push(0);
            let prefix = CStr::from_bytes_with_nul(&path).map_err(|_| Errno::Invalid)?;
            let base = self.base()?;
            let parent = match recent {
                _ if self.unconfined => Beneath::Opened(host::open_anywhere(base, prefix)?),
                Some(recent) => recent.open_beneath(base, prefix, self.host_root)?,
                None => Beneath::Opened(host::open_beneath(base, prefix, self.host_root)?),
            };
            path.pop();
            Some(parent)
        };
        (self.prefix, self.name) = (path, name);
        Ok(())
    }

    /// Goes on to the target when the place is a symbolic link. Says whether it was.
    pub(crate) fn follow(&mut self) -> Result<bool> {
        let mut target = [0; PATH_BYTES];
        let length = match self.read_link(&mut target) {
            // Not a link, or nothing there yet.
            Err(Errno::Invalid | Errno::NoEntry) => return Ok(false),
            result => result?,
        };
        if self.exact {
            return Err(Errno::NotPermitted);
        }
        if self.links == MAXIMUM_LINKS {
            return Err(Errno::Loop);
        }
        self.links += 1;
        let target = target.get(..length).ok_or(Errno::NameTooLong)?;
        if target.first() == Some(&b'/') {
            if !(self.host_root || self.unconfined) {
                return Err(Errno::NotPermitted);
            }
            self.lead(target.to_vec(), None)?;
        } else {
            self.lead([&self.prefix, target].concat(), None)?;
        }
        Ok(true)
    }

    fn base(&self) -> Result<host::Borrowed<'_>> {
        match &self.base {
            Base::Borrowed(directory) => Ok(*directory),
            Base::Owned(directory) => Ok(host::borrow(directory)),
            Base::Elsewhere(_) => Err(Errno::ReadOnlyFileSystem),
        }
    }

    /// The directory that the name is in.
    ///
    /// # Errors
    /// `rofs` when the path leads to what has no name in one of the host's.
    pub(crate) fn parent(&self) -> Result<host::Borrowed<'_>> {
        match &self.beneath {
            Some(directory) => Ok(directory.borrow()),
            None => self.base(),
        }
    }

    /// What the path leads to, if that has no name in a directory of the host's.
    pub(crate) fn elsewhere(self) -> core::result::Result<Object, Self> {
        match self.base {
            Base::Elsewhere(object) => Ok(object),
            _ => Err(self),
        }
    }

    /// The name in [`Self::parent`].
    pub(crate) fn name(&self) -> Result<&CStr> {
        CStr::from_bytes_with_nul(&self.name).map_err(|_| Errno::Invalid)
    }

    /// The status of what is there now, without following it.
    pub(crate) fn status(&self) -> Result<FileStatus> {
        match &self.base {
            Base::Elsewhere(object) => object.status(),
            _ => host::entry_status(self.parent()?, self.name()?),
        }
    }

    /// What is there now, without following it.
    pub(crate) fn file_type(&self) -> Result<FileType> {
        Ok(self.status()?.file_type)
    }

    /// Reads the symbolic link that is there into `buffer` as far as it fits, and says how many bytes that
    /// are.
    pub(crate) fn read_link(&self, buffer: &mut [u8]) -> Result<usize> {
        match self.base {
            // There are no links.
            Base::Elsewhere(_) => Err(Errno::Invalid),
            _ => host::read_link(self.parent()?, self.name()?, buffer),
        }
    }

    /// For a path that ended in `/`: that a directory is there.
    pub(crate) fn check_only_directory(&self) -> Result<()> {
        if self.only_directory && self.file_type()? != FileType::Directory {
            return Err(Errno::NotDirectory);
        }
        Ok(())
    }
}
