//! Address space on Unix.

#[cfg_attr(target_os = "linux", path = "unix/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "unix/portable.rs")]
mod system;

pub(crate) use system::{move_pages, resize, use_small_pages};

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What may be done with pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Nothing: any access faults.
    None,
    /// Reads and writes.
    ReadWrite,
}

impl Protection {
    fn flags(self) -> i32 {
        match self {
            Self::None => libc::PROT_NONE,
            Self::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        }
    }
}

/// The size in bytes of a page of this machine.
pub(crate) fn page_bytes() -> usize {
    static PAGE_BYTES: AtomicUsize = AtomicUsize::new(0);
    let known = PAGE_BYTES.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    let asked = system::page_bytes();
    PAGE_BYTES.store(asked, Ordering::Relaxed);
    asked
}

/// Maps fresh pages of zeros, which use no memory until they are touched.
pub(crate) fn map(size_bytes: usize, protection: Protection) -> Option<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | system::NO_RESERVE;
    // SAFETY: the system chooses an address that nothing else uses.
    let start =
        unsafe { libc::mmap(ptr::null_mut(), size_bytes, protection.flags(), flags, -1, 0) };
    (start != libc::MAP_FAILED).then_some(start.cast())
}

/// Changes what may be done with pages; false when the system refuses.
///
/// # Safety
/// - The range is page-aligned, the caller's own, and no reference into it is alive.
pub(crate) unsafe fn protect(start: *mut u8, size_bytes: usize, protection: Protection) -> bool {
    // SAFETY: by the caller's promise.
    unsafe { libc::mprotect(start.cast(), size_bytes, protection.flags()) == 0 }
}

/// Gives pages back to the system.
///
/// # Safety
/// - The range is a whole mapping by [`map`], and nobody uses it any more.
pub(crate) unsafe fn unmap(start: *mut u8, size_bytes: usize) {
    // SAFETY: by the caller's promise.
    unsafe { libc::munmap(start.cast(), size_bytes) };
}
