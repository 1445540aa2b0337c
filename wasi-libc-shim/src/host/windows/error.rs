//! Turns the system's errors into WASI's.
//!
//! The native calls have errors of their own, of which the system knows the equivalent in the list of
//! the others; those that lose their meaning by that are named here first. Source: Microsoft, «System
//! Error Codes», «NTSTATUS Values», «Windows Sockets Error Codes».

use crate::errno::Errno;
use windows_sys::Win32::Foundation as system;
use windows_sys::Win32::Foundation::{GetLastError, NTSTATUS, RtlNtStatusToDosError};
use windows_sys::Win32::Networking::WinSock as sockets;

/// What a native call answers instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(pub(super) NTSTATUS);

/// The answer of a native call.
pub(super) type Answer<T> = core::result::Result<T, Status>;

/// The answer as a result: what is not negative is success.
pub(super) fn check(status: NTSTATUS) -> Answer<()> {
    if status >= 0 { Ok(()) } else { Err(Status(status)) }
}

impl From<Status> for Errno {
    fn from(status: Status) -> Self {
        match status.0 {
            system::STATUS_FILE_IS_A_DIRECTORY => Self::IsDirectory,
            system::STATUS_NOT_A_DIRECTORY => Self::NotDirectory,
            // Another process still has open what was removed.
            system::STATUS_DELETE_PENDING => Self::Busy,
            system::STATUS_STOPPED_ON_SYMLINK => Self::Loop,
            system::STATUS_PIPE_CLOSING | system::STATUS_PIPE_DISCONNECTED => Self::BrokenPipe,
            status => {
                // SAFETY: the call takes any number.
                from_code(unsafe { RtlNtStatusToDosError(status) })
            }
        }
    }
}

/// The error of the last call that leaves one.
pub(super) fn last_error() -> Errno {
    // SAFETY: the call has no preconditions.
    from_code(unsafe { GetLastError() })
}

/// The error with this number, of the system or of its sockets.
pub(super) fn from_code(code: u32) -> Errno {
    let found = TABLE.iter().find(|(codes, _)| codes.contains(&code));
    found.map_or(Errno::Io, |&(_, error)| error)
}

/// The error of a socket with this number.
const fn socket(error: sockets::WSA_ERROR) -> u32 {
    error.cast_unsigned()
}

const TABLE: &[(&[u32], Errno)] = &[
    (
        &[
            system::ERROR_FILE_NOT_FOUND,
            system::ERROR_PATH_NOT_FOUND,
            system::ERROR_INVALID_NAME,
            system::ERROR_BAD_PATHNAME,
            system::ERROR_BAD_NETPATH,
            system::ERROR_BAD_NET_NAME,
            system::ERROR_INVALID_DRIVE,
        ],
        Errno::NoEntry,
    ),
    (
        &[
            system::ERROR_ACCESS_DENIED,
            system::ERROR_NETWORK_ACCESS_DENIED,
            system::ERROR_CANNOT_MAKE,
            socket(sockets::WSAEACCES),
        ],
        Errno::Access,
    ),
    (
        &[
            system::ERROR_SHARING_VIOLATION,
            system::ERROR_LOCK_VIOLATION,
            system::ERROR_BUSY,
            system::ERROR_USER_MAPPED_FILE,
            system::ERROR_PIPE_BUSY,
        ],
        Errno::Busy,
    ),
    (&[system::ERROR_FILE_EXISTS, system::ERROR_ALREADY_EXISTS], Errno::Exists),
    (&[system::ERROR_DIRECTORY], Errno::NotDirectory),
    (&[system::ERROR_DIR_NOT_EMPTY], Errno::NotEmpty),
    (&[system::ERROR_NOT_SAME_DEVICE], Errno::CrossDevice),
    (&[system::ERROR_WRITE_PROTECT], Errno::ReadOnlyFileSystem),
    (&[system::ERROR_PRIVILEGE_NOT_HELD], Errno::NotPermitted),
    (&[system::ERROR_CANT_RESOLVE_FILENAME, system::ERROR_CANT_ACCESS_FILE], Errno::Loop),
    (&[system::ERROR_FILENAME_EXCED_RANGE, system::ERROR_BUFFER_OVERFLOW], Errno::NameTooLong),
    (&[system::ERROR_TOO_MANY_LINKS], Errno::TooManyLinks),
    (&[system::ERROR_TOO_MANY_OPEN_FILES, socket(sockets::WSAEMFILE)], Errno::TooManyFiles),
    (
        &[system::ERROR_HANDLE_DISK_FULL, system::ERROR_DISK_FULL, system::ERROR_FILE_TOO_LARGE],
        Errno::NoSpace,
    ),
    (&[system::ERROR_DISK_QUOTA_EXCEEDED, system::ERROR_NOT_ENOUGH_QUOTA], Errno::Quota),
    (
        &[
            system::ERROR_NOT_ENOUGH_MEMORY,
            system::ERROR_OUTOFMEMORY,
            system::ERROR_COMMITMENT_LIMIT,
            system::ERROR_NO_SYSTEM_RESOURCES,
        ],
        Errno::NoMemory,
    ),
    (
        &[
            system::ERROR_BROKEN_PIPE,
            system::ERROR_NO_DATA,
            system::ERROR_PIPE_NOT_CONNECTED,
            socket(sockets::WSAESHUTDOWN),
        ],
        Errno::BrokenPipe,
    ),
    (&[system::ERROR_INVALID_HANDLE, socket(sockets::WSAEBADF)], Errno::BadDescriptor),
    (
        &[system::ERROR_INVALID_PARAMETER, system::ERROR_NEGATIVE_SEEK, socket(sockets::WSAEINVAL)],
        Errno::Invalid,
    ),
    (
        &[
            system::ERROR_NOT_SUPPORTED,
            system::ERROR_INVALID_FUNCTION,
            socket(sockets::WSAEOPNOTSUPP),
        ],
        Errno::NotSupported,
    ),
    (&[system::ERROR_OPERATION_ABORTED], Errno::Cancelled),
    (&[system::ERROR_SEM_TIMEOUT, socket(sockets::WSAETIMEDOUT)], Errno::TimedOut),
    (&[system::ERROR_NOT_READY, system::ERROR_DEV_NOT_EXIST], Errno::NoDevice),
    (&[socket(sockets::WSAEINTR)], Errno::Interrupted),
    (&[socket(sockets::WSAEFAULT)], Errno::Fault),
    (&[socket(sockets::WSAEWOULDBLOCK)], Errno::Again),
    (&[socket(sockets::WSAEINPROGRESS)], Errno::InProgress),
    (&[socket(sockets::WSAEALREADY)], Errno::Already),
    (&[socket(sockets::WSAENOTSOCK)], Errno::NotSocket),
    (&[socket(sockets::WSAEDESTADDRREQ)], Errno::DestinationRequired),
    (&[socket(sockets::WSAEMSGSIZE)], Errno::MessageSize),
    (&[socket(sockets::WSAEPROTOTYPE)], Errno::ProtocolType),
    (&[socket(sockets::WSAENOPROTOOPT)], Errno::NoProtocolOption),
    (&[socket(sockets::WSAEPROTONOSUPPORT)], Errno::ProtocolNotSupported),
    (&[socket(sockets::WSAEAFNOSUPPORT)], Errno::AddressFamily),
    (&[socket(sockets::WSAEADDRINUSE)], Errno::AddressInUse),
    (&[socket(sockets::WSAEADDRNOTAVAIL)], Errno::AddressNotAvailable),
    (&[socket(sockets::WSAENETDOWN)], Errno::NetworkDown),
    (&[socket(sockets::WSAENETUNREACH)], Errno::NetworkUnreachable),
    (&[socket(sockets::WSAENETRESET)], Errno::NetworkReset),
    (&[socket(sockets::WSAECONNABORTED)], Errno::ConnectionAborted),
    (&[socket(sockets::WSAECONNRESET), system::ERROR_NETNAME_DELETED], Errno::ConnectionReset),
    (&[socket(sockets::WSAENOBUFS)], Errno::NoBuffers),
    (&[socket(sockets::WSAEISCONN)], Errno::IsConnected),
    (&[socket(sockets::WSAENOTCONN)], Errno::NotConnected),
    (&[socket(sockets::WSAECONNREFUSED)], Errno::ConnectionRefused),
    (&[socket(sockets::WSAEHOSTUNREACH)], Errno::HostUnreachable),
];
