//! Sockets that listen, made before the program starts, and connections that they accept.
//!
//! A standard stream that is a socket is not known as such: the system reads and writes it as a pipe.

use super::error::from_code;
use super::library::loaded;
use super::object::{Borrowed, Kind, Owned};
use super::vector::Vectors;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use core::net::SocketAddr;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, FIONBIO, FIONREAD, INVALID_SOCKET, MSG_PARTIAL, MSG_PEEK, MSG_WAITALL,
    POLLERR, POLLHUP, POLLRDNORM, POLLWRNORM, SD_BOTH, SD_RECEIVE, SD_SEND, SO_TYPE, SOCK_DGRAM,
    SOCK_STREAM, SOCKET, SOL_SOCKET, WSABUF, WSADATA, WSAPOLLFD,
};

loaded! {
    "ws2_32.dll" fn WSAGetLastError() -> i32;
    "ws2_32.dll" fn WSARecv(
        socket: SOCKET,
        buffers: *const WSABUF,
        count: u32,
        bytes: *mut u32,
        flags: *mut u32,
        overlapped: usize,
        routine: usize
    ) -> i32;
    "ws2_32.dll" fn WSASend(
        socket: SOCKET,
        buffers: *const WSABUF,
        count: u32,
        bytes: *mut u32,
        flags: u32,
        overlapped: usize,
        routine: usize
    ) -> i32;
    "ws2_32.dll" fn WSAPoll(entries: *mut WSAPOLLFD, count: u32, timeout: i32) -> i32;
    "ws2_32.dll" fn WSAStartup(version: u16, data: *mut WSADATA) -> i32;
    "ws2_32.dll" fn socket(family: i32, kind: i32, protocol: i32) -> SOCKET;
    "ws2_32.dll" fn bind(socket: SOCKET, address: *const u8, length: i32) -> i32;
    "ws2_32.dll" fn listen(socket: SOCKET, backlog: i32) -> i32;
    "ws2_32.dll" fn accept(socket: SOCKET, address: usize, length: usize) -> SOCKET;
    "ws2_32.dll" fn shutdown(socket: SOCKET, how: i32) -> i32;
    "ws2_32.dll" fn closesocket(socket: SOCKET) -> i32;
    "ws2_32.dll" fn ioctlsocket(socket: SOCKET, command: i32, argument: *mut u32) -> i32;
    "ws2_32.dll" fn getsockopt(
        socket: SOCKET,
        level: i32,
        name: i32,
        value: *mut u8,
        length: *mut i32
    ) -> i32;
}

/// The result of a call that answers 0, or else leaves an error.
fn check(answer: Option<i32>) -> Result<()> {
    match answer {
        Some(0) => Ok(()),
        Some(_) => Err(last_error()),
        None => Err(Errno::NoSystemCall),
    }
}

/// The error of the last call.
fn last_error() -> Errno {
    // SAFETY: the call has no preconditions.
    from_code(unsafe { WSAGetLastError() }.unwrap_or(0).cast_unsigned())
}

fn number(socket: Borrowed<'_>) -> SOCKET {
    socket.handle() as SOCKET
}

pub(super) fn close(handle: HANDLE) {
    // SAFETY: the handle is a socket's, which nobody uses any more.
    unsafe { closesocket(handle as SOCKET) };
}

/// Whether messages or a stream come over it.
pub(super) fn file_type(socket: Borrowed<'_>) -> FileType {
    let mut kind = 0_i32;
    let mut length = size_of::<i32>() as i32;
    let value = (&raw mut kind).cast();
    // SAFETY: the value has the length that is passed.
    let asked = unsafe { getsockopt(number(socket), SOL_SOCKET, SO_TYPE, value, &raw mut length) };
    if asked == Some(0) && kind == SOCK_DGRAM {
        FileType::SocketDatagram
    } else {
        FileType::SocketStream
    }
}

/// Whether calls that would wait fail instead.
pub(super) fn set_nonblock(socket: Borrowed<'_>, nonblock: bool) -> Result<()> {
    let mut argument = u32::from(nonblock);
    // SAFETY: the address is valid.
    check(unsafe { ioctlsocket(number(socket), FIONBIO, &raw mut argument) })
}

/// Bytes that can be read at once.
pub(super) fn readable_bytes(socket: Borrowed<'_>) -> u64 {
    let mut bytes = 0;
    // SAFETY: the address is valid.
    match unsafe { ioctlsocket(number(socket), FIONREAD, &raw mut bytes) } {
        Some(0) => bytes.into(),
        _ => 0,
    }
}

/// Which directions to shut down.
#[derive(Clone, Copy)]
pub(crate) enum Shutdown {
    Receive,
    Send,
    Both,
}

/// Receives into linear memory: how many bytes, and whether the rest of a message was lost.
pub(crate) fn receive(
    socket: Borrowed<'_>,
    vectors: &Vectors,
    peek: bool,
    wait_all: bool,
) -> Result<(u32, bool)> {
    let flags = if peek { MSG_PEEK } else { 0 } | if wait_all { MSG_WAITALL } else { 0 };
    let mut flags = flags.cast_unsigned();
    let mut bytes = 0;
    let pieces = vectors.pieces();
    let (start, count) = (pieces.as_ptr(), pieces.len() as u32);
    // SAFETY: the pieces are in linear memory, which stays as it is during the call.
    let received = check(unsafe {
        WSARecv(number(socket), start, count, &raw mut bytes, &raw mut flags, 0, 0)
    });
    match received {
        Ok(()) => Ok((bytes, flags & MSG_PARTIAL != 0)),
        Err(Errno::MessageSize) => {
            let room: u64 = pieces.iter().map(|piece| u64::from(piece.len)).sum();
            Ok((u32::try_from(room).unwrap_or(u32::MAX), true))
        }
        // The other side sends nothing more.
        Err(Errno::BrokenPipe) => Ok((0, false)),
        Err(error) => Err(error),
    }
}

/// Sends from linear memory: how many bytes.
pub(crate) fn send(socket: Borrowed<'_>, vectors: &Vectors) -> Result<u32> {
    let mut bytes = 0;
    let pieces = vectors.pieces();
    let (start, count) = (pieces.as_ptr(), pieces.len() as u32);
    // SAFETY: as for `receive`; the pieces are only read.
    check(unsafe { WSASend(number(socket), start, count, &raw mut bytes, 0, 0, 0) })?;
    Ok(bytes)
}

/// Shuts down one or both directions.
pub(crate) fn shut_down(socket: Borrowed<'_>, how: Shutdown) -> Result<()> {
    let how = match how {
        Shutdown::Receive => SD_RECEIVE,
        Shutdown::Send => SD_SEND,
        Shutdown::Both => SD_BOTH,
    };
    // SAFETY: takes numbers only.
    check(unsafe { shutdown(number(socket), how) })
}

/// Accepts a connection.
pub(crate) fn accept_connection(socket: Borrowed<'_>, nonblock: bool) -> Result<Owned> {
    // SAFETY: without room for an address none is written.
    let connection = unsafe { accept(number(socket), 0, 0) }.ok_or(Errno::NoSystemCall)?;
    if connection == INVALID_SOCKET {
        return Err(last_error());
    }
    // SAFETY: the call has just made this socket, and nobody else has it.
    let connection = unsafe { Owned::new(connection as HANDLE, Kind::Socket) };
    // It takes over what the listening socket does.
    set_nonblock(&connection, nonblock)?;
    connection.nonblock.set(nonblock);
    Ok(connection)
}

/// Connections that may wait to be accepted, as many as Rust's library allows.
const BACKLOG: i32 = 128;

/// A socket that listens, and whose `accept` does not wait.
pub(crate) fn listen_at(address: &SocketAddr) -> Result<Owned> {
    const VERSION: u16 = 0x0202;
    let mut data = WSADATA::default();
    // SAFETY: the address is valid for writes.
    if unsafe { WSAStartup(VERSION, &raw mut data) } != Some(0) {
        return Err(Errno::NoSystemCall);
    }
    // Family, port and address, as the system lays them out.
    let mut bytes = [0; 28];
    let (family, parts) = match address {
        SocketAddr::V4(address) => (AF_INET, (address.ip().octets().to_vec(), 4, 16)),
        SocketAddr::V6(address) => {
            let octets = address.ip().octets();
            let scope = address.scope_id().to_le_bytes();
            (AF_INET6, ([&octets[..], &scope].concat(), 8, 28))
        }
    };
    let head = [family.to_le_bytes(), address.port().to_be_bytes()].concat();
    let (tail, tail_at, length) = parts;
    for (at, part) in [(0, &head), (tail_at, &tail)] {
        for (place, &byte) in bytes.iter_mut().skip(at).zip(part) {
            *place = byte;
        }
    }
    // SAFETY: takes numbers only.
    let made = unsafe { socket(family.into(), SOCK_STREAM, 0) }.ok_or(Errno::NoSystemCall)?;
    if made == INVALID_SOCKET {
        return Err(last_error());
    }
    // SAFETY: the call has just made this socket, and nobody else has it.
    let made = unsafe { Owned::new(made as HANDLE, Kind::Socket) };
    // Nothing lets another process take the port over, as it would be with the option that Unix systems
    // need to use a port again.
    // SAFETY: the address has at least the length that is passed.
    check(unsafe { bind(number(&made), bytes.as_ptr(), length) })?;
    // SAFETY: takes numbers only.
    check(unsafe { listen(number(&made), BACKLOG) })?;
    set_nonblock(&made, true)?;
    made.nonblock.set(true);
    Ok(made)
}

/// What [`poll`] is asked about a socket.
pub(super) fn poll_entry(socket: Borrowed<'_>, read: bool) -> WSAPOLLFD {
    WSAPOLLFD { fd: number(socket), events: if read { POLLRDNORM } else { POLLWRNORM }, revents: 0 }
}

/// Waits for a socket to be ready, for so many milliseconds or without end.
pub(super) fn poll(entries: &mut [WSAPOLLFD], milliseconds: Option<u64>) {
    let timeout = milliseconds.map_or(-1, |time| i32::try_from(time).unwrap_or(i32::MAX));
    // SAFETY: the list has that many entries. What is wrong with one is told by it.
    unsafe { WSAPoll(entries.as_mut_ptr(), entries.len() as u32, timeout) };
}

/// Whether it is ready, and whether the other end is gone.
pub(super) fn poll_outcome(entry: &WSAPOLLFD) -> (bool, bool) {
    (entry.revents != 0, entry.revents & (POLLHUP | POLLERR) != 0)
}
