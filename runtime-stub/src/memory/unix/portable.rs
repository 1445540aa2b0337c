//! What systems that do not move pages do instead: they copy.

use super::{Protection, map, unmap};
use std::ptr;

/// FreeBSD and macOS never charge for memory that was not touched.
pub(super) const NO_RESERVE: i32 = 0;

/// The size in bytes of a page.
pub(super) fn page_bytes() -> usize {
    // SAFETY: the call has no preconditions.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Nothing to ask for: large pages take the place of small ones only where those are in use.
///
/// # Safety
/// - None.
pub(crate) unsafe fn use_small_pages(_start: *mut u8, _size_bytes: usize) {}

/// False: the caller copies.
///
/// # Safety
/// - None.
pub(crate) unsafe fn move_pages(_source: *mut u8, _target: *mut u8, _size_bytes: usize) -> bool {
    false
}

/// Enlarges a mapping, which moves.
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
