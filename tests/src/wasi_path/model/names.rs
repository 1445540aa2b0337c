//! `path_*` in the model, but for `path_open`.

use super::resolve::{follows, text};
use super::tree::{Kind, NodeId};
use super::{Expected, Model, Prediction, Reasons, Status};
use crate::wasi_path::operation::{Flags, Times};
use crate::wasi_path::rights::{self, Rights};
use std::collections::BTreeMap;
use wasi_libc_shim::Errno;

impl Model {
    /// What exists at a path, if there is no reason against it.
    fn existing(
        &self,
        reasons: &mut Reasons,
        (fd, lookup, path): (u32, Flags, &[u8]),
        rights: Rights,
        changes: bool,
    ) -> Option<NodeId> {
        let (start, not_from_there) = self.start(fd, rights, changes);
        *reasons = *reasons | not_from_there | text(path);
        let follow = reasons.take(follows(lookup));
        let found = self.tree.find_existing(start?, path, follow?);
        reasons.take(found).map(|(_, node)| node)
    }

    /// The place at a path, which may be empty, if there is no reason against it.
    fn place(
        &self,
        reasons: &mut Reasons,
        (fd, path): (u32, &[u8]),
        rights: Rights,
    ) -> Option<super::resolve::Place> {
        let (start, not_from_there) = self.start(fd, rights, true);
        *reasons = *reasons | not_from_there | text(path);
        reasons.take(self.tree.find(start?, path))
    }

    pub(super) fn create_directory(&mut self, fd: u32, path: &[u8]) -> Prediction {
        let mut reasons = Reasons::NONE;
        let place = self.place(&mut reasons, (fd, path), rights::PATH_CREATE_DIRECTORY);
        if let Some(place) = &place {
            reasons = reasons | self.tree.vacancy(place);
        }
        match place {
            Some(place) if reasons.is_empty() => {
                let kind = Kind::Directory(BTreeMap::new());
                self.tree.add(place.directory, &place.name, kind);
                self.changed = true;
                Ok(Expected::Nothing)
            }
            _ => Err(reasons),
        }
    }

    pub(super) fn remove_directory(&mut self, fd: u32, path: &[u8]) -> Prediction {
        let mut reasons = Reasons::NONE;
        let place = self.place(&mut reasons, (fd, path), rights::PATH_REMOVE_DIRECTORY);
        let Some(place) = place else { return Err(reasons) };
        if place.is_itself() {
            // Of `a/..` systems say the second.
            reasons = reasons | Errno::Invalid.into() | Errno::NotEmpty.into();
        } else if let Some(node) = reasons.take(self.tree.entry(&place)) {
            let entries = self.tree.entries(node);
            reasons.add(entries.is_none(), Errno::NotDirectory);
            reasons.add(entries.is_some_and(|entries| !entries.is_empty()), Errno::NotEmpty);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.tree.detach(place.directory, &place.name);
        self.changed = true;
        Ok(Expected::Nothing)
    }

    pub(super) fn unlink(&mut self, fd: u32, path: &[u8]) -> Prediction {
        let mut reasons = Reasons::NONE;
        let place = self.place(&mut reasons, (fd, path), rights::PATH_UNLINK_FILE);
        let Some(place) = place else { return Err(reasons) };
        if let Some(node) = reasons.take(self.tree.entry(&place)) {
            let is_directory = self.tree.is_directory(node);
            reasons.add(is_directory, Errno::IsDirectory);
            reasons.add(!is_directory && place.only_directory, Errno::NotDirectory);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.tree.detach(place.directory, &place.name);
        self.changed = true;
        Ok(Expected::Nothing)
    }

    pub(super) fn rename(&mut self, old: (u32, &[u8]), new: (u32, &[u8])) -> Prediction {
        let mut reasons = Reasons::NONE;
        let old = self.place(&mut reasons, old, rights::PATH_RENAME_SOURCE);
        let new = self.place(&mut reasons, new, rights::PATH_RENAME_TARGET);
        let (Some(old), Some(new)) = (old, new) else { return Err(reasons) };
        let tree = &self.tree;
        let source = reasons.take(tree.entry(&old));
        reasons.add(old.is_itself() || new.is_itself(), Errno::Busy);
        reasons.add(tree.is_gone(new.directory), Errno::NoEntry);
        let target = match tree.entry(&new) {
            Ok(node) => Some(node),
            Err(other) => {
                let vacant = other == Errno::NoEntry.into();
                reasons = if vacant { reasons } else { reasons | other };
                None
            }
        };
        if let Some(source) = source {
            let is_directory = tree.is_directory(source);
            let slash = old.only_directory || new.only_directory;
            reasons.add(slash && !is_directory, Errno::NotDirectory);
            // Into itself.
            reasons.add(tree.is_within(new.directory, source), Errno::Invalid);
            if let Some(target) = target
                && source != target
            {
                match tree.entries(target) {
                    Some(entries) => {
                        reasons.add(!is_directory, Errno::IsDirectory);
                        reasons.add(!entries.is_empty(), Errno::NotEmpty);
                    }
                    None => reasons.add(is_directory, Errno::NotDirectory),
                }
            }
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        // Two names of one file stay («the rename function shall return successfully and perform no other
        // action»).
        if source != target {
            let source = source.expect("a rename without a source has a reason to fail");
            self.tree.detach(new.directory, &new.name);
            self.tree.detach(old.directory, &old.name);
            self.tree.attach(new.directory, &new.name, source);
            self.changed = true;
        }
        Ok(Expected::Nothing)
    }

    pub(super) fn link(&mut self, old: (u32, Flags, &[u8]), new: (u32, &[u8])) -> Prediction {
        let mut reasons = Reasons::NONE;
        let source = self.existing(&mut reasons, old, rights::PATH_LINK_SOURCE, true);
        let place = self.place(&mut reasons, new, rights::PATH_LINK_TARGET);
        if let Some(place) = &place {
            reasons = reasons | self.vacancy_for_file(place);
        }
        let is_directory = source.is_some_and(|source| self.tree.is_directory(source));
        reasons.add(is_directory, Errno::NotPermitted);
        match (source, place) {
            (Some(source), Some(place)) if reasons.is_empty() => {
                self.tree.attach(place.directory, &place.name, source);
                self.changed = true;
                Ok(Expected::Nothing)
            }
            _ => Err(reasons),
        }
    }

    /// As [`super::tree::Tree::vacancy`], for something that cannot have a name with `/` behind it.
    fn vacancy_for_file(&self, place: &super::resolve::Place) -> Reasons {
        let mut reasons = self.tree.vacancy(place);
        if place.only_directory && reasons.is_empty() {
            reasons = Errno::NoEntry.into();
        }
        reasons
    }

    pub(super) fn symbolic_link(&mut self, target: &[u8], fd: u32, path: &[u8]) -> Prediction {
        let mut reasons = text(target);
        reasons.add(target.starts_with(b"/"), Errno::NotPermitted);
        let place = self.place(&mut reasons, (fd, path), rights::PATH_SYMLINK);
        if let Some(place) = &place {
            reasons = reasons | self.vacancy_for_file(place);
        }
        match place {
            Some(place) if reasons.is_empty() => {
                self.tree.add(place.directory, &place.name, Kind::Link(target.to_vec()));
                self.changed = true;
                Ok(Expected::Nothing)
            }
            _ => Err(reasons),
        }
    }

    pub(super) fn read_link(&self, fd: u32, path: &[u8], length: u32) -> Prediction {
        let mut reasons = Reasons::NONE;
        let node = self.existing(&mut reasons, (fd, 0, path), rights::PATH_READLINK, false);
        let target = node.and_then(|node| match &self.tree.node(node).kind {
            Kind::Link(target) => Some(target),
            _ => None,
        });
        reasons.add(node.is_some() && target.is_none(), Errno::Invalid);
        match target {
            Some(target) if reasons.is_empty() => {
                let bytes = target.len().min(length as usize);
                Ok(Expected::Bytes(target[..bytes].to_vec()))
            }
            _ => Err(reasons),
        }
    }

    pub(super) fn status(&self, fd: u32, lookup: Flags, path: &[u8]) -> Prediction {
        let mut reasons = Reasons::NONE;
        let path = (fd, lookup, path);
        let node = self.existing(&mut reasons, path, rights::PATH_FILESTAT_GET, false);
        match node {
            Some(node) if reasons.is_empty() => Ok(Expected::Status(self.status_of(node))),
            _ => Err(reasons),
        }
    }

    pub(super) fn status_of(&self, id: NodeId) -> Status {
        let node = self.tree.node(id);
        let (size, links) = match &node.kind {
            Kind::File(contents) => (Some(contents.len()), Some(node.links)),
            Kind::Link(target) => (Some(target.len()), Some(node.links)),
            // Systems count in various ways.
            Kind::Directory(_) => (None, None),
        };
        let size = size.map(|size| size as u64);
        let file_type = self.tree.file_type(id);
        Status { node: id, file_type, size, links, modified: node.modified }
    }

    pub(super) fn set_times(
        &mut self,
        fd: u32,
        lookup: Flags,
        path: &[u8],
        times: Times,
    ) -> Prediction {
        let mut reasons = wrong_times(times);
        let path = (fd, lookup, path);
        let node = self.existing(&mut reasons, path, rights::PATH_FILESTAT_SET_TIMES, true);
        match node {
            Some(node) if reasons.is_empty() => {
                self.set_times_of(node, times);
                Ok(Expected::Nothing)
            }
            _ => Err(reasons),
        }
    }

    pub(super) fn set_times_of(&mut self, node: NodeId, times: Times) {
        self.changed = true;
        let node = self.tree.node_mut(node);
        match times.flags >> 2 & 3 {
            1 => node.modified = Some(times.modified),
            2 => node.modified = None,
            _ => {}
        }
    }
}

/// A time that is set to two things at once, or flags that do not exist.
pub(super) fn wrong_times(times: Times) -> Reasons {
    let mut reasons = Reasons::NONE;
    let both = times.flags & 3 == 3 || times.flags >> 2 & 3 == 3;
    reasons.add(times.flags > 0xf || both, Errno::Invalid);
    reasons
}
