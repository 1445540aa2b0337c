//! Sockets that the program was started with, and connections that they accept.

use super::vector::Vectors;
use super::{last_error, retry, system};
use crate::errno::Result;
use core::net::SocketAddr;
use rustix::net::{AddressFamily, sockopt};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Which directions to shut down.
#[derive(Clone, Copy)]
pub(crate) enum Shutdown {
    Receive,
    Send,
    Both,
}

fn message(vectors: &Vectors) -> libc::msghdr {
    // SAFETY: all zero is a message without address, data and control data.
    let mut message: libc::msghdr = unsafe { core::mem::zeroed() };
    message.msg_iov = vectors.as_ptr().cast_mut();
    message.msg_iovlen = vectors.count() as _;
    message
}

/// Receives into linear memory: how many bytes, and whether the rest of a message was lost.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    vectors: &Vectors,
    peek: bool,
    wait_all: bool,
) -> Result<(u32, bool)> {
    let mut message = message(vectors);
    let flags =
        if peek { libc::MSG_PEEK } else { 0 } | if wait_all { libc::MSG_WAITALL } else { 0 };
    // SAFETY: the message's vectors are in linear memory, which stays as it is during the call.
    let bytes = retry(|| unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) })?;
    Ok((u32::try_from(bytes).unwrap_or(u32::MAX), message.msg_flags & libc::MSG_TRUNC != 0))
}

/// Sends from linear memory: how many bytes. Never raises a signal.
pub(crate) fn send(socket: BorrowedFd<'_>, vectors: &Vectors) -> Result<u32> {
    let message = message(vectors);
    // SAFETY: as for `receive`; the message is only read.
    let bytes = retry(|| unsafe {
        libc::sendmsg(socket.as_raw_fd(), &raw const message, system::SEND_FLAGS)
    })?;
    Ok(u32::try_from(bytes).unwrap_or(u32::MAX))
}

/// Shuts down one or both directions.
pub(crate) fn shut_down(socket: BorrowedFd<'_>, how: Shutdown) -> Result<()> {
    let how = match how {
        Shutdown::Receive => libc::SHUT_RD,
        Shutdown::Send => libc::SHUT_WR,
        Shutdown::Both => libc::SHUT_RDWR,
    };
    // SAFETY: takes numbers only.
    if unsafe { libc::shutdown(socket.as_raw_fd(), how) } == 0 {
        Ok(())
    } else {
        Err(last_error().into())
    }
}

/// Accepts a connection.
pub(crate) fn accept(socket: BorrowedFd<'_>, nonblock: bool) -> Result<OwnedFd> {
    let number = retry(|| system::accept(socket.as_raw_fd(), nonblock))?;
    // SAFETY: the call has just made this file, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(number as i32) })
}

/// Connections that may wait to be accepted, as many as Rust's library allows.
const BACKLOG: i32 = 128;

/// A socket that listens, and whose `accept` does not wait.
pub(crate) fn listen(address: &SocketAddr) -> Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = system::stream_socket(family)?;
    // A program that is started again need not wait until the system forgets old connections.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}
