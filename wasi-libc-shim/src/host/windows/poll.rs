//! Waiting for files to become ready.
//!
//! The system can wait for sockets, and for nothing else that a program may have. Where another file is
//! among those waited for, all are asked again and again, with pauses that grow.

use super::object::{Borrowed, Kind};
use super::{console, socket};
use crate::errno::Result;
use core::time::Duration;
use std::ptr;
use windows_sys::Win32::System::Pipes::PeekNamedPipe;

/// The first and the longest pause, in nanoseconds.
const FIRST_PAUSE: u64 = 500_000;
const LONGEST_PAUSE: u64 = 10_000_000;

/// A file to wait for, and what came of it.
pub(crate) struct PollEntry<'a> {
    file: Borrowed<'a>,
    read: bool,
    ready: bool,
    hung_up: bool,
}

impl<'a> PollEntry<'a> {
    /// Waits for `file` to be readable, or else writable.
    pub(crate) fn new(file: Borrowed<'a>, read: bool) -> Self {
        Self { file, read, ready: false, hung_up: false }
    }

    /// Whether anything came.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether the other end is gone.
    pub(crate) fn is_hung_up(&self) -> bool {
        self.hung_up
    }

    /// Bytes that can be read at once, as far as the host knows.
    pub(crate) fn readable_bytes(file: Borrowed<'_>) -> u64 {
        match file.kind {
            Kind::Pipe => peek(file).map_or(0, u64::from),
            Kind::Socket => socket::readable_bytes(file),
            Kind::Console => file.pending.borrow().len() as u64,
            _ => 0,
        }
    }

    fn ask(&mut self) {
        (self.ready, self.hung_up) = match (self.file.kind, self.read) {
            (Kind::Pipe, true) => match peek(self.file) {
                Some(bytes) => (bytes > 0, false),
                None => (true, true),
            },
            (Kind::Console, true) => (console::is_readable(self.file), false),
            (Kind::Socket, read) => {
                let mut entries = [socket::poll_entry(self.file, read)];
                socket::poll(&mut entries, Some(0));
                socket::poll_outcome(&entries[0])
            }
            _ => (true, false),
        };
    }
}

/// How many bytes a pipe holds; none when its other end is gone.
fn peek(file: Borrowed<'_>) -> Option<u32> {
    let mut bytes = 0;
    let null = ptr::null_mut;
    // SAFETY: the handle is open; nothing is read without a buffer.
    let peeked = unsafe {
        PeekNamedPipe(file.handle(), null(), 0, ptr::null_mut(), &raw mut bytes, null().cast())
    };
    (peeked != 0).then_some(bytes)
}

/// Whether a read would not wait.
pub(super) fn is_readable(file: Borrowed<'_>) -> bool {
    let mut entry = PollEntry::new(file, true);
    entry.ask();
    entry.ready
}

/// Waits until an entry is ready or so many nanoseconds are over; `None` waits without end. May return
/// early.
pub(crate) fn poll(entries: &mut [PollEntry<'_>], timeout: Option<u64>) -> Result<()> {
    if !entries.is_empty() && entries.iter().all(|entry| entry.file.kind == Kind::Socket) {
        let one = |entry: &PollEntry<'_>| socket::poll_entry(entry.file, entry.read);
        let mut sockets: Vec<_> = entries.iter().map(one).collect();
        // Rounded up: a wait that ends too early is only made again.
        let milliseconds = timeout.map(|nanoseconds| nanoseconds.div_ceil(1_000_000));
        socket::poll(&mut sockets, milliseconds);
        for (entry, outcome) in entries.iter_mut().zip(&sockets) {
            (entry.ready, entry.hung_up) = socket::poll_outcome(outcome);
        }
        return Ok(());
    }
    let mut left = timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let mut any = false;
        for entry in &mut *entries {
            entry.ask();
            any |= entry.ready;
        }
        if any || left == Some(0) {
            return Ok(());
        }
        // The caller looks at the clock, so that pauses that are too long do no harm but one.
        let now = if entries.is_empty() { u64::MAX } else { pause };
        let now = left.map_or(now, |left| left.min(now));
        std::thread::sleep(Duration::from_nanos(now));
        left = left.map(|left| left - now);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
