//! What tests ask of a Windows machine behind the program's back.
//!
//! Wine 8, which runs them where there is no Windows, knows no reparse points: there links are files
//! that [`crate::host`] takes for links in its tests.

use crate::host;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    GetFileInformationByHandle,
};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};

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
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    let file = std::fs::File::options().access_mode(0).custom_flags(flags).open(path).unwrap();
    let mut status = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the address valid for writes.
    #[allow(unsafe_code)]
    let asked = unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut status) };
    assert_ne!(asked, 0, "{}", path.display());
    let joined = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let time = status.ftLastWriteTime;
    Status {
        device: status.dwVolumeSerialNumber.into(),
        inode: joined(status.nFileIndexHigh, status.nFileIndexLow),
        links: status.nNumberOfLinks.into(),
        modified: (joined(time.dwHighDateTime, time.dwLowDateTime) - 116_444_736_000_000_000) * 100,
    }
}

/// Makes a symbolic link.
pub(in crate::tests) fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) {
    let (target, link) = (target.as_ref(), link.as_ref());
    let spelled = host::guest_path(target.as_os_str().as_encoded_bytes());
    host::write_link(str::from_utf8(&spelled).unwrap(), link);
}

/// The type of a link in a list of a directory.
pub(in crate::tests) fn listed_link_type() -> u8 {
    host::listed_link_type()
}

/// Whether an open file can be removed or replaced so that its name is free at once.
pub(in crate::tests) fn frees_names_of_open_files() -> bool {
    !host::is_wine()
}

/// What file systems keep of a time.
pub(in crate::tests) fn kept(nanoseconds: u64) -> u64 {
    nanoseconds / 100 * 100
}

/// Takes everybody's right to write to a file.
pub(in crate::tests) fn make_unwritable(path: &Path) {
    let mut permissions = std::fs::metadata(path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions).unwrap();
}

/// A path from the directory of all drives, as programs spell it, without the first `/`.
pub(in crate::tests) fn beneath_root(path: &Path) -> Vec<u8> {
    host::guest_path(path.as_os_str().as_encoded_bytes())[1..].to_vec()
}

/// Bytes of zeros at an address, of which only the first and the last pages are there.
pub(in crate::tests) fn reserve(bytes: usize) -> Option<*mut u8> {
    const PRESENT: usize = 64 << 10;
    // SAFETY: a fresh reservation, and its ends.
    #[allow(unsafe_code)]
    unsafe {
        let base = VirtualAlloc(core::ptr::null(), bytes, MEM_RESERVE, PAGE_READWRITE);
        if base.is_null() {
            return None;
        }
        for start in [base, base.byte_add(bytes - PRESENT)] {
            assert!(!VirtualAlloc(start, PRESENT, MEM_COMMIT, PAGE_READWRITE).is_null());
        }
        Some(base.cast())
    }
}

/// Gives them back.
///
/// # Safety
/// - They come from [`reserve`], and nobody uses them any more.
#[allow(unsafe_code)]
pub(in crate::tests) unsafe fn release(base: *mut u8, _bytes: usize) {
    // SAFETY: by the caller's promise.
    unsafe { VirtualFree(base.cast(), 0, MEM_RELEASE) };
}
