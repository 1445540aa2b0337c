//! Landlock: the kernel lets the process reach no file but those that were granted, connect or bind no TCP
//! socket, and signal no process outside.
//!
//! Rules are made from what is open, never from paths again. What the kernel's version knows is all handled,
//! so that what is not named below is refused; what it does not know stays the shim's alone. It has no word
//! for status and times: those of a file outside could be read and set by one who makes system calls of his
//! own, if the program imports the functions for it. Sources: `linux/landlock.h` and
//! `Documentation/userspace-api/landlock.rst` of the kernel, whose versions count from 1, Linux 5.13.

use crate::wall::{Access, Grant};
use core::ffi::c_void;
use core::ptr;
use rustix::fs::{Mode, OFlags};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `struct landlock_ruleset_attr`.
#[repr(C)]
struct RulesetAttributes {
    handled_files: u64,
    /// From version 4 on.
    handled_network: u64,
    /// From version 6 on.
    scoped: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: i32,
}

const CREATE_RULESET_VERSION: u32 = 1;
const RULE_PATH_BENEATH: u32 = 1;

const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIRECTORY: u64 = 1 << 3;
const REMOVE_DIRECTORY: u64 = 1 << 4;
const REMOVE_FILE: u64 = 1 << 5;
const MAKE_CHARACTER_DEVICE: u64 = 1 << 6;
const MAKE_DIRECTORY: u64 = 1 << 7;
const MAKE_REGULAR: u64 = 1 << 8;
const MAKE_SOCKET: u64 = 1 << 9;
const MAKE_FIFO: u64 = 1 << 10;
const MAKE_BLOCK_DEVICE: u64 = 1 << 11;
const MAKE_SYMBOLIC_LINK: u64 = 1 << 12;
/// Links and renames from one directory to another. Before version 2 they are always refused.
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEVICE: u64 = 1 << 15;

/// `LANDLOCK_ACCESS_NET_BIND_TCP` and `_CONNECT_TCP`.
const NETWORK: u64 = 0b11;
/// `LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET` and `_SIGNAL`.
const SCOPED: u64 = 0b11;

/// What the first version knows.
const FIRST: u64 = EXECUTE
    | WRITE_FILE
    | READ_FILE
    | READ_DIRECTORY
    | REMOVE_DIRECTORY
    | REMOVE_FILE
    | MAKE_CHARACTER_DEVICE
    | MAKE_DIRECTORY
    | MAKE_REGULAR
    | MAKE_SOCKET
    | MAKE_FIFO
    | MAKE_BLOCK_DEVICE
    | MAKE_SYMBOLIC_LINK;

/// What a file itself can be used for; rules on files may name nothing else.
const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE;

/// What is let through. Nothing is ever executed, and no device is made: WASI can do neither. Sockets and
/// pipes are made by none of its functions, but renamed.
fn allowed(access: Access) -> u64 {
    const READ: u64 = READ_FILE | READ_DIRECTORY;
    const CHANGE: u64 = WRITE_FILE
        | TRUNCATE
        | REMOVE_DIRECTORY
        | REMOVE_FILE
        | MAKE_DIRECTORY
        | MAKE_REGULAR
        | MAKE_SOCKET
        | MAKE_FIFO
        | MAKE_SYMBOLIC_LINK
        | REFER;
    match access {
        Access::Directory { write, devices } => {
            READ | if write { CHANGE } else { 0 } | if devices { IOCTL_DEVICE } else { 0 }
        }
        Access::File { write } => (READ | if write { CHANGE } else { 0 }) & OF_FILES,
        Access::NewFile => READ_FILE | WRITE_FILE | TRUNCATE | MAKE_REGULAR,
        Access::RemoveDirectory => REMOVE_DIRECTORY,
    }
}

/// Restricts the calling thread to `grants`, and says by which version of the kernel's rules.
///
/// The first version knows no renames between directories and so refuses them, which is no grant's meaning:
/// where something may be changed, it is used only if it is `required`.
pub(super) fn restrict<'a>(
    grants: impl Iterator<Item = Grant<'a>> + Clone,
    required: bool,
) -> Option<u16> {
    // SAFETY: asks for a number; no structure is passed.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::null::<c_void>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    let version = u16::try_from(version).ok().filter(|&version| version > 0)?;
    let from = |first: u16, bits: u64| if version >= first { bits } else { 0 };
    let handled = FIRST | from(2, REFER) | from(3, TRUNCATE) | from(5, IOCTL_DEVICE);
    let changes = |grant: Grant<'_>| allowed(grant.access) & REFER != 0;
    if version == 1 && !required && grants.clone().any(changes) {
        return None;
    }
    let attributes = RulesetAttributes {
        handled_files: handled,
        handled_network: from(4, NETWORK),
        scoped: from(6, SCOPED),
    };
    // Zeros behind what a kernel knows are as good as absent.
    // SAFETY: the structure has the size that is passed.
    let ruleset = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const attributes,
            size_of::<RulesetAttributes>(),
            0_u32,
        )
    };
    let ruleset = i32::try_from(ruleset).ok().filter(|&ruleset| ruleset >= 0)?;
    // SAFETY: the call has just made this file, and nobody else has it.
    let ruleset = unsafe { OwnedFd::from_raw_fd(ruleset) };
    for grant in grants {
        // What has gone meanwhile needs no rule; a link would stand for something else.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = |name| rustix::fs::openat(grant.file, name, flags, Mode::empty());
        let named = match grant.name.map(open) {
            Some(Err(_)) => continue,
            named => named.and_then(Result::ok),
        };
        let rule = PathBeneath {
            allowed: allowed(grant.access) & handled,
            parent: named.as_ref().map_or(grant.file.as_raw_fd(), AsRawFd::as_raw_fd),
        };
        // SAFETY: the structure is of the kind that the number says.
        let added = unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                ruleset.as_raw_fd(),
                RULE_PATH_BENEATH,
                &raw const rule,
                0_u32,
            )
        };
        // Half of the rules would refuse what was granted.
        if added != 0 {
            return None;
        }
    }
    // SAFETY: passes numbers only.
    let restricted =
        unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) };
    (restricted == 0).then_some(version)
}
