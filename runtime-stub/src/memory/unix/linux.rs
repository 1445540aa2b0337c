//! What Linux can do with pages besides: it moves them.

/// Memory is charged for when it is touched.
pub(super) const NO_RESERVE: i32 = libc::MAP_NORESERVE;

/// The size in bytes of a page, as the kernel said it when the process started.
pub(super) fn page_bytes() -> usize {
    // SAFETY: the call has no preconditions.
    unsafe { libc::getauxval(libc::AT_PAGESZ) as usize }
}

/// Asks for the small pages of the system where larger ones would use memory for nothing.
///
/// # Safety
/// - The range is page-aligned and the caller's own.
pub(crate) unsafe fn use_small_pages(start: *mut u8, size_bytes: usize) {
    // It is advice: kernels without large pages answer with an error that means nothing here.
    // SAFETY: by the caller's promise.
    let _ = unsafe { libc::madvise(start.cast(), size_bytes, libc::MADV_NOHUGEPAGE) };
}

/// Moves pages over other pages, without copying; false when the system cannot.
///
/// # Safety
/// - Both ranges are page-aligned by the target's largest page, mapped, and the caller's own.
/// - Nothing uses the source afterwards.
pub(crate) unsafe fn move_pages(source: *mut u8, target: *mut u8, size_bytes: usize) -> bool {
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: by the caller's promise.
    let moved = unsafe { libc::mremap(source.cast(), size_bytes, size_bytes, flags, target) };
    moved != libc::MAP_FAILED
}

/// Enlarges a mapping, which may move.
///
/// # Safety
/// - `start` and `former_bytes` are the whole of a mapping by [`super::map`], and the caller's own.
pub(crate) unsafe fn resize(start: *mut u8, former_bytes: usize, bytes: usize) -> Option<*mut u8> {
    // SAFETY: by the caller's promise.
    let moved = unsafe { libc::mremap(start.cast(), former_bytes, bytes, libc::MREMAP_MAYMOVE) };
    (moved != libc::MAP_FAILED).then_some(moved.cast())
}
