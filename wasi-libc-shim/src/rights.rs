//! The rights that WASI attaches to descriptors: which bits exist and which apply to what.
//!
//! It stands alone because every area asks for them. Invariant: a right that is absent is refused with
//! `notcapable`; rights are only ever removed. Source: `rights` in the witx text.

/// A set of rights; see the witx text for what each allows.
pub(crate) type Rights = u64;

pub(crate) const FD_DATASYNC: Rights = 1 << 0;
pub(crate) const FD_READ: Rights = 1 << 1;
pub(crate) const FD_SEEK: Rights = 1 << 2;
pub(crate) const FD_FDSTAT_SET_FLAGS: Rights = 1 << 3;
pub(crate) const FD_SYNC: Rights = 1 << 4;
pub(crate) const FD_TELL: Rights = 1 << 5;
pub(crate) const FD_WRITE: Rights = 1 << 6;
pub(crate) const FD_ADVISE: Rights = 1 << 7;
pub(crate) const FD_ALLOCATE: Rights = 1 << 8;
pub(crate) const PATH_CREATE_DIRECTORY: Rights = 1 << 9;
pub(crate) const PATH_CREATE_FILE: Rights = 1 << 10;
pub(crate) const PATH_LINK_SOURCE: Rights = 1 << 11;
pub(crate) const PATH_LINK_TARGET: Rights = 1 << 12;
pub(crate) const PATH_OPEN: Rights = 1 << 13;
pub(crate) const FD_READDIR: Rights = 1 << 14;
pub(crate) const PATH_READLINK: Rights = 1 << 15;
pub(crate) const PATH_RENAME_SOURCE: Rights = 1 << 16;
pub(crate) const PATH_RENAME_TARGET: Rights = 1 << 17;
pub(crate) const PATH_FILESTAT_GET: Rights = 1 << 18;
pub(crate) const PATH_FILESTAT_SET_SIZE: Rights = 1 << 19;
pub(crate) const PATH_FILESTAT_SET_TIMES: Rights = 1 << 20;
pub(crate) const FD_FILESTAT_GET: Rights = 1 << 21;
pub(crate) const FD_FILESTAT_SET_SIZE: Rights = 1 << 22;
pub(crate) const FD_FILESTAT_SET_TIMES: Rights = 1 << 23;
pub(crate) const PATH_SYMLINK: Rights = 1 << 24;
pub(crate) const PATH_REMOVE_DIRECTORY: Rights = 1 << 25;
pub(crate) const PATH_UNLINK_FILE: Rights = 1 << 26;
pub(crate) const POLL_FD_READWRITE: Rights = 1 << 27;
pub(crate) const SOCK_SHUTDOWN: Rights = 1 << 28;
pub(crate) const SOCK_ACCEPT: Rights = 1 << 29;

/// Every right that exists.
pub(crate) const ALL: Rights = (1 << 30) - 1;

/// What applies to a directory's own descriptor.
pub(crate) const DIRECTORY: Rights = FD_FDSTAT_SET_FLAGS
    | FD_SYNC
    | FD_DATASYNC
    | FD_READDIR
    | FD_FILESTAT_GET
    | FD_FILESTAT_SET_TIMES
    | POLL_FD_READWRITE
    | PATH;

/// What applies to a regular file or a block device.
pub(crate) const FILE: Rights = FD_DATASYNC
    | FD_READ
    | FD_SEEK
    | FD_FDSTAT_SET_FLAGS
    | FD_SYNC
    | FD_TELL
    | FD_WRITE
    | FD_ADVISE
    | FD_ALLOCATE
    | FD_FILESTAT_GET
    | FD_FILESTAT_SET_SIZE
    | FD_FILESTAT_SET_TIMES
    | POLL_FD_READWRITE;

/// What applies to a terminal. Without the rights to seek and tell: by that wasi-libc's `isatty` knows
/// a terminal from other character devices.
pub(crate) const TERMINAL: Rights =
    FD_READ | FD_FDSTAT_SET_FLAGS | FD_WRITE | FD_FILESTAT_GET | POLL_FD_READWRITE;

/// What applies to a socket.
pub(crate) const SOCKET: Rights = TERMINAL | SOCK_SHUTDOWN | SOCK_ACCEPT;

const PATH: Rights = PATH_CREATE_DIRECTORY
    | PATH_CREATE_FILE
    | PATH_LINK_SOURCE
    | PATH_LINK_TARGET
    | PATH_OPEN
    | PATH_READLINK
    | PATH_RENAME_SOURCE
    | PATH_RENAME_TARGET
    | PATH_FILESTAT_GET
    | PATH_FILESTAT_SET_SIZE
    | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK
    | PATH_REMOVE_DIRECTORY
    | PATH_UNLINK_FILE;

/// What would change something: absent below a read-only directory.
pub(crate) const CHANGING: Rights = FD_WRITE
    | FD_ALLOCATE
    | FD_FILESTAT_SET_SIZE
    | FD_FILESTAT_SET_TIMES
    | PATH_CREATE_DIRECTORY
    | PATH_CREATE_FILE
    | PATH_LINK_SOURCE
    | PATH_LINK_TARGET
    | PATH_RENAME_SOURCE
    | PATH_RENAME_TARGET
    | PATH_FILESTAT_SET_SIZE
    | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK
    | PATH_REMOVE_DIRECTORY
    | PATH_UNLINK_FILE;

/// What needs the host's file to be open for writing.
pub(crate) const HOST_WRITE: Rights = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

/// What libraries ask for only when a program opens a file for writing.
///
/// They first drop what the directory does not give, so that `open(…, O_RDWR)` below a read-only
/// directory would quietly give a descriptor for reading. `fd_datasync` stays available there, as the
/// sign by which such an open is recognised and refused (wasi-libc, Go, Rust and Zig all ask for it
/// with, and only with, `fd_write`).
pub(crate) const INTENT_TO_WRITE: Rights = HOST_WRITE | FD_DATASYNC;
