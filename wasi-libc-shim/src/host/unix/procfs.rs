//! What Linux shows of processes as files.
//!
//! Sandbox-critical. Sources: `Documentation/filesystems/proc.rst` of the kernel, and `fd/` there.

use super::place::duplicate;
use rustix::fs::PROC_SUPER_MAGIC;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Readable by everybody.
const READABLE: u32 = 0o004;

/// Whether an open file shows the inside of a process, as `mem` and `environ`, or of the kernel: what is kept
/// from other users. The program's own is among them, so that no grant of a directory may lead there.
pub(crate) fn is_secret(file: BorrowedFd<'_>) -> bool {
    match rustix::fs::fstatfs(file) {
        Ok(system) if system.f_type == PROC_SUPER_MAGIC => {
            rustix::fs::fstat(file).map_or(true, |status| status.st_mode & READABLE == 0)
        }
        Ok(_) => false,
        // Nobody knows.
        Err(_) => true,
    }
}

/// The file that this process was started with and that `path` stands for, a link to `target`, when it has no
/// path of its own: a pipe, a socket, or a file that was removed.
pub(crate) fn inherited(path: &[u8], target: &[u8]) -> Option<OwnedFd> {
    if target.first() == Some(&b'/') && !target.ends_with(b" (deleted)") {
        return None;
    }
    let own = [&b"/proc/self/fd/"[..], b"/dev/fd/"];
    let number = own.iter().find_map(|folder| path.strip_prefix(*folder))?;
    let number: u32 = core::str::from_utf8(number).ok()?.parse().ok()?;
    // SAFETY: the number is only passed to the call, which says whether it is an open file's.
    let file = unsafe { BorrowedFd::borrow_raw(i32::try_from(number).ok()?) };
    duplicate(file).ok()
}
