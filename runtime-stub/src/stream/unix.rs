//! Standard streams on Unix: descriptors 0, 1 and 2.

/// Whether `poll` says that a descriptor is closed of which nothing else is asked. On macOS it does not.
const POLL_TELLS: bool = cfg!(not(target_vendor = "apple"));

/// See [`super::ensure_open`]: `/dev/null` takes the place.
pub(crate) fn ensure_open() {
    let entry = |fd| libc::pollfd { fd, events: 0, revents: 0 };
    let mut entries = [entry(0), entry(1), entry(2)];
    // SAFETY: the array holds three entries.
    if !POLL_TELLS || unsafe { libc::poll(entries.as_mut_ptr(), 3, 0) } < 0 {
        // Also under a limit of fewer than three descriptors, with which `poll` fails.
        for entry in &mut entries {
            // SAFETY: the call has no preconditions.
            let closed = unsafe { libc::fcntl(entry.fd, libc::F_GETFD) } < 0;
            entry.revents = if closed { libc::POLLNVAL } else { 0 };
        }
    }
    if entries.iter().all(|entry| entry.revents & libc::POLLNVAL == 0) {
        return;
    }
    for entry in entries.iter().filter(|entry| entry.revents & libc::POLLNVAL != 0) {
        // The lowest free descriptor is taken, which is this one.
        // SAFETY: the path ends with a NUL.
        let opened = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
        if opened != entry.fd {
            crate::report::refuse(&[
                "a standard stream is closed and `/dev/null` cannot be opened",
            ]);
        }
    }
}

/// See [`super::write`].
pub(crate) fn write(stream: i32, bytes: &[u8]) -> Option<usize> {
    // SAFETY: the bytes are valid for reads of their length.
    let written = unsafe { libc::write(stream, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(written).ok()
}
