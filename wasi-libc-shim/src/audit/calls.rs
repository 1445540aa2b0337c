//! Which host calls name or use something, and where their arguments say what.

use super::{Access, Subject};
use crate::call::{
    ARGS_GET, CLOCK_RES_GET, CLOCK_TIME_GET, ENVIRON_GET, FD_ALLOCATE, FD_FILESTAT_SET_SIZE,
    FD_FILESTAT_SET_TIMES, FD_READDIR, PATH_CREATE_DIRECTORY, PATH_FILESTAT_GET,
    PATH_FILESTAT_SET_TIMES, PATH_LINK, PATH_OPEN, PATH_READLINK, PATH_REMOVE_DIRECTORY,
    PATH_RENAME, PATH_SYMLINK, PATH_UNLINK_FILE, RANDOM_GET, SOCK_ACCEPT,
    UNSTABLE_PATH_FILESTAT_GET,
};
use crate::path::{GuestPath, OPEN_CREATE, OPEN_DIRECTORY, OPEN_TRUNCATE};
use crate::rights;

pub(crate) use crate::call::Arguments;

/// A path among a call's arguments.
#[derive(Clone, Copy)]
pub(crate) struct Role {
    /// The descriptor that it starts from.
    pub(crate) fd: u32,
    pub(crate) path: GuestPath,
    /// A symbolic link at its end is followed.
    pub(crate) follows: bool,
}

/// A call that names files.
pub(crate) struct PathCall {
    /// What it does, as a verb.
    pub(crate) action: &'static str,
    pub(crate) access: Access,
    /// Where the number of the opened file is.
    pub(crate) opened: Option<u32>,
    /// Where the target of a new symbolic link is.
    pub(crate) link_target: Option<u32>,
    first: Role,
    second: Option<Role>,
}

impl PathCall {
    /// Its paths.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &Role> {
        core::iter::once(&self.first).chain(&self.second)
    }
}

/// What a call does with files that it names; none when it names none.
pub(crate) fn path_call(function_index: usize, arguments: Arguments<'_>) -> Option<PathCall> {
    let word = |index| arguments.u32(index);
    let role = |fd, path, follows| Role { fd: word(fd), path: arguments.path(path), follows };
    let follows = word(1) & 1 != 0;
    let (action, access, first, second) = match function_index {
        PATH_OPEN => ("open", open_access(arguments), role(0, 2, follows), None),
        PATH_FILESTAT_GET | UNSTABLE_PATH_FILESTAT_GET => {
            ("stat", Access::Read, role(0, 2, follows), None)
        }
        PATH_READLINK => ("read link", Access::Read, role(0, 1, false), None),
        PATH_FILESTAT_SET_TIMES => ("set times of", Access::Write, role(0, 2, follows), None),
        PATH_CREATE_DIRECTORY => ("create directory", Access::Create, role(0, 1, false), None),
        PATH_SYMLINK => ("create link", Access::Create, role(2, 3, false), None),
        PATH_REMOVE_DIRECTORY => ("remove directory", Access::Write, role(0, 1, false), None),
        PATH_UNLINK_FILE => ("remove", Access::Write, role(0, 1, false), None),
        PATH_RENAME => ("rename", Access::Write, role(0, 1, false), Some(role(3, 4, false))),
        PATH_LINK => ("link", Access::Write, role(0, 2, follows), Some(role(4, 5, false))),
        _ => return None,
    };
    let opened = (function_index == PATH_OPEN).then(|| word(8));
    let link_target = (function_index == PATH_SYMLINK).then(|| word(0));
    Some(PathCall { action, access, opened, link_target, first, second })
}

fn open_access(arguments: Arguments<'_>) -> Access {
    let (flags, base) = (arguments.u32(4), arguments.u64(5));
    if flags & OPEN_CREATE != 0 {
        Access::Create
    } else if flags & OPEN_DIRECTORY != 0 {
        Access::List
    } else if flags & OPEN_TRUNCATE != 0 || base & rights::INTENT_TO_WRITE != 0 {
        Access::Write
    } else {
        Access::Read
    }
}

/// What a call uses that names no file, with a descriptor as its first argument where that is a file.
pub(crate) fn use_without_path(function_index: usize) -> Option<(Subject, Access)> {
    Some(match function_index {
        ENVIRON_GET => (Subject::Environment, Access::Read),
        ARGS_GET => (Subject::Arguments, Access::Read),
        CLOCK_TIME_GET | CLOCK_RES_GET => (Subject::Clock, Access::Read),
        RANDOM_GET => (Subject::Random, Access::Read),
        SOCK_ACCEPT => (Subject::Socket, Access::Read),
        FD_READDIR => (Subject::File, Access::List),
        FD_ALLOCATE | FD_FILESTAT_SET_SIZE | FD_FILESTAT_SET_TIMES => {
            (Subject::File, Access::Write)
        }
        _ => return None,
    })
}

/// Whether a call asks for the time.
pub(crate) fn is_clock(function_index: usize) -> bool {
    matches!(function_index, CLOCK_TIME_GET | CLOCK_RES_GET)
}
