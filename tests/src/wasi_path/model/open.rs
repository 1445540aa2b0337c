//! `path_open` in the model.

use super::resolve::{Place, follows, text};
use super::tree::{Kind, NodeId};
use super::{Descriptor, Expected, Model, Prediction, Reasons};
use crate::wasi_path::operation::How;
use crate::wasi_path::rights::{self, Rights};
use wasi_libc_shim::Errno;

const CREATE: u32 = 1 << 0;
const DIRECTORY: u32 = 1 << 1;
const EXCLUSIVE: u32 = 1 << 2;
const TRUNCATE: u32 = 1 << 3;

/// `fdflags` that have each write be synchronous.
const SYNCHRONOUS: u32 = DSYNC | RSYNC | 1 << 4;
const DSYNC: u32 = 1 << 1;
const RSYNC: u32 = 1 << 3;

impl Model {
    pub(super) fn open_file(&mut self, fd: u32, path: &[u8], how: How) -> Prediction {
        let (create, truncate) = (how.open & CREATE != 0, how.open & TRUNCATE != 0);
        let directory = how.open & DIRECTORY != 0;
        let needed = rights::PATH_OPEN
            | if create { rights::PATH_CREATE_FILE } else { 0 }
            | if truncate { rights::PATH_FILESTAT_SET_SIZE } else { 0 }
            | if how.status & RSYNC != 0 { rights::FD_SYNC } else { 0 };
        let (start, mut reasons) = self.start(fd, needed, false);
        let Some(start) = start else { return Err(reasons) };
        let from = self.descriptor(fd)?.clone();
        reasons = reasons | text(path);
        let follow = reasons.take(follows(how.lookup));
        reasons.add(how.status > 0x1f || how.open > 0xf, Errno::Invalid);
        // Only `path_create_directory` makes directories.
        reasons.add(directory && (create || truncate), Errno::Invalid);

        let mut base = how.base & rights::ALL;
        let mut inheriting = how.inheriting & rights::ALL;
        let writes = base & rights::INTENT_TO_WRITE != 0 && !directory;
        reasons.add(directory && base & rights::FD_WRITE != 0, Errno::IsDirectory);
        if from.read_only {
            reasons.add(create || truncate || writes, Errno::ReadOnlyFileSystem);
            base &= !rights::CHANGING;
            inheriting &= !rights::CHANGING;
        }
        let more = (base | inheriting) & !from.inheriting != 0;
        reasons.add(more, Errno::NotCapable);
        let unsynchronized = from.base & (rights::FD_SYNC | rights::FD_DATASYNC) == 0;
        reasons.add(how.status & DSYNC != 0 && unsynchronized, Errno::NotCapable);

        let opened = follow.map(|follow| self.find_to_open(start, path, follow, how, base));
        let opened = opened.and_then(|opened| reasons.take(opened));
        let Some(opened) = opened.filter(|_| reasons.is_empty()) else { return Err(reasons) };

        let node = match opened {
            ToOpen::Exists(node) => node,
            ToOpen::New(place) => {
                self.changed = true;
                self.tree.add(place.directory, &place.name, Kind::File(Vec::new()))
            }
        };
        if truncate {
            self.set_contents(node, Vec::new());
        }
        let applicable =
            if self.tree.is_directory(node) { rights::DIRECTORY } else { rights::FILE };
        // Rights to resize alone make no directory a file.
        let number = self.insert(Descriptor {
            node,
            base: base & applicable,
            inheriting,
            read_only: from.read_only,
            position: 0,
            append: how.status & 1 != 0,
            nonblock: how.status & 4 != 0,
            synchronous: (how.status & SYNCHRONOUS) as u16,
        });
        Ok(Expected::Number(number.into()))
    }

    /// What is opened: something that exists, or a new file.
    fn find_to_open(
        &self,
        start: NodeId,
        path: &[u8],
        follow: bool,
        how: How,
        base: Rights,
    ) -> Result<ToOpen, Reasons> {
        let (create, exclusive) = (how.open & CREATE != 0, how.open & EXCLUSIVE != 0);
        let tree = &self.tree;
        let mut place = tree.find(start, path)?;
        // «Fail if file already exists», whether one is to be created or not.
        if exclusive && !create {
            tree.entry(&place)?;
            return Err(Errno::Exists.into());
        }
        loop {
            if place.only_directory && create {
                return Err(Errno::IsDirectory.into());
            }
            let directory = place.only_directory || how.open & DIRECTORY != 0;
            let node = match tree.entry(&place) {
                Ok(node) => node,
                Err(reasons) => {
                    let vacant = reasons == Errno::NoEntry.into();
                    let possible = create && !tree.is_gone(place.directory);
                    if !vacant || !possible {
                        return Err(reasons);
                    }
                    return Ok(ToOpen::New(place));
                }
            };
            let mut reasons = Reasons::NONE;
            reasons.add(create && exclusive, Errno::Exists);
            match tree.node(node).kind {
                Kind::File(_) => reasons.add(directory, Errno::NotDirectory),
                Kind::Directory(_) => {
                    // To write means to read the directory, when it is but for its size.
                    let writes = base & rights::FD_WRITE != 0;
                    let wrong = create || writes || how.open & TRUNCATE != 0;
                    reasons.add(wrong, Errno::IsDirectory);
                }
                Kind::Link(_) if reasons.is_empty() && (follow || place.only_directory) => {
                    tree.follow(&mut place)?;
                    continue;
                }
                Kind::Link(_) => {
                    let errno = if directory { Errno::NotDirectory } else { Errno::Loop };
                    reasons.add(true, errno);
                }
            }
            return if reasons.is_empty() { Ok(ToOpen::Exists(node)) } else { Err(reasons) };
        }
    }
}

enum ToOpen {
    Exists(NodeId),
    New(Place),
}
