//! Paths in the model: which directory and which name in it a path means, or why none.

use super::tree::{Kind, NodeId, Tree};
use super::{Model, Reasons};
use crate::wasi_path::operation::Flags;
use crate::wasi_path::rights::Rights;
use wasi_libc_shim::Errno;

/// Links that one walk follows (`path_resolution(7)`).
const MAXIMUM_LINKS: u32 = 40;
/// Bytes of a name (`pathconf(3)`, `NAME_MAX`).
const NAME_BYTES: usize = 255;
/// No path that a program passes is as long.
const PATH_BYTES: usize = 4096;

/// A name in a directory; `.` for the directory itself.
pub(super) struct Place {
    start: NodeId,
    pub(super) directory: NodeId,
    pub(super) name: Vec<u8>,
    prefix: Vec<u8>,
    /// The path ended in `/`.
    pub(super) only_directory: bool,
    links: u32,
}

impl Place {
    /// The place is a directory by no name of its own.
    pub(super) fn is_itself(&self) -> bool {
        self.name == b"."
    }
}

/// What is wrong with a path whatever the files are.
pub(super) fn text(path: &[u8]) -> Reasons {
    let mut reasons = Reasons::NONE;
    reasons.add(path.is_empty(), Errno::NoEntry);
    reasons.add(path.len() >= PATH_BYTES, Errno::NameTooLong);
    reasons.add(path.contains(&0), Errno::Invalid);
    reasons.add(core::str::from_utf8(path).is_err(), Errno::IllegalSequence);
    reasons
}

/// Whether links are followed.
pub(super) fn follows(lookup: Flags) -> Result<bool, Reasons> {
    if lookup > 1 { Err(Errno::Invalid.into()) } else { Ok(lookup == 1) }
}

impl Tree {
    /// What has this name in a directory.
    fn look_up(&self, directory: NodeId, name: &[u8]) -> Result<NodeId, Reasons> {
        let mut reasons = Reasons::NONE;
        reasons.add(name.len() > NAME_BYTES, Errno::NameTooLong);
        reasons.add(self.is_gone(directory), Errno::NoEntry);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let entries = self.entries(directory).ok_or(Errno::NotDirectory)?;
        entries.get(name).copied().ok_or(Errno::NoEntry.into())
    }

    /// The directory at `path` beneath `start`.
    fn walk(&self, start: NodeId, path: &[u8]) -> Result<NodeId, Reasons> {
        let split = |path: &[u8]| -> Vec<Vec<u8>> {
            path.split(|&byte| byte == b'/').rev().map(<[u8]>::to_vec).collect()
        };
        let mut here = start;
        let mut links = 0;
        // The next one last.
        let mut rest = split(path);
        while let Some(component) = rest.pop() {
            match &component[..] {
                b"" | b"." => {}
                b".." if here == start => return Err(Errno::NotPermitted.into()),
                b".." => here = self.node(here).parent.ok_or(Errno::NotPermitted)?,
                name => {
                    let node = self.look_up(here, name)?;
                    match &self.node(node).kind {
                        Kind::Directory(_) => here = node,
                        Kind::File(_) => return Err(Errno::NotDirectory.into()),
                        Kind::Link(target) => {
                            links += 1;
                            if links > MAXIMUM_LINKS {
                                return Err(Errno::Loop.into());
                            }
                            if target.starts_with(b"/") {
                                return Err(Errno::NotPermitted.into());
                            }
                            rest.extend(split(target));
                        }
                    }
                }
            }
        }
        Ok(here)
    }

    fn split(
        &self,
        start: NodeId,
        path: &[u8],
        mut only_directory: bool,
        links: u32,
    ) -> Result<Place, Reasons> {
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        only_directory |= end < path.len();
        let path = &path[..end];
        let name_start = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let (prefix, name) = match &path[name_start..] {
            b"" | b"." => (&path[..name_start], &b"."[..]),
            b".." => (path, &b"."[..]),
            name => (&path[..name_start], name),
        };
        let directory = self.walk(start, prefix)?;
        let mut prefix = prefix.to_vec();
        if name == b"." && prefix.ends_with(b"..") {
            prefix.push(b'/');
        }
        Ok(Place { start, directory, name: name.to_vec(), prefix, only_directory, links })
    }

    /// The place that a path means, its last name not followed.
    pub(super) fn find(&self, start: NodeId, path: &[u8]) -> Result<Place, Reasons> {
        let reasons = text(path);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        if !self.is_directory(start) {
            return Err(Errno::NotDirectory.into());
        }
        if path.starts_with(b"/") {
            return Err(Errno::NotPermitted.into());
        }
        self.split(start, path, false, 0)
    }

    /// Goes on to where a link leads, when the place is one; says whether it was.
    pub(super) fn follow(&self, place: &mut Place) -> Result<bool, Reasons> {
        let Ok(node) = self.entry(place) else { return Ok(false) };
        let Kind::Link(target) = &self.node(node).kind else { return Ok(false) };
        if place.links == MAXIMUM_LINKS {
            return Err(Errno::Loop.into());
        }
        if target.starts_with(b"/") {
            return Err(Errno::NotPermitted.into());
        }
        let path = [&place.prefix[..], target].concat();
        *place = self.split(place.start, &path, place.only_directory, place.links + 1)?;
        Ok(true)
    }

    /// The place of something that must exist: `a/` is the directory behind `a`.
    pub(super) fn find_existing(
        &self,
        start: NodeId,
        path: &[u8],
        follow: bool,
    ) -> Result<(Place, NodeId), Reasons> {
        let mut place = self.find(start, path)?;
        if follow || place.only_directory {
            while self.follow(&mut place)? {}
        }
        let node = self.entry(&place)?;
        if place.only_directory && !self.is_directory(node) {
            return Err(Errno::NotDirectory.into());
        }
        Ok((place, node))
    }

    /// What is at a place.
    pub(super) fn entry(&self, place: &Place) -> Result<NodeId, Reasons> {
        if place.is_itself() {
            return Ok(place.directory);
        }
        self.look_up(place.directory, &place.name)
    }

    /// Why nothing can be made at a place, even though nothing is there.
    pub(super) fn vacancy(&self, place: &Place) -> Reasons {
        let mut reasons = Reasons::NONE;
        reasons.add(place.is_itself(), Errno::Exists);
        match self.look_up(place.directory, &place.name) {
            Ok(_) => reasons.add(true, Errno::Exists),
            Err(other) => {
                let gone = self.is_gone(place.directory);
                if gone || other != Errno::NoEntry.into() {
                    reasons = reasons | other;
                }
            }
        }
        reasons
    }
}

impl Model {
    /// The directory that a call starts from, and why the call cannot be made with it.
    pub(super) fn start(
        &self,
        fd: u32,
        rights: Rights,
        changes: bool,
    ) -> (Option<NodeId>, Reasons) {
        let descriptor = match self.descriptor(fd) {
            Ok(descriptor) => descriptor,
            Err(reasons) => return (None, reasons),
        };
        let mut reasons = Reasons::NONE;
        reasons.add(changes && descriptor.read_only, Errno::ReadOnlyFileSystem);
        reasons.add(descriptor.base & rights != rights, Errno::NotCapable);
        reasons.add(!self.tree.is_directory(descriptor.node), Errno::NotDirectory);
        (Some(descriptor.node), reasons)
    }
}
