//! Address space on Unix.

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
    // SAFETY: the call has no preconditions.
    let asked = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    PAGE_BYTES.store(asked, Ordering::Relaxed);
    asked
}

/// FreeBSD never charges for memory that was not touched, and knows no such flag.
#[cfg(target_os = "freebsd")]
const NO_RESERVE: i32 = 0;
#[cfg(not(target_os = "freebsd"))]
const NO_RESERVE: i32 = libc::MAP_NORESERVE;

/// Maps fresh pages of zeros, which use no memory until they are touched.
pub(crate) fn map(size_bytes: usize, protection: Protection) -> Option<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | NO_RESERVE;
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

/// Asks for the small pages of the system where larger ones would use memory for nothing.
///
/// # Safety
/// - The range is page-aligned and the caller's own.
pub(crate) unsafe fn use_small_pages(start: *mut u8, size_bytes: usize) {
    // It is advice: kernels without large pages answer with an error that means nothing here.
    #[cfg(target_os = "linux")]
    // SAFETY: by the caller's promise.
    let _ = unsafe { libc::madvise(start.cast(), size_bytes, libc::MADV_NOHUGEPAGE) };
    #[cfg(not(target_os = "linux"))]
    let _ = (start, size_bytes);
}

/// Moves pages over other pages, without copying; false when the system cannot.
///
/// # Safety
/// - Both ranges are page-aligned by the target's largest page, mapped, and the caller's own.
/// - Nothing uses the source afterwards.
pub(crate) unsafe fn move_pages(source: *mut u8, target: *mut u8, size_bytes: usize) -> bool {
    #[cfg(target_os = "linux")]
    {
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: by the caller's promise.
        let moved = unsafe { libc::mremap(source.cast(), size_bytes, size_bytes, flags, target) };
        moved != libc::MAP_FAILED
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (source, target, size_bytes);
        false
    }
}

/// Enlarges a mapping, which may move.
///
/// # Safety
/// - `start` and `former_bytes` are the whole of a mapping by [`map`], and the caller's own.
pub(crate) unsafe fn resize(start: *mut u8, former_bytes: usize, bytes: usize) -> Option<*mut u8> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: by the caller's promise.
        let moved =
            unsafe { libc::mremap(start.cast(), former_bytes, bytes, libc::MREMAP_MAYMOVE) };
        (moved != libc::MAP_FAILED).then_some(moved.cast())
    }
    #[cfg(not(target_os = "linux"))]
    {
        let moved = map(bytes, Protection::ReadWrite)?;
        // SAFETY: both mappings are at least that long and do not overlap.
        unsafe {
            ptr::copy_nonoverlapping(start, moved, former_bytes);
            libc::munmap(start.cast(), former_bytes);
        }
        Some(moved)
    }
}
