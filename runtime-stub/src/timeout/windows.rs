//! Time on Windows: the first thread waits for the program's no longer, and stops it before it ends the
//! process, so that nothing is written any more that the end removes.

use super::{end, limit};
use std::sync::atomic::{AtomicBool, Ordering};
use windows_sys::Win32::Foundation::{HANDLE, WAIT_TIMEOUT};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{INFINITE, SuspendThread, WaitForSingleObject};

/// Whether one of the threads has begun to end the process.
static ENDS: AtomicBool = AtomicBool::new(false);

/// See [`super::start`]: the first thread measures.
pub(crate) fn start() {}

/// See [`super::stop`].
pub(crate) fn stop() {
    ENDS.store(true, Ordering::Relaxed);
}

/// See [`super::wait`].
///
/// # Safety
/// - The handle is an open one of the program's thread.
pub(crate) unsafe fn wait(thread: HANDLE) {
    /// More milliseconds are waited for in several steps.
    const STEP: u64 = 1 << 30;
    // SAFETY: the call has no preconditions.
    let now = || unsafe { GetTickCount64() };
    if let Some(limit) = limit() {
        let due = now().saturating_add(limit.div_ceil(1_000_000));
        loop {
            let left = due.saturating_sub(now());
            // SAFETY: by the caller's promise.
            if unsafe { WaitForSingleObject(thread, left.min(STEP) as u32) } != WAIT_TIMEOUT {
                return;
            }
            if now() >= due && !ENDS.load(Ordering::Relaxed) {
                // SAFETY: by the caller's promise.
                unsafe { SuspendThread(thread) };
                // Where the thread stopped is not known.
                end(limit, false);
            }
            if now() >= due {
                break;
            }
        }
    }
    // SAFETY: by the caller's promise.
    unsafe { WaitForSingleObject(thread, INFINITE) };
}
