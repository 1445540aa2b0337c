//! Which host calls name or use something, and where their arguments say what.

use super::{Access, Action, Subject};
use crate::call::{
    ARGS_GET, CLOCK_RES_GET, CLOCK_TIME_GET, ENVIRON_GET, FD_ALLOCATE, FD_FILESTAT_SET_SIZE,
    FD_FILESTAT_SET_TIMES, FD_READDIR, PATH_CREATE_DIRECTORY, PATH_FILESTAT_GET,
    PATH_FILESTAT_SET_TIMES, PATH_LINK, PATH_OPEN, PATH_READLINK, PATH_REMOVE_DIRECTORY,
    PATH_RENAME, PATH_SYMLINK, PATH_UNLINK_FILE, RANDOM_GET, SOCK_ACCEPT,
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
    pub(crate) action: Action,
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

/// A line of the table of calls that name files: where their arguments are.
struct Line {
    function: u8,
    action: Action,
    access: Access,
    /// The descriptor and the path that starts from it.
    first: (u8, u8),
    /// The same of the other path; both 0 when there is none.
    second: (u8, u8),
    /// Has lookup flags, as its second argument.
    looks_up: bool,
}

const fn line(
    function: usize,
    action: Action,
    access: Access,
    first: (u8, u8),
    second: (u8, u8),
    looks_up: bool,
) -> Line {
    Line { function: function as u8, action, access, first, second, looks_up }
}

const NONE: (u8, u8) = (0, 0);

const LINES: [Line; 10] = [
    line(PATH_OPEN, Action::Open, Access::Read, (0, 2), NONE, true),
    line(PATH_FILESTAT_GET, Action::Stat, Access::Read, (0, 2), NONE, true),
    line(PATH_READLINK, Action::ReadLink, Access::Read, (0, 1), NONE, false),
    line(PATH_FILESTAT_SET_TIMES, Action::SetTimes, Access::Write, (0, 2), NONE, true),
    line(PATH_CREATE_DIRECTORY, Action::CreateDirectory, Access::Create, (0, 1), NONE, false),
    line(PATH_SYMLINK, Action::CreateLink, Access::Create, (2, 3), NONE, false),
    line(PATH_REMOVE_DIRECTORY, Action::RemoveDirectory, Access::Write, (0, 1), NONE, false),
    line(PATH_UNLINK_FILE, Action::Remove, Access::Write, (0, 1), NONE, false),
    line(PATH_RENAME, Action::Rename, Access::Write, (0, 1), (3, 4), false),
    line(PATH_LINK, Action::Link, Access::Write, (0, 2), (4, 5), true),
];

/// What a call does with files that it names; none when it names none.
#[inline(never)]
pub(crate) fn path_call(function_index: usize, arguments: Arguments<'_>) -> Option<PathCall> {
    let line = LINES.iter().find(|line| usize::from(line.function) == function_index)?;
    let word = |index: u8| arguments.u32(index.into());
    let role = |(fd, path): (u8, u8), follows| Role {
        fd: word(fd),
        path: arguments.path(path.into()),
        follows,
    };
    let is_open = function_index == PATH_OPEN;
    Some(PathCall {
        action: line.action,
        access: if is_open { open_access(arguments) } else { line.access },
        opened: is_open.then(|| word(8)),
        link_target: (function_index == PATH_SYMLINK).then(|| word(0)),
        first: role(line.first, line.looks_up && word(1) & 1 != 0),
        second: (line.second != NONE).then(|| role(line.second, false)),
    })
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
