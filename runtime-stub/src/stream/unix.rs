//! Standard streams on Unix: descriptors 0, 1 and 2.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// Whether `poll` says that a descriptor is closed of which nothing else is asked. On macOS it does not.
const POLL_TELLS: bool = cfg!(not(target_vendor = "apple"));

/// See [`super::ensure_open`]: `/dev/null` takes the place, the wrong way round, which is no stream to the program.
pub(crate) fn ensure_open() {
    let entry = |fd| libc::pollfd { fd, events: 0, revents: 0 };
    let mut entries = [entry(0), entry(1), entry(2)];
    // SAFETY: the array holds three entries.
    if !POLL_TELLS || unsafe { libc::poll(entries.as_mut_ptr(), 3, 0) } < 0 {
        // Also under a limit of fewer than three descriptors, with which `poll` fails.
        for entry in &mut entries {
            let closed = system::control(entry.fd, libc::F_GETFD, 0) < 0;
            entry.revents = if closed { libc::POLLNVAL } else { 0 };
        }
    }
    if entries.iter().all(|entry| entry.revents & libc::POLLNVAL == 0) {
        return;
    }
    for entry in entries.iter().filter(|entry| entry.revents & libc::POLLNVAL != 0) {
        // The lowest free descriptor is taken, which is this one.
        let direction = if entry.fd == 0 { libc::O_WRONLY } else { libc::O_RDONLY };
        let opened = system::open(c"/dev/null", direction);
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

/// See [`super::is_terminal`].
pub(crate) fn is_terminal(stream: i32) -> bool {
    // SAFETY: the call has no preconditions.
    unsafe { libc::isatty(stream) == 1 }
}

/// See [`super::keep_error`].
pub(crate) fn keep_error() -> i32 {
    let kept = system::control(2, libc::F_DUPFD_CLOEXEC, 3);
    if kept < 0 { 2 } else { kept }
}

/// See [`super::open_appending`].
pub(crate) fn open_appending(path: &OsStr) -> Option<i32> {
    let path = CString::new(path.as_bytes()).ok()?;
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC | libc::O_NOCTTY;
    let opened = system::open(&path, flags);
    (opened >= 0).then_some(opened)
}

/// Two calls by the kernel's own numbers: the C library's functions, which know every command and every thread's
/// wishes, are a kilobyte.
#[cfg(target_os = "linux")]
mod system {
    use std::ffi::CStr;

    /// `fcntl`.
    pub(super) fn control(file: i32, command: i32, argument: i32) -> i32 {
        // SAFETY: none of the commands takes an address.
        unsafe { libc::syscall(libc::SYS_fcntl, file, command, argument) as i32 }
    }

    /// `open`; a new file is for everybody, less what the user's mask says.
    pub(super) fn open(path: &CStr, flags: i32) -> i32 {
        // SAFETY: the path ends with a NUL.
        unsafe {
            libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0o666) as i32
        }
    }
}

/// The same two calls by the C library.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::ffi::CStr;

    /// `fcntl`.
    pub(super) fn control(file: i32, command: i32, argument: i32) -> i32 {
        // SAFETY: none of the commands takes an address.
        unsafe { libc::fcntl(file, command, argument) }
    }

    /// `open`; a new file is for everybody, less what the user's mask says.
    pub(super) fn open(path: &CStr, flags: i32) -> i32 {
        // SAFETY: the path ends with a NUL.
        unsafe { libc::open(path.as_ptr(), flags, 0o666) }
    }
}
