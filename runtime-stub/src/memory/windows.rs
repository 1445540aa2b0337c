//! Address space on Windows: reserved first, and given memory when it may be used.

use std::ptr;
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_NOACCESS, PAGE_READWRITE,
    VirtualAlloc, VirtualFree,
};

/// What may be done with pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Nothing: any access faults.
    None,
    /// Reads and writes.
    ReadWrite,
}

/// The size in bytes of a page: the same on every processor that Windows runs on today.
pub(crate) fn page_bytes() -> usize {
    4096
}

/// Maps fresh pages of zeros. The system promises memory for those that may be used, but uses it only
/// when they are touched.
pub(crate) fn map(size_bytes: usize, protection: Protection) -> Option<*mut u8> {
    let (kind, protection) = match protection {
        Protection::None => (MEM_RESERVE, PAGE_NOACCESS),
        Protection::ReadWrite => (MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
    };
    // SAFETY: the system chooses an address that nothing else uses.
    let start = unsafe { VirtualAlloc(ptr::null(), size_bytes, kind, protection) };
    (!start.is_null()).then_some(start.cast())
}

/// Changes what may be done with pages; false when the system refuses. What they hold is lost when
/// nothing may be done with them.
///
/// # Safety
/// - The range is page-aligned, the caller's own, and no reference into it is alive.
pub(crate) unsafe fn protect(start: *mut u8, size_bytes: usize, protection: Protection) -> bool {
    // SAFETY: by the caller's promise.
    unsafe {
        match protection {
            Protection::None => VirtualFree(start.cast(), size_bytes, MEM_DECOMMIT) != 0,
            Protection::ReadWrite => {
                !VirtualAlloc(start.cast(), size_bytes, MEM_COMMIT, PAGE_READWRITE).is_null()
            }
        }
    }
}

/// Gives pages back to the system.
///
/// # Safety
/// - The range is a whole mapping by [`map`], and nobody uses it any more.
pub(crate) unsafe fn unmap(start: *mut u8, _size_bytes: usize) {
    // SAFETY: by the caller's promise.
    unsafe { VirtualFree(start.cast(), 0, MEM_RELEASE) };
}

/// Moves pages over other pages, without copying; false, since the system cannot.
///
/// # Safety
/// None here.
pub(crate) unsafe fn move_pages(_source: *mut u8, _target: *mut u8, _size_bytes: usize) -> bool {
    false
}

/// Enlarges a mapping, which may move.
///
/// # Safety
/// - `start` and `former_bytes` are the whole of a mapping by [`map`], and the caller's own.
pub(crate) unsafe fn resize(start: *mut u8, former_bytes: usize, bytes: usize) -> Option<*mut u8> {
    let moved = map(bytes, Protection::ReadWrite)?;
    // SAFETY: both mappings are at least that long and do not overlap.
    unsafe {
        ptr::copy_nonoverlapping(start, moved, former_bytes);
        unmap(start, former_bytes);
    }
    Some(moved)
}
