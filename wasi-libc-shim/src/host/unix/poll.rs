//! Waiting for files to become ready.

use crate::errno::{Errno, Result};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno as HostErrno;
use std::os::fd::BorrowedFd;

/// A file to wait for, and what came of it.
#[repr(transparent)]
pub(crate) struct PollEntry<'a>(PollFd<'a>);

impl<'a> PollEntry<'a> {
    /// Waits for `file` to be readable, or else writable.
    pub(crate) fn new(file: BorrowedFd<'a>, read: bool) -> Self {
        let interest = if read { PollFlags::IN } else { PollFlags::OUT };
        Self(PollFd::from_borrowed_fd(file, interest))
    }

    /// Whether anything came.
    pub(crate) fn is_ready(&self) -> bool {
        !self.0.revents().is_empty()
    }

    /// Whether the other end is gone.
    pub(crate) fn is_hung_up(&self) -> bool {
        self.0.revents().intersects(PollFlags::HUP | PollFlags::ERR)
    }

    /// Bytes that can be read at once, as far as the host knows.
    pub(crate) fn readable_bytes(file: BorrowedFd<'_>) -> u64 {
        rustix::io::ioctl_fionread(file).unwrap_or(0)
    }
}

/// No system refuses to wait for so long, in nanoseconds: a day.
const LONGEST_WAIT: u64 = 86_400 * 1_000_000_000;

/// Waits until an entry is ready or so many nanoseconds are over; `None` waits without end. May return
/// early, for a signal or when the wait is long.
pub(crate) fn poll(entries: &mut [PollEntry<'_>], timeout: Option<u64>) -> Result<()> {
    // SAFETY: `PollEntry` is transparent around `PollFd`.
    let entries = unsafe { &mut *(core::ptr::from_mut(entries) as *mut [PollFd<'_>]) };
    let timeout =
        timeout.map(|nanoseconds| nanoseconds.min(LONGEST_WAIT)).map(|nanoseconds| Timespec {
            tv_sec: (nanoseconds / 1_000_000_000) as _,
            tv_nsec: (nanoseconds % 1_000_000_000) as _,
        });
    match rustix::event::poll(entries, timeout.as_ref()) {
        Ok(_) | Err(HostErrno::INTR) => Ok(()),
        Err(error) => Err(Errno::from(error)),
    }
}
