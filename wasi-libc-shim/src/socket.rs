//! `sock_*`: sockets that the program was started with, and what they accept.
//!
//! It stands alone as one area of WASI. Invariant: a program cannot make a socket that leads anywhere
//! else; preview 1 has no function that could.

use crate::Wasi;
use crate::audit::Source;
use crate::descriptor_table::Descriptor;
use crate::errno::{Errno, Result};
use crate::file::{GuestVectors, status_flags};
use crate::host::{self, Shutdown};
use crate::memory::GuestMemory;
use crate::object::Object;
use crate::rights::{self, Rights};

impl Wasi {
    fn socket(&self, fd: u32, rights: Rights) -> Result<&Descriptor> {
        let socket = self.descriptors.get(fd)?;
        if !socket.file_type.is_socket() {
            // To a program that was granted nothing no number is open but those of its streams.
            let is_granted = !socket.is_virtual() || socket.source != Source::Nothing;
            return Err(if is_granted { Errno::NotSocket } else { Errno::BadDescriptor });
        }
        socket.require(rights)?;
        Ok(socket)
    }
}

pub(crate) fn accept(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    result: u32,
) -> Result<()> {
    memory.region(result, 4)?;
    let socket = wasi.socket(fd, rights::SOCK_ACCEPT)?;
    let (status, synchronous) = status_flags(flags)?;
    // Only `nonblock` means anything to a socket.
    if status.append || synchronous != 0 {
        return Err(Errno::Invalid);
    }
    let connection = host::accept(socket.object.host()?, status.nonblock)?;
    let descriptor = Descriptor::new(
        Object::Host(host::Handle::Owned(connection)),
        socket.file_type,
        rights::SOCKET & !rights::SOCK_ACCEPT,
        0,
    );
    let number = wasi.descriptors.insert(descriptor)?;
    memory.write_u32(result, number)
}

const RECEIVE_PEEK: u32 = 1 << 0;
const RECEIVE_WAIT_ALL: u32 = 1 << 1;
/// `roflags::recv_data_truncated`.
const DATA_TRUNCATED: u16 = 1;

pub(crate) fn recv(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    vectors: GuestVectors,
    flags: u32,
    bytes_result: u32,
    flags_result: u32,
) -> Result<()> {
    let socket = wasi.socket(fd, rights::FD_READ)?;
    if flags & !(RECEIVE_PEEK | RECEIVE_WAIT_ALL) != 0 {
        return Err(Errno::Invalid);
    }
    memory.region(bytes_result, 4)?;
    memory.region(flags_result, 2)?;
    let mut room = vectors.room();
    vectors.read(memory, &mut room)?;
    let (bytes, truncated) = host::receive(
        socket.object.host()?,
        &room,
        flags & RECEIVE_PEEK != 0,
        flags & RECEIVE_WAIT_ALL != 0,
    )?;
    memory.write_u32(bytes_result, bytes)?;
    memory.write(flags_result, &if truncated { DATA_TRUNCATED } else { 0 }.to_le_bytes())
}

pub(crate) fn send(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    vectors: GuestVectors,
    flags: u32,
    result: u32,
) -> Result<()> {
    let socket = wasi.socket(fd, rights::FD_WRITE)?;
    // «As there are currently no flags defined, it must be set to zero» (`siflags`).
    if flags != 0 {
        return Err(Errno::Invalid);
    }
    memory.region(result, 4)?;
    let mut room = vectors.room();
    vectors.read(memory, &mut room)?;
    let bytes = host::send(socket.object.host()?, &room)?;
    memory.write_u32(result, bytes)
}

pub(crate) fn shutdown(wasi: &Wasi, fd: u32, how: u32) -> Result<()> {
    let socket = wasi.socket(fd, rights::SOCK_SHUTDOWN)?;
    let how = match how {
        1 => Shutdown::Receive,
        2 => Shutdown::Send,
        3 => Shutdown::Both,
        _ => return Err(Errno::Invalid),
    };
    host::shut_down(socket.object.host()?, how)
}
