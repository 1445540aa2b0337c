//! What tests ask of a Unix machine behind the program's back.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// What the system says about a file.
pub(in crate::tests) struct Status {
    pub(in crate::tests) device: u64,
    pub(in crate::tests) inode: u64,
    pub(in crate::tests) links: u64,
    /// Nanoseconds since 1970.
    pub(in crate::tests) modified: u64,
}

/// The status of a file or link.
pub(in crate::tests) fn status(path: &Path) -> Status {
    let status = std::fs::symlink_metadata(path).unwrap();
    Status {
        device: status.dev(),
        inode: status.ino(),
        links: status.nlink(),
        modified: status.mtime() as u64 * 1_000_000_000 + status.mtime_nsec() as u64,
    }
}

/// Makes a symbolic link.
pub(in crate::tests) fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) {
    std::os::unix::fs::symlink(target, link).unwrap();
}

/// The type of a link in a list of a directory.
pub(in crate::tests) fn listed_link_type() -> u8 {
    7
}

/// Whether an open file can be removed or replaced so that its name is free at once.
pub(in crate::tests) fn frees_names_of_open_files() -> bool {
    true
}

/// What file systems keep of a time.
pub(in crate::tests) fn kept(nanoseconds: u64) -> u64 {
    nanoseconds
}

/// Takes everybody's right to write to a file.
pub(in crate::tests) fn make_unwritable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o444)).unwrap();
}

/// A path from the host's root directory, as programs spell it, without the first `/`.
pub(in crate::tests) fn beneath_root(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes()[1..].to_vec()
}

/// Bytes of zeros at an address, of which only those are there that are touched.
pub(in crate::tests) fn reserve(bytes: usize) -> Option<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    // SAFETY: a fresh private mapping.
    #[allow(unsafe_code)]
    let base = unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        libc::mmap(core::ptr::null_mut(), bytes, protection, flags | NO_RESERVE, -1, 0)
    };
    (base != libc::MAP_FAILED).then_some(base.cast())
}

#[cfg(target_os = "linux")]
const NO_RESERVE: i32 = libc::MAP_NORESERVE;
#[cfg(not(target_os = "linux"))]
const NO_RESERVE: i32 = 0;

/// Gives them back.
///
/// # Safety
/// - They come from [`reserve`], and nobody uses them any more.
#[allow(unsafe_code)]
pub(in crate::tests) unsafe fn release(base: *mut u8, bytes: usize) {
    // SAFETY: by the caller's promise.
    unsafe { libc::munmap(base.cast(), bytes) };
}
