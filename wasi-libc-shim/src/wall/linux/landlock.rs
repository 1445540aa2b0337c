//! Landlock: the kernel lets the process reach no file but those that were granted, connect or bind no TCP
//! socket, and signal no process outside.
//!
//! Rules are made from what is open and names in it, never from paths again. What the kernel's version knows is all handled,
//! so that what is not named below is refused; what it does not know stays the shim's alone. A rule is the
//! less the fewer functions the program imports. There is no word
//! for status and times: those of a file outside could be read and set by one who makes system calls of his
//! own, if the program imports the functions for it. Sources: `linux/landlock.h` and
//! `Documentation/userspace-api/landlock.rst` of the kernel, whose versions count from 1, Linux 5.13.

use crate::wall::{Access, Grant, HostCalls};
use core::ffi::{CStr, c_void};
use core::ptr;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

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

/// What is read beneath a directory.
const READ: u64 = READ_FILE | READ_DIRECTORY;
/// What is made beneath it, as the functions of WASI make things or rename them.
const MAKE: u64 = MAKE_REGULAR | MAKE_SOCKET | MAKE_FIFO | MAKE_SYMBOLIC_LINK;
/// What else is changed beneath it.
const CHANGE: u64 =
    MAKE | MAKE_DIRECTORY | WRITE_FILE | TRUNCATE | REMOVE_DIRECTORY | REMOVE_FILE | REFER;

const CREATE_DIRECTORY: HostCalls = HostCalls::named(&["path_create_directory"]);

/// What functions are good for, one of which the program imports. Nothing is ever executed, and no device is
/// made: WASI can do neither. Sockets and pipes are made by none of its functions, but renamed and linked to.
const USES: [(HostCalls, u64); 7] = [
    (HostCalls::named(&["path_open"]), READ | WRITE_FILE | TRUNCATE | MAKE_REGULAR | IOCTL_DEVICE),
    (CREATE_DIRECTORY, MAKE_DIRECTORY),
    (HostCalls::named(&["path_symlink"]), MAKE_SYMBOLIC_LINK),
    (HostCalls::named(&["path_unlink_file"]), REMOVE_FILE),
    (HostCalls::named(&["path_remove_directory"]), REMOVE_DIRECTORY),
    // A link to a directory is refused as everywhere, and not for want of a right.
    (HostCalls::named(&["path_link"]), MAKE | MAKE_DIRECTORY | REFER),
    (
        HostCalls::named(&["path_rename"]),
        MAKE | MAKE_DIRECTORY | REMOVE_FILE | REMOVE_DIRECTORY | REFER,
    ),
];

/// All that a program does with files that imports these functions.
fn used_by(imports: HostCalls) -> u64 {
    USES.iter().filter(|(names, _)| names.meets(imports)).fold(0, |used, (_, uses)| used | uses)
}

/// What is let through beneath a directory, or in a file.
fn beneath(write: bool) -> u64 {
    READ | if write { CHANGE } else { 0 }
}

/// What is let through beneath the directory around a name, of what a program does that imports these
/// functions: as far as the name may come and go. `there` is what is of that name now.
fn around(there: Option<FileType>, fixed: bool, imports: HostCalls) -> u64 {
    const FILE: u64 = READ_FILE | WRITE_FILE | TRUNCATE;
    let used = used_by(imports);
    let removed = |by: u64| !fixed && used & by != 0;
    let rights = match there {
        None if fixed => FILE | MAKE_REGULAR,
        // What is in a directory that is made is listed and changed.
        None if imports.meets(CREATE_DIRECTORY) => READ | CHANGE,
        None => FILE | CHANGE,
        Some(FileType::Directory) if removed(REMOVE_DIRECTORY) => REMOVE_DIRECTORY | MAKE_DIRECTORY,
        Some(FileType::Directory) => 0,
        Some(_) if removed(REMOVE_FILE) => FILE | MAKE | REMOVE_FILE,
        Some(_) => 0,
    };
    (rights | REFER) & used
}

/// Restricts the calling thread to `grants`, as far as a program needs them that imports these functions, and
/// says by which version of the kernel's rules.
pub(super) fn restrict<'a>(
    grants: impl Iterator<Item = Grant<'a>> + Clone,
    imports: HostCalls,
    required: bool,
) -> Option<u16> {
    let version = version()?;
    restrict_by(version, grants, imports, required).then_some(version)
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
/// The first version knows no renames and links between directories and so refuses them, which is no grant's
/// meaning: where the program may change something and imports a function for them, it is used only if it is
/// `required`.
fn restrict_by<'a>(
    version: u16,
    grants: impl Iterator<Item = Grant<'a>> + Clone,
    imports: HostCalls,
    required: bool,
) -> bool {
    let from = |first: u16, bits: u64| if version >= first { bits } else { 0 };
    let handled = FIRST | from(2, REFER) | from(3, TRUNCATE) | from(5, IOCTL_DEVICE);
    let used = used_by(imports);
    let changes = |grant: Grant<'_>| {
        matches!(
            grant.access,
            Access::Directory { write: true, .. } | Access::Name { write: true, .. }
        )
    };
    if version == 1 && used & REFER != 0 && !required && grants.clone().any(changes) {
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
    let allow = |file: BorrowedFd<'_>, rights: u64| add_rule(&ruleset, file, rights & handled);
    for Grant { file, access } in grants {
        let added = match access {
            Access::Directory { write, devices } => {
                let rights = beneath(write) | if devices { IOCTL_DEVICE } else { 0 };
                allow(file, rights & used)
            }
            Access::Name { name, write, fixed } => named(file, name).is_ok_and(|there| {
                let own = there.as_ref().is_none_or(|(there, file_type)| {
                    let is_directory = *file_type == FileType::Directory;
                    let possible = if is_directory { !0 } else { OF_FILES };
                    allow(there.as_fd(), beneath(write) & possible & used)
                });
                let file_type = there.map(|(_, file_type)| file_type);
                own && (!write || allow(file, around(file_type, fixed, imports)))
            }),
            Access::RemoveTree => allow(file, READ_DIRECTORY | REMOVE_FILE | REMOVE_DIRECTORY),
            Access::RemoveDirectory => allow(file, REMOVE_DIRECTORY),
        };
        // Half of the rules would refuse what was granted.
        if !added {
            return false;
        }
    }
    // SAFETY: passes numbers only.
    unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) == 0 }
}

/// What is of a name in a directory, if anything is, and its type. A link is opened itself, so that a rule lets
/// nothing through of what it leads to.
fn named(
    directory: BorrowedFd<'_>,
    name: &CStr,
) -> rustix::io::Result<Option<(OwnedFd, FileType)>> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(directory, name, flags, Mode::empty()) {
        Ok(there) => {
            let file_type = FileType::from_raw_mode(rustix::fs::fstat(&there)?.st_mode);
            Ok(Some((there, file_type)))
        }
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets through what rights say beneath a directory, or in a file. Says whether the kernel does.
fn add_rule(ruleset: &OwnedFd, file: BorrowedFd<'_>, rights: u64) -> bool {
    let rule = PathBeneath { allowed: rights, parent: file.as_raw_fd() };
    // The kernel takes no rule that lets nothing through.
    rights == 0
        // SAFETY: the structure is of the kind that the number says.
        || unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                ruleset.as_raw_fd(),
                RULE_PATH_BENEATH,
                &raw const rule,
                0_u32,
            )
        } == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::path::Path;

    fn grant<'a>(
        file: BorrowedFd<'a>,
        access: Access<'a>,
    ) -> impl Iterator<Item = Grant<'a>> + Clone {
        core::iter::repeat_n(Grant { file, access }, 1)
    }

    /// Does what follows restricted as by that version, which may be any up to the kernel's own.
    fn behind<T: Send>(
        version: u16,
        path: &Path,
        access: Access<'_>,
        required: bool,
        act: impl FnOnce() -> T + Send,
    ) -> Option<T> {
        let file = File::open(path).unwrap();
        let thread = || {
            // SAFETY: passes numbers only.
            unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
            let grants = grant(file.as_fd(), access);
            restrict_by(version, grants, HostCalls::ALL, required).then(act)
        };
        std::thread::scope(|scope| scope.spawn(thread).join().unwrap())
    }

    const EVERYTHING: Access<'_> = Access::Directory { write: true, devices: false };
    const READING: Access<'_> = Access::Directory { write: false, devices: false };

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
        let Some(newest) = version() else { return };
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::write(&one, "contents").unwrap();
        std::fs::write(&other, "contents").unwrap();
        let name = |name, write| Access::Name { name, write, fixed: false };
        behind(newest, folder.path(), name(c"one", false), true, || {
            assert_eq!(std::fs::read(&one).unwrap(), b"contents");
            assert!(std::fs::write(&one, "").is_err() && std::fs::read(&other).is_err());
        })
        .unwrap();
        let fixed = Access::Name { name: c"one", write: true, fixed: true };
        behind(newest, folder.path(), fixed, true, || {
            std::fs::write(&one, "new").unwrap();
            assert!(std::fs::write(&other, "").is_err() && std::fs::remove_file(&one).is_err());
        })
        .unwrap();
        behind(newest, folder.path(), name(c"made", true), true, || {
            std::fs::write(folder.path().join("made"), "new").unwrap();
        })
        .unwrap();
        std::fs::create_dir(folder.path().join("temporary")).unwrap();
        std::fs::write(folder.path().join("temporary/file"), "").unwrap();
        let file = folder.path().join("temporary/file");
        behind(newest, &folder.path().join("temporary"), Access::RemoveTree, true, || {
            assert!(std::fs::read(&file).is_err() && std::fs::read(&one).is_err());
            assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
            std::fs::remove_file(&file).unwrap();
        })
        .unwrap();
        behind(newest, folder.path(), Access::RemoveDirectory, true, || {
            assert!(std::fs::read(&one).is_err() && std::fs::remove_file(&one).is_err());
            std::fs::remove_dir(folder.path().join("temporary")).unwrap();
        })
        .unwrap();
    }
}
