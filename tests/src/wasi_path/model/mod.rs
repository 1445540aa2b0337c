//! A small file system in memory and a program's descriptors on it: what each host call has to do.
//!
//! It is written from the specification and POSIX, not from the shim. Invariant: a call for which there is
//! a reason to fail fails, with one of the reasons; one for which there is none succeeds. Where several
//! reasons apply the order in which they are checked is nobody's business, so all count.

mod files;
mod names;
mod open;
mod resolve;
mod tree;

use super::operation::Operation;
use super::rights::Rights;
pub(super) use tree::{Kind, NodeId, Tree};

use std::collections::{BTreeMap, BTreeSet};
use wasi_libc_shim::Errno;

/// Errors with which a call may fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Reasons(u128);

impl Reasons {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn contain(self, errno: u32) -> bool {
        errno < 128 && self.0 >> errno & 1 != 0
    }

    /// Adds a reason when there is cause.
    fn add(&mut self, cause: bool, errno: Errno) {
        if cause {
            self.0 |= 1 << errno as u32;
        }
    }

    /// Adds the reasons of a result that is an error, and unwraps it otherwise.
    fn take<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        result.map_err(|reasons| self.0 |= reasons.0).ok()
    }
}

impl From<Errno> for Reasons {
    fn from(errno: Errno) -> Self {
        Self(1 << errno as u32)
    }
}

impl std::ops::BitOr for Reasons {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::fmt::Debug for Reasons {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries((0..128).filter(|&errno| self.contain(errno))).finish()
    }
}

/// What a call has to do.
pub(super) type Prediction = Result<Expected, Reasons>;

/// The entries of a directory: names with WASI's numbers of their types.
pub(super) type Entries = BTreeSet<(Vec<u8>, u8)>;

/// What a call that succeeds has to answer.
#[derive(Debug)]
pub(super) enum Expected {
    /// Anything, an error too.
    Unknown,
    Nothing,
    /// A descriptor, a count or a position.
    Number(u64),
    /// What is read.
    Bytes(Vec<u8>),
    /// A file's status.
    Status(Status),
    /// A descriptor's status.
    Descriptor {
        file_type: u8,
        flags: u16,
        base: Rights,
        inheriting: Rights,
    },
    /// All of these entries, or some when the buffer leaves some out. Behind a cookie there may be entries
    /// that were there when the program began to read.
    Entries {
        all: bool,
        entries: Option<Entries>,
    },
}

/// The part of a file's status that is known.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) node: NodeId,
    pub(super) file_type: u8,
    pub(super) size: Option<u64>,
    pub(super) links: Option<u64>,
    pub(super) modified: Option<u64>,
}

/// An open descriptor.
#[derive(Clone)]
struct Descriptor {
    node: NodeId,
    base: Rights,
    inheriting: Rights,
    read_only: bool,
    position: u64,
    append: bool,
    nonblock: bool,
    synchronous: u16,
}

/// What a program has.
pub(super) struct Model {
    pub(super) tree: Tree,
    /// None: a number that is taken by something that is not modelled, such as a name from the command line.
    descriptors: BTreeMap<u32, Option<Descriptor>>,
    /// Nodes whose entries or contents are not those that the tree began with.
    pub(super) changed: bool,
}

/// How paths begin that the model does not know: what they stand for is where the guest says.
pub(super) const ELSEWHERE: &[u8] = b"@@";

/// The directory of a grant.
pub(super) struct Grant {
    pub(super) node: NodeId,
    pub(super) read_only: bool,
    pub(super) base: Rights,
    pub(super) inheriting: Rights,
}

impl Model {
    /// A program that has these descriptors, by number; none for those that are not modelled.
    pub(super) fn new(tree: Tree, grants: impl Iterator<Item = (u32, Option<Grant>)>) -> Self {
        let descriptors = grants.map(|(number, grant)| {
            let descriptor = grant.map(|grant| Descriptor {
                node: grant.node,
                base: grant.base,
                inheriting: grant.inheriting,
                read_only: grant.read_only,
                position: 0,
                append: false,
                nonblock: false,
                synchronous: 0,
            });
            (number, descriptor)
        });
        Self { tree, descriptors: descriptors.collect(), changed: false }
    }

    /// What `operation` has to do; when that is to succeed, it is done here too.
    pub(super) fn apply(&mut self, operation: &Operation) -> Prediction {
        if self.is_elsewhere(operation).contains(&true) {
            return Ok(Expected::Unknown);
        }
        self.dispatch(operation).map_err(|reasons| reasons | wrong_arguments(operation))
    }

    fn dispatch(&mut self, operation: &Operation) -> Prediction {
        use Operation as Op;
        match operation {
            Op::Open { fd, path, how } => self.open_file(*fd, path, *how),
            Op::CreateDirectory { fd, path } => self.create_directory(*fd, path),
            Op::RemoveDirectory { fd, path } => self.remove_directory(*fd, path),
            Op::Unlink { fd, path } => self.unlink(*fd, path),
            Op::Rename { old_fd, old, new_fd, new } => self.rename((*old_fd, old), (*new_fd, new)),
            Op::Link { old_fd, lookup, old, new_fd, new } => {
                self.link((*old_fd, *lookup, old), (*new_fd, new))
            }
            Op::SymbolicLink { target, fd, path } => self.symbolic_link(target, *fd, path),
            Op::ReadLink { fd, path, length } => self.read_link(*fd, path, *length),
            Op::Status { fd, lookup, path } => self.status(*fd, *lookup, path),
            Op::SetTimes { fd, lookup, path, times } => self.set_times(*fd, *lookup, path, *times),
            Op::Close { fd } => self.close(*fd),
            Op::Renumber { from, to } => self.renumber(*from, *to),
            Op::Descriptor { fd } => self.descriptor_status(*fd),
            Op::SetRights { fd, base, inheriting } => self.set_rights(*fd, *base, *inheriting),
            Op::SetFlags { fd, flags } => self.set_flags(*fd, *flags),
            Op::FileStatus { fd } => self.file_status(*fd),
            Op::SetFileTimes { fd, times } => self.set_file_times(*fd, *times),
            Op::SetSize { fd, size } => self.set_size(*fd, *size),
            Op::Allocate { fd, offset, length } => self.allocate(*fd, *offset, *length),
            Op::Advise { fd, offset, length, advice } => {
                self.advise(*fd, *offset, *length, *advice)
            }
            Op::Synchronize { fd, only_data } => self.synchronize(*fd, *only_data),
            Op::Read { fd, length, at } => self.read(*fd, *length, *at),
            Op::Write { fd, bytes, at } => self.write(*fd, bytes, *at),
            Op::Seek { fd, offset, whence } => self.seek(*fd, *offset, *whence),
            Op::Tell { fd } => self.tell(*fd),
            Op::List { fd, cookie, length } => self.list(*fd, *cookie, *length),
        }
    }

    /// For each place that an operation is about, whether it is one that is not modelled.
    pub(super) fn is_elsewhere(&self, operation: &Operation) -> Vec<bool> {
        let not_modelled = |fd: &u32| matches!(self.descriptors.get(fd), Some(None));
        let places = operation.places();
        places
            .into_iter()
            .map(|(fd, path)| not_modelled(&fd) || path.starts_with(ELSEWHERE))
            .collect()
    }

    /// Descriptors of what is not modelled.
    pub(super) fn elsewhere(&self) -> Vec<u32> {
        let all = self.descriptors.iter();
        all.filter(|(_, known)| known.is_none()).map(|(&fd, _)| fd).collect()
    }

    /// The number that something gets which was opened and is not modelled.
    pub(super) fn opened_elsewhere(&mut self) -> u32 {
        let number = self.lowest_free();
        self.descriptors.insert(number, None);
        number
    }

    /// The descriptors that are modelled.
    pub(super) fn open(&self) -> Vec<u32> {
        self.select(|_| true)
    }

    /// Those of directories.
    pub(super) fn directories(&self) -> Vec<u32> {
        self.select(|descriptor| self.tree.is_directory(descriptor.node))
    }

    /// Those of files.
    pub(super) fn files(&self) -> Vec<u32> {
        self.select(|descriptor| !self.tree.is_directory(descriptor.node))
    }

    /// Those of directories that may be changed.
    pub(super) fn writable(&self) -> Vec<u32> {
        self.select(|descriptor| self.tree.is_directory(descriptor.node) && !descriptor.read_only)
    }

    /// What a descriptor is open on.
    pub(super) fn node(&self, fd: u32) -> Option<NodeId> {
        self.descriptor(fd).ok().map(|descriptor| descriptor.node)
    }

    fn select(&self, wanted: impl Fn(&Descriptor) -> bool) -> Vec<u32> {
        let known = self.descriptors.iter().filter_map(|(&fd, known)| Some((fd, known.as_ref()?)));
        known.filter(|(_, descriptor)| wanted(descriptor)).map(|(fd, _)| fd).collect()
    }

    /// The rights of a descriptor: its own, and those that it passes on.
    pub(super) fn rights(&self, fd: u32) -> Option<(Rights, Rights)> {
        let descriptor = self.descriptors.get(&fd)?.as_ref()?;
        Some((descriptor.base, descriptor.inheriting))
    }

    fn descriptor(&self, fd: u32) -> Result<&Descriptor, Reasons> {
        self.descriptors.get(&fd).and_then(Option::as_ref).ok_or(Errno::BadDescriptor.into())
    }

    fn descriptor_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Reasons> {
        let descriptor = self.descriptors.get_mut(&fd).and_then(Option::as_mut);
        descriptor.ok_or(Errno::BadDescriptor.into())
    }

    /// Gives a descriptor the lowest number, behind those of the standard streams.
    fn insert(&mut self, descriptor: Descriptor) -> u32 {
        let number = self.lowest_free();
        self.descriptors.insert(number, Some(descriptor));
        number
    }

    fn lowest_free(&self) -> u32 {
        let free = (3..).find(|number| !self.descriptors.contains_key(number));
        free.expect("fewer than 2^32 are open")
    }
}

/// What is wrong with arguments whatever the descriptors are.
fn wrong_arguments(operation: &Operation) -> Reasons {
    use Operation as Op;
    let mut reasons = Reasons::NONE;
    match operation {
        Op::Open { path, how, .. } => {
            let directory = how.open & 2 != 0;
            let invalid = how.lookup > 1
                || how.status > 0x1f
                || how.open > 0xf
                || directory && how.open & 9 != 0;
            reasons = reasons | resolve::text(path);
            reasons.add(invalid, Errno::Invalid);
        }
        Op::CreateDirectory { path, .. }
        | Op::RemoveDirectory { path, .. }
        | Op::Unlink { path, .. }
        | Op::ReadLink { path, .. } => reasons = resolve::text(path),
        Op::Rename { old, new, .. } => reasons = resolve::text(old) | resolve::text(new),
        Op::Link { lookup, old, new, .. } => {
            reasons = resolve::text(old) | resolve::text(new);
            reasons.add(*lookup > 1, Errno::Invalid);
        }
        Op::SymbolicLink { target, path, .. } => {
            reasons = resolve::text(target) | resolve::text(path);
            reasons.add(target.starts_with(b"/"), Errno::NotPermitted);
        }
        Op::Status { lookup, path, .. } => {
            reasons = resolve::text(path);
            reasons.add(*lookup > 1, Errno::Invalid);
        }
        Op::SetTimes { lookup, path, times, .. } => {
            reasons = resolve::text(path) | names::wrong_times(*times);
            reasons.add(*lookup > 1, Errno::Invalid);
        }
        Op::SetFileTimes { times, .. } => reasons = names::wrong_times(*times),
        Op::SetFlags { flags, .. } => reasons.add(*flags > 0x1f, Errno::Invalid),
        Op::Advise { advice, .. } => reasons.add(*advice > 5, Errno::Invalid),
        Op::Seek { whence, .. } => reasons.add(*whence > 2, Errno::Invalid),
        _ => {}
    }
    reasons
}
