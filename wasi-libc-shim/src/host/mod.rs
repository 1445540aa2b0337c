//! What the areas of WASI need of the system they run on, one sibling module for each family of systems.
//!
//! It stands alone so that no area names a system call: they decide what a program may do and what it is
//! told, and this does it. Each sibling provides the same items, with the same meaning. Invariants: no
//! name given to a function that takes a directory and a name contains a `/`, and none of these
//! functions follows a symbolic link; of those that take a path, `open_beneath` and `open_path` stay
//! beneath the directory that it starts from, and the others are for paths of the user's and for programs
//! that may go anywhere.

pub(crate) mod fresh_name;
mod remove_tree;
#[cfg(unix)]
mod unix;
mod walk;
#[cfg(windows)]
mod windows;

pub(crate) use remove_tree::remove_tree;
#[cfg(unix)]
use unix::temporary as system_temporary;
#[cfg(unix)]
pub(crate) use unix::*;
pub(crate) use walk::open_directory;
#[cfg(all(test, unix))]
pub(crate) use walk::walk_by_hand;
#[cfg(windows)]
use windows::temporary as system_temporary;
#[cfg(windows)]
pub(crate) use windows::*;

use crate::file_type::SetTime;

/// How to open a file; reading is the least that any open gives.
#[derive(Clone, Copy, Default)]
pub(crate) struct OpenOptions {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) status: StatusFlags,
}

/// The `fdflags` of an open file.
#[derive(Clone, Copy, Default)]
pub(crate) struct StatusFlags {
    pub(crate) append: bool,
    pub(crate) nonblock: bool,
    /// Data only, on each write.
    pub(crate) data_synchronous: bool,
    /// Data and status, on each write; and on each read where the host can do so.
    pub(crate) synchronous: bool,
}

/// When to set a file's times to.
#[derive(Clone, Copy)]
pub(crate) struct SetTimes {
    pub(crate) accessed: SetTime,
    pub(crate) modified: SetTime,
}

/// From where [`seek`] counts.
#[derive(Clone, Copy)]
pub(crate) enum Whence {
    Start,
    Current,
    End,
}

/// A folder of the user's for one purpose.
#[derive(Clone, Copy)]
pub(crate) enum Folder {
    Config,
    Data,
    Cache,
}

/// What a program will do with a range of a file.
#[derive(Clone, Copy)]
pub(crate) enum Advice {
    Normal,
    Sequential,
    Random,
    WillNeed,
    DontNeed,
    NoReuse,
}
