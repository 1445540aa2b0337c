//! The host's side of WASI on Unix systems.
//!
//! It stands alone as one family of systems. Calls that work on linear memory go to the C library with
//! plain addresses, since no Rust reference may be made to what a program can change or overlap; the
//! rest goes through rustix.

#![allow(unsafe_code)]

#[cfg(not(target_os = "linux"))]
mod bsd;
mod file;
#[cfg(not(target_vendor = "apple"))]
mod linux_and_freebsd;
mod path;
mod place;
mod poll;
mod process;
mod socket;
mod spelling;
mod stream;
pub(super) mod temporary;
mod time;
mod vector;

#[cfg(target_os = "linux")]
mod listing;
#[cfg(target_os = "linux")]
mod procfs;
#[cfg(any(test, not(target_os = "linux")))]
mod snapshot;
/// What differs between Unix systems. Each sibling provides the same items.
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
mod system;

pub(crate) use file::{
    advise, allocate, file_status, seek, set_file_times, set_size, set_status_flags, status_flags,
    synchronize, synchronize_data,
};
#[cfg(any(test, feature = "choose-walk"))]
pub(crate) use path::BY_HAND;
pub(crate) use path::{
    MAXIMUM_LINKS, PATH_BYTES, create_directory, create_symbolic_link, entry_status, hard_link,
    open, open_beneath, open_granted, open_path, read_link, remove_directory, rename,
    set_entry_times, unlink,
};
pub(super) use path::{open_itself, step};
pub(crate) use place::{
    HOME, NO_HOME, TEMPORARY_VARIABLES, current_directory, duplicate, in_root, make_directory,
    open_anywhere, open_to_search, remove_made_directory, temporary_folder,
};
pub(crate) use poll::{PollEntry, poll};
pub(crate) use process::{ignore_broken_pipes, raise, random, sched_yield};
pub(crate) use socket::{Shutdown, accept, listen, receive, send, shut_down};
pub(crate) use spelling::{
    SEPARATOR, argument_path, guest_path, is_absolute, is_drive, is_root, is_separator,
    native_path, program_name, same_variable,
};
pub(crate) use stream::{Handle, access, is_terminal, open_null, standard_streams};
pub(crate) use system::{
    Listing, executable, folder, home_of_user, inherited, is_privileged, is_secret,
};
pub(crate) use temporary::create_private_directory;
pub(crate) use time::{clock_resolution, clock_time};
pub(crate) use vector::{Transfer, Vectors, transfer};

use crate::errno::{Errno, Result};
use rustix::io::Errno as HostErrno;

/// A file of the host that is closed when it goes out of scope.
pub(crate) type Owned = std::os::fd::OwnedFd;
/// A file of the host that somebody else closes.
pub(crate) type Borrowed<'a> = std::os::fd::BorrowedFd<'a>;

/// The file, for a call.
pub(crate) fn borrow(file: &Owned) -> Borrowed<'_> {
    std::os::fd::AsFd::as_fd(file)
}

/// The error of the C library's last call.
fn last_error() -> HostErrno {
    HostErrno::from_raw_os_error(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// Makes a C library call again while signals interrupt it; a negative result is an error.
fn retry(mut call: impl FnMut() -> isize) -> Result<usize> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = last_error();
        if error != HostErrno::INTR {
            return Err(Errno::from(error));
        }
    }
}
