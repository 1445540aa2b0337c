//! The program's stack on Windows: a thread's. The system delivers faults on the stack where they
//! happen, and takes only a thread's own for one.
//!
//! The system uses memory for the stack page by page, by a page below what is used that faults when
//! it is touched: no function may skip it, so that those with frames larger than a page touch each.
//! What is guaranteed below it remains for handling the last such fault. (Wine 8 leaves a page at most,
//! whatever is asked for.) The first thread waits, holding what the program's thread was given, and
//! does nothing more.

use super::{MINIMUM_BYTES, REFUSED};
use crate::{process, report, timeout};
use std::convert::Infallible;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use windows_sys::Win32::System::Threading::{
    CreateThread, GetCurrentThreadStackLimits, STACK_SIZE_PARAM_IS_A_RESERVATION,
    SetThreadStackGuarantee,
};

/// Bytes that are left when the stack is used up: for the system's own handling with the largest
/// register files, and for the handler.
const GUARANTEED_BYTES: usize = 32 << 10;
/// Bytes for the runtime's functions that call the program.
const OUTER_BYTES: u64 = 16 << 10;
/// The step in which the system reserves address space.
const RESERVATION_BYTES: u64 = 64 << 10;

/// The stack of the current thread.
pub(crate) struct Stack {
    range: Range<usize>,
}

impl Stack {
    fn of_this_thread() -> Self {
        let (mut start, mut end) = (0, 0);
        // SAFETY: both addresses are valid for writes.
        unsafe { GetCurrentThreadStackLimits(&raw mut start, &raw mut end) };
        Self { range: start..end }
    }

    /// Addresses that fault when the stack is used up. Those of it that are in use do not fault at
    /// all.
    pub(crate) fn guard(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Addresses of the stack itself; it grows down from the end.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Code of the program runs on the stack of its caller, see [`crate::arch::call`].
    pub(crate) fn end(&self) -> usize {
        0
    }
}

/// See [`super::with_new`].
pub(crate) fn with_new<R: FnOnce(Stack) -> Infallible>(bytes: u64, run: R) -> ! {
    let mut run = Some(run);
    let wanted = bytes.max(MINIMUM_BYTES).saturating_add(GUARANTEED_BYTES as u64 + OUTER_BYTES);
    let wanted = wanted.checked_next_multiple_of(RESERVATION_BYTES);
    let wanted = wanted.and_then(|bytes| usize::try_from(bytes).ok());
    let thread = wanted.map_or(ptr::null_mut(), |bytes| {
        let parameter = (&raw mut run).cast();
        let flags = STACK_SIZE_PARAM_IS_A_RESERVATION;
        // SAFETY: `begin` takes what `parameter` refers to, which lives as long as this function waits.
        unsafe {
            CreateThread(ptr::null(), bytes, Some(begin::<R>), parameter, flags, ptr::null_mut())
        }
    });
    if thread.is_null() {
        report::refuse(&[REFUSED]);
    }
    // SAFETY: the thread's handle is open.
    unsafe { timeout::wait(thread) };
    // The program's thread ends the process and never itself.
    process::exit(wasm2native_abi::EXIT_SETUP_FAILED)
}

unsafe extern "system" fn begin<R: FnOnce(Stack) -> Infallible>(parameter: *mut c_void) -> u32 {
    let mut guaranteed = GUARANTEED_BYTES as u32;
    // SAFETY: the address is valid; `with_new` passes its closure, and does not touch it again.
    let run = unsafe {
        SetThreadStackGuarantee(&raw mut guaranteed);
        (*parameter.cast::<Option<R>>()).take()
    };
    match run.map(|run| run(Stack::of_this_thread())) {
        Some(never) => match never {},
        None => 0,
    }
}

/// See [`super::restore_guard`]: as the C runtime's `_resetstkoflw`, by which the system's handling of
/// a stack that was used up is made known.
///
/// # Safety
/// - As there.
#[cfg(feature = "wast")]
pub(crate) unsafe fn restore_guard() {
    use crate::memory;
    use windows_sys::Win32::System::Memory::{PAGE_GUARD, PAGE_READWRITE, VirtualProtect};

    let local = 0_u8;
    let page = memory::page_bytes();
    let bytes = GUARANTEED_BYTES + page;
    let start = (&raw const local).addr().next_multiple_of(page).saturating_sub(page + bytes);
    if start < Stack::of_this_thread().range.start + page {
        return;
    }
    let mut former = 0;
    // SAFETY: the pages are of this thread's stack, below all that is in use: the C convention keeps
    // nothing there.
    unsafe {
        VirtualProtect(
            ptr::with_exposed_provenance(start),
            bytes,
            PAGE_READWRITE | PAGE_GUARD,
            &raw mut former,
        )
    };
}
