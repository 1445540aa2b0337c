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
pub(super) fn restrict<'a>(
    grants: impl Iterator<Item = Grant<'a>> + Clone,
    required: bool,
) -> Option<u16> {
    let version = version()?;
    restrict_by(version, grants, required).then_some(version)
}

/// The version of the kernel's rules, if it has any.
fn version() -> Option<u16> {
    // SAFETY: asks for a number; no structure is passed.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::null::<c_void>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    u16::try_from(version).ok().filter(|&version| version > 0)
}

/// Restricts the calling thread to `grants` as a kernel of that version can. Says whether it did.
///
/// The first version knows no renames between directories and so refuses them, which is no grant's meaning:
/// where something may be changed, it is used only if it is `required`.
fn restrict_by<'a>(
    version: u16,
    grants: impl Iterator<Item = Grant<'a>> + Clone,
    required: bool,
) -> bool {
    let from = |first: u16, bits: u64| if version >= first { bits } else { 0 };
    let handled = FIRST | from(2, REFER) | from(3, TRUNCATE) | from(5, IOCTL_DEVICE);
    let changes = |grant: Grant<'_>| allowed(grant.access) & REFER != 0;
    if version == 1 && !required && grants.clone().any(changes) {
        return false;
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
    let Some(ruleset) = i32::try_from(ruleset).ok().filter(|&ruleset| ruleset >= 0) else {
        return false;
    };
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
            return false;
        }
    }
    // SAFETY: passes numbers only.
    unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::{AsFd, BorrowedFd};
    use std::path::Path;

    fn grant(file: BorrowedFd<'_>, access: Access) -> impl Iterator<Item = Grant<'_>> + Clone {
        core::iter::repeat_n((file, access), 1).map(|(file, access)| Grant {
            file,
            name: None,
            access,
        })
    }

    /// Does what follows restricted as by that version, which may be any up to the kernel's own.
    fn behind<T: Send>(
        version: u16,
        path: &Path,
        access: Access,
        required: bool,
        act: impl FnOnce() -> T + Send,
    ) -> Option<T> {
        let file = File::open(path).unwrap();
        let thread = || {
            // SAFETY: passes numbers only.
            unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
            restrict_by(version, grant(file.as_fd(), access), required).then(act)
        };
        std::thread::scope(|scope| scope.spawn(thread).join().unwrap())
    }

    const EVERYTHING: Access = Access::Directory { write: true, devices: false };
    const READING: Access = Access::Directory { write: false, devices: false };

    #[test]
    fn every_version_keeps_to_the_grants() {
        let Some(newest) = version() else { return };
        for version in 1..=newest {
            let folder = tempfile::tempdir().unwrap();
            let (inside, outside) = (folder.path().join("inside"), folder.path().join("outside"));
            for path in [&inside.join("a"), &inside.join("b"), &outside] {
                std::fs::create_dir_all(path).unwrap();
                std::fs::write(path.join("file"), "contents").unwrap();
            }
            let renamed = behind(version, &inside, EVERYTHING, true, || {
                assert!(std::fs::read(outside.join("file")).is_err());
                assert!(std::fs::write(outside.join("new"), "").is_err());
                std::fs::write(inside.join("a/new"), "").unwrap();
                std::fs::write(inside.join("a/file"), "shorter").unwrap();
                std::fs::rename(inside.join("a/new"), inside.join("a/other")).unwrap();
                std::fs::remove_file(inside.join("a/other")).unwrap();
                std::fs::rename(inside.join("a/file"), inside.join("b/moved")).is_ok()
            });
            assert_eq!(renamed, Some(version > 1));
            behind(version, &inside, READING, false, || {
                std::fs::read(inside.join("b/file")).unwrap();
                assert!(std::fs::write(inside.join("b/file"), "").is_err());
                assert!(std::fs::remove_file(inside.join("b/file")).is_err());
                assert!(std::fs::read(outside.join("file")).is_err());
            })
            .unwrap();
            assert!(behind(version, &inside, EVERYTHING, false, || ()).is_some() == (version > 1));
        }
    }

    #[test]
    fn single_files_and_new_ones_are_granted() {
        if version().is_none() {
            return;
        }
        let newest = version().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::write(&one, "contents").unwrap();
        std::fs::write(&other, "contents").unwrap();
        behind(newest, &one, Access::File { write: false }, true, || {
            assert_eq!(std::fs::read(&one).unwrap(), b"contents");
            assert!(std::fs::write(&one, "").is_err() && std::fs::read(&other).is_err());
        })
        .unwrap();
        behind(newest, &one, Access::File { write: true }, true, || {
            std::fs::write(&one, "new").unwrap();
            assert!(std::fs::write(&other, "").is_err());
        })
        .unwrap();
        behind(newest, folder.path(), Access::NewFile, true, || {
            std::fs::write(folder.path().join("made"), "new").unwrap();
            assert!(std::fs::remove_file(&other).is_err());
            assert!(std::fs::create_dir(folder.path().join("folder")).is_err());
        })
        .unwrap();
        std::fs::create_dir(folder.path().join("temporary")).unwrap();
        behind(newest, folder.path(), Access::RemoveDirectory, true, || {
            assert!(std::fs::read(&one).is_err() && std::fs::remove_file(&one).is_err());
            std::fs::remove_dir(folder.path().join("temporary")).unwrap();
        })
        .unwrap();
    }
}
