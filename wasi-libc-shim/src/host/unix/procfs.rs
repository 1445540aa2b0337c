//! What Linux shows of processes as files.
//!
//! Sandbox-critical. Source: `Documentation/filesystems/proc.rst` of the kernel.

use super::place::duplicate;
use crate::file_type::{FileStatus, FileType};
use rustix::fs::PROC_SUPER_MAGIC;
use rustix::io::FdFlags;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Whether an open file is one of procfs' that not everybody may read: the memory and the environment of
/// processes are, the program's own among them, and what is the kernel's.
pub(crate) fn is_secret(file: BorrowedFd<'_>, status: &FileStatus) -> bool {
    if !status.is_private || status.file_type != FileType::RegularFile {
        return false;
    }
    // One that nobody knows of is none that is granted.
    rustix::fs::fstatfs(file)
        // The field has 32 bits on some architectures.
        .map_or(true, |system| system.f_type as u64 == PROC_SUPER_MAGIC as u64)
}

/// What this process was started with and `path` stands for, a link to `target`, when it has no path of its own: a
/// pipe, a socket, or a file that was removed, as shells do with what they pass as input.
pub(crate) fn inherited(path: &[u8], target: &[u8]) -> Option<OwnedFd> {
    let is_path = target.first() == Some(&b'/');
    if is_path && !target.ends_with(b" (deleted)") {
        return None;
    }
    let own = [&b"/proc/self/fd/"[..], b"/dev/fd/"];
    let number = own.iter().find_map(|folder| path.strip_prefix(*folder))?;
    let number: u32 = core::str::from_utf8(number).ok()?.parse().ok()?;
    // SAFETY: the number is only passed to calls, which say whether it is an open file's.
    let file = unsafe { BorrowedFd::borrow_raw(i32::try_from(number).ok()?) };
    // What the runtime opened for itself has the flag, and nothing that a process starts with.
    let flags = rustix::io::fcntl_getfd(file).ok()?;
    // A file may be called so, too.
    let has_path = is_path && rustix::fs::fstat(file).ok()?.st_nlink > 0;
    (!flags.contains(FdFlags::CLOEXEC) && !has_path).then(|| duplicate(file).ok()).flatten()
}
