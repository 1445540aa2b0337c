//! The host's side of WASI on Windows.
//!
//! It stands alone as one family of systems. Files are reached by the system's native calls (`ntdll`),
//! since only those open a name in an open directory: a path of the program's never becomes a path of
//! the host's, and no drive, device or stream can be named in one. Linear memory goes to the system as
//! plain addresses, since no Rust reference may be made to what a program can change or overlap. Text
//! is UTF-8 inside and UTF-16 outside. Source: Microsoft, «Windows Driver Kit», `ntifs.h`; «Windows
//! App Development».

#![allow(unsafe_code)]

mod console;
mod directory;
mod disk;
mod error;
mod file;
mod library;
mod link;
mod name;
mod native;
mod object;
mod path;
mod place;
mod poll;
mod process;
mod reparse;
mod socket;
mod spelling;
mod stream;
pub(super) mod temporary;
mod time;
mod vector;

pub(crate) use directory::Listing;
pub(crate) use file::{
    advise, allocate, file_status, seek, set_file_times, set_size, set_status_flags, status_flags,
    synchronize, synchronize_data,
};
pub(crate) use link::{create_symbolic_link, hard_link, read_link, rename};
#[cfg(test)]
pub(crate) use object::from_handle;
pub(crate) use object::{Borrowed, Owned, borrow};
#[cfg(test)]
pub(crate) use path::BY_HAND;
pub(crate) use path::{
    create_directory, entry_status, open, open_beneath, open_granted,
    open_granted as open_to_search, open_path, remove_directory, set_entry_times, unlink,
};
pub(super) use path::{open_itself, step};
pub(crate) use place::{
    HOME, NO_HOME, TEMPORARY_VARIABLES, current_directory, duplicate, executable, folder,
    home_of_user, in_root, is_privileged, make_directory, open_anywhere, remove_made_directory,
    temporary_folder,
};
pub(crate) use poll::{PollEntry, poll};
pub(crate) use process::{ignore_broken_pipes, raise, random, sched_yield};
#[cfg(test)]
pub(crate) use reparse::{is_wine, listed_link_type, write_link};
pub(crate) use socket::{
    Shutdown, accept_connection as accept, listen_at as listen, receive, send, shut_down,
};
pub(crate) use spelling::{
    SEPARATOR, argument_path, guest_path, is_absolute, is_drive, is_root, is_separator,
    native_path, program_name, same_variable,
};
pub(crate) use stream::{Handle, access, is_terminal, open_null, standard_streams};
pub(crate) use temporary::create_private_directory;
pub(crate) use time::{clock_resolution, clock_time};
pub(crate) use vector::{Transfer, Vectors, transfer};

use crate::file_type::FileStatus;

/// Whether an open file is one of processes that not everybody may read: this system has no such files.
pub(crate) fn is_secret(_: Borrowed<'_>, _: &FileStatus) -> bool {
    false
}

/// A file that this process was started with and that has no path: paths name none here.
pub(crate) fn inherited(_: &[u8], _: &[u8]) -> Option<Owned> {
    None
}

/// Symbolic links followed in one path at most, as on Linux.
pub(crate) const MAXIMUM_LINKS: u32 = 40;
/// No path is as long, and no link that can be read.
pub(crate) const PATH_BYTES: usize = 4096;
