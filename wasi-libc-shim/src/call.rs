//! Turns a host call, by number and slots, into a call of the area that it belongs to.
//!
//! It stands alone because it is where compiled code's untyped arguments get their meaning. Invariant:
//! every function of [`PREVIEW1`] and [`UNSTABLE`] is here, by its name; arguments are read by its
//! signature.

use crate::edition::Edition;
use crate::errno::{Errno, Result};
use crate::file::GuestVectors;
use crate::host::{Transfer, Whence};
use crate::memory::GuestMemory;
use crate::path::{GuestOpen, GuestPath, GuestTimes};
use crate::{Outcome, Wasi};
use crate::{arguments, audit, clock, descriptor, directory, file, path, poll, process, socket};
use wasm2native_abi::instance::Slot;
use wasm2native_abi::wasi::{self, PREVIEW1, UNSTABLE, WasiFunction};

/// The index of a function in a table, when this is compiled.
pub(crate) const fn index_of(table: &[WasiFunction], name: &str) -> usize {
    let name = name.as_bytes();
    let mut index = 0;
    while index < table.len() {
        let other = table[index].name.as_bytes();
        let mut at = 0;
        while at < name.len() && at < other.len() && name[at] == other[at] {
            at += 1;
        }
        if at == name.len() && at == other.len() {
            return index;
        }
        index += 1;
    }
    panic!("no such function of WASI")
}

macro_rules! functions {
    ($($constant:ident = $name:literal;)*) => {
        $(pub(crate) const $constant: usize = index_of(&PREVIEW1, $name);)*
        const NAMED: usize = [$($constant),*].len();
    };
}

functions! {
    ARGS_GET = "args_get";
    ARGS_SIZES_GET = "args_sizes_get";
    ENVIRON_GET = "environ_get";
    ENVIRON_SIZES_GET = "environ_sizes_get";
    CLOCK_RES_GET = "clock_res_get";
    CLOCK_TIME_GET = "clock_time_get";
    FD_ADVISE = "fd_advise";
    FD_ALLOCATE = "fd_allocate";
    FD_CLOSE = "fd_close";
    FD_DATASYNC = "fd_datasync";
    FD_FDSTAT_GET = "fd_fdstat_get";
    FD_FDSTAT_SET_FLAGS = "fd_fdstat_set_flags";
    FD_FDSTAT_SET_RIGHTS = "fd_fdstat_set_rights";
    FD_FILESTAT_GET = "fd_filestat_get";
    FD_FILESTAT_SET_SIZE = "fd_filestat_set_size";
    FD_FILESTAT_SET_TIMES = "fd_filestat_set_times";
    FD_PREAD = "fd_pread";
    FD_PRESTAT_GET = "fd_prestat_get";
    FD_PRESTAT_DIR_NAME = "fd_prestat_dir_name";
    FD_PWRITE = "fd_pwrite";
    FD_READ = "fd_read";
    FD_READDIR = "fd_readdir";
    FD_RENUMBER = "fd_renumber";
    FD_SEEK = "fd_seek";
    FD_SYNC = "fd_sync";
    FD_TELL = "fd_tell";
    FD_WRITE = "fd_write";
    PATH_CREATE_DIRECTORY = "path_create_directory";
    PATH_FILESTAT_GET = "path_filestat_get";
    PATH_FILESTAT_SET_TIMES = "path_filestat_set_times";
    PATH_LINK = "path_link";
    PATH_OPEN = "path_open";
    PATH_READLINK = "path_readlink";
    PATH_REMOVE_DIRECTORY = "path_remove_directory";
    PATH_RENAME = "path_rename";
    PATH_SYMLINK = "path_symlink";
    PATH_UNLINK_FILE = "path_unlink_file";
    POLL_ONEOFF = "poll_oneoff";
    PROC_EXIT = "proc_exit";
    PROC_RAISE = "proc_raise";
    SCHED_YIELD = "sched_yield";
    RANDOM_GET = "random_get";
    SOCK_ACCEPT = "sock_accept";
    SOCK_RECV = "sock_recv";
    SOCK_SEND = "sock_send";
    SOCK_SHUTDOWN = "sock_shutdown";
}

const _: () = assert!(NAMED == PREVIEW1.len());

const UNSTABLE_FD_FILESTAT_GET: usize = PREVIEW1.len() + index_of(&UNSTABLE, "fd_filestat_get");
const UNSTABLE_FD_SEEK: usize = PREVIEW1.len() + index_of(&UNSTABLE, "fd_seek");
const UNSTABLE_PATH_FILESTAT_GET: usize = PREVIEW1.len() + index_of(&UNSTABLE, "path_filestat_get");
const UNSTABLE_POLL_ONEOFF: usize = PREVIEW1.len() + index_of(&UNSTABLE, "poll_oneoff");

const _: () = assert!(UNSTABLE.len() == 4);

/// The function of preview 1 that does the same.
const fn namesake(function_index: usize) -> usize {
    match function_index {
        UNSTABLE_FD_FILESTAT_GET => FD_FILESTAT_GET,
        UNSTABLE_FD_SEEK => FD_SEEK,
        UNSTABLE_PATH_FILESTAT_GET => PATH_FILESTAT_GET,
        UNSTABLE_POLL_ONEOFF => POLL_ONEOFF,
        other => other,
    }
}

/// The most parameters that a function has.
pub(crate) const MOST_PARAMETERS: usize = {
    let (mut most, mut index) = (0, 0);
    while let Some(function) = wasi::at(index) {
        if function.parameters.len() > most {
            most = function.parameters.len();
        }
        index += 1;
    }
    most
};

/// The arguments of a call, behind which are zeros: none of the many places that take one need look whether
/// it is there.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a>(pub(crate) &'a [Slot; MOST_PARAMETERS]);

impl Arguments<'_> {
    #[inline(always)]
    pub(crate) fn u32(self, index: usize) -> u32 {
        self.0.get(index).map_or(0, |slot| slot.as_u32())
    }

    #[inline(always)]
    pub(crate) fn u64(self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |slot| slot.as_u64())
    }

    pub(crate) fn path(self, index: usize) -> GuestPath {
        GuestPath { pointer: self.u32(index), length: self.u32(index + 1) }
    }

    fn vectors(self, index: usize) -> GuestVectors {
        GuestVectors { pointer: self.u32(index), count: self.u32(index + 1) }
    }

    fn times(self, index: usize) -> GuestTimes {
        GuestTimes {
            accessed: self.u64(index),
            modified: self.u64(index + 1),
            flags: self.u32(index + 2),
        }
    }
}

/// Does the host call at `function_index` of [`wasm2native_abi::wasi::at`], with the arguments in `slots`.
pub fn call(
    wasi: &mut Wasi,
    function_index: usize,
    memory: &mut GuestMemory<'_>,
    slots: &[Slot],
) -> Outcome {
    let mut all = [Slot::ZERO; MOST_PARAMETERS];
    for (place, slot) in all.iter_mut().zip(slots) {
        *place = *slot;
    }
    let arguments = Arguments(&all);
    if function_index == PROC_EXIT {
        return Outcome::Exit(arguments.u32(0));
    }
    let names = audit::before(wasi, namesake(function_index), memory, arguments);
    let result = dispatch(wasi, function_index, memory, arguments);
    if names.is_some() || result.is_err() {
        audit::observe(wasi, namesake(function_index), memory, arguments, names, result);
    }
    Outcome::Return(match result {
        Ok(()) => Errno::Success as u32,
        Err(error) => error as u32,
    })
}

/// In its only caller's frame: a system call makes many processors forget where the frames above it return to.
#[inline(always)]
fn dispatch(
    wasi: &mut Wasi,
    function_index: usize,
    memory: &mut GuestMemory<'_>,
    arguments: Arguments<'_>,
) -> Result<()> {
    let word = |index| arguments.u32(index);
    let long = |index| arguments.u64(index);
    let fd = word(0);
    let edition =
        if function_index < PREVIEW1.len() { Edition::Preview1 } else { Edition::Unstable };
    match function_index {
        ARGS_GET => arguments::get(&wasi.arguments, memory, word(0), word(1)),
        ARGS_SIZES_GET => arguments::sizes_get(&wasi.arguments, memory, word(0), word(1)),
        ENVIRON_GET => arguments::get(&wasi.environment, memory, word(0), word(1)),
        ENVIRON_SIZES_GET => arguments::sizes_get(&wasi.environment, memory, word(0), word(1)),
        CLOCK_RES_GET => clock::res_get(&wasi.time, memory, word(0), word(1)),
        CLOCK_TIME_GET => clock::time_get(&mut wasi.time, memory, word(0), word(2)),
        FD_ADVISE => file::advise(wasi, fd, long(1), long(2), word(3)),
        FD_ALLOCATE => file::allocate(wasi, fd, long(1), long(2)),
        FD_CLOSE => descriptor::close(wasi, fd),
        FD_DATASYNC => file::datasync(wasi, fd),
        FD_FDSTAT_GET => file::fdstat_get(wasi, memory, fd, word(1)),
        FD_FDSTAT_SET_FLAGS => file::fdstat_set_flags(wasi, fd, word(1)),
        FD_FDSTAT_SET_RIGHTS => descriptor::fdstat_set_rights(wasi, fd, long(1), long(2)),
        FD_FILESTAT_GET | UNSTABLE_FD_FILESTAT_GET => {
            file::filestat_get(wasi, memory, edition, fd, word(1))
        }
        FD_FILESTAT_SET_SIZE => file::filestat_set_size(wasi, fd, long(1)),
        FD_FILESTAT_SET_TIMES => file::filestat_set_times(wasi, fd, arguments.times(1)),
        FD_READ | FD_WRITE | FD_PREAD | FD_PWRITE => {
            let (direction, result) = match function_index {
                FD_READ => (Transfer::Read, word(3)),
                FD_WRITE => (Transfer::Write, word(3)),
                FD_PREAD => (Transfer::ReadAt(long(3)), word(4)),
                _ => (Transfer::WriteAt(long(3)), word(4)),
            };
            file::transfer(wasi, memory, fd, arguments.vectors(1), direction, result)
        }
        FD_PRESTAT_GET => descriptor::prestat_get(wasi, memory, fd, word(1)),
        FD_PRESTAT_DIR_NAME => descriptor::prestat_dir_name(wasi, memory, fd, word(1), word(2)),
        FD_READDIR => directory::readdir(wasi, memory, fd, word(1), word(2), long(3), word(4)),
        FD_RENUMBER => descriptor::renumber(wasi, fd, word(1)),
        FD_SEEK | UNSTABLE_FD_SEEK => {
            let whence = edition.whence(word(2));
            file::seek(wasi, memory, fd, long(1).cast_signed(), whence, word(3))
        }
        FD_SYNC => file::sync(wasi, fd),
        FD_TELL => file::seek(wasi, memory, fd, 0, Some(Whence::Current), word(1)),
        PATH_CREATE_DIRECTORY => path::create_directory(wasi, memory, fd, arguments.path(1)),
        PATH_FILESTAT_GET | UNSTABLE_PATH_FILESTAT_GET => {
            path::filestat_get(wasi, memory, edition, fd, word(1), arguments.path(2), word(4))
        }
        PATH_FILESTAT_SET_TIMES => {
            let (path, times) = (arguments.path(2), arguments.times(4));
            path::filestat_set_times(wasi, memory, fd, word(1), path, times)
        }
        PATH_LINK => {
            let (old, new) = (arguments.path(2), arguments.path(5));
            path::link(wasi, memory, fd, word(1), old, word(4), new)
        }
        PATH_OPEN => {
            let how = GuestOpen {
                lookup_flags: word(1),
                open_flags: word(4),
                rights_base: long(5),
                rights_inheriting: long(6),
                status_flags: word(7),
            };
            path::open(wasi, memory, fd, arguments.path(2), how, word(8))
        }
        PATH_READLINK => {
            let path = arguments.path(1);
            path::readlink(wasi, memory, fd, path, word(3), word(4), word(5))
        }
        PATH_REMOVE_DIRECTORY => path::remove_directory(wasi, memory, fd, arguments.path(1)),
        PATH_RENAME => {
            let (old, new) = (arguments.path(1), arguments.path(4));
            path::rename(wasi, memory, fd, old, word(3), new)
        }
        PATH_SYMLINK => path::symlink(wasi, memory, arguments.path(0), word(2), arguments.path(3)),
        PATH_UNLINK_FILE => path::unlink_file(wasi, memory, fd, arguments.path(1)),
        POLL_ONEOFF | UNSTABLE_POLL_ONEOFF => {
            poll::oneoff(wasi, memory, edition, word(0), word(1), word(2), word(3))
        }
        PROC_RAISE => process::raise(word(0)),
        SCHED_YIELD => process::sched_yield(),
        RANDOM_GET => process::random_get(&mut wasi.random, memory, word(0), word(1)),
        SOCK_ACCEPT => socket::accept(wasi, memory, fd, word(1), word(2)),
        SOCK_RECV => {
            let vectors = arguments.vectors(1);
            socket::recv(wasi, memory, fd, vectors, word(3), word(4), word(5))
        }
        SOCK_SEND => socket::send(wasi, memory, fd, arguments.vectors(1), word(3), word(4)),
        SOCK_SHUTDOWN => socket::shutdown(wasi, fd, word(1)),
        _ => Err(Errno::NoSystemCall),
    }
}
