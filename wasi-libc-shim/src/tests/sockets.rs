//! Sockets: only those that the program was started with, which nothing grants yet.

use super::*;
use crate::descriptor_table::Descriptor;
use crate::file_type::FileType;
use crate::{host, rights};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Gives the program a listening socket, as a later grant will.
fn listening() -> (Program, u32, std::net::SocketAddr) {
    let mut program = Program::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let fd = give(&mut program, listener);
    (program, fd, address)
}

/// Gives the program a socket as a descriptor.
pub(super) fn give(program: &mut Program, listener: TcpListener) -> u32 {
    let handle = host::Handle::Owned(listener.into());
    let descriptor = Descriptor::new(
        crate::object::Object::Host(handle),
        FileType::SocketStream,
        rights::SOCKET,
        0,
    );
    program.wasi.descriptors.insert(descriptor).unwrap()
}

#[test]
fn a_file_is_no_socket() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    for fd in [file, ROOT] {
        let fd = u64::from(fd);
        let (list, result) = (u64::from(VECTORS), u64::from(RESULT));
        let not = Err(Errno::NotSocket);
        assert_eq!(program.call("sock_accept", &[fd, 0, result]), not);
        assert_eq!(program.call("sock_recv", &[fd, list, 1, 0, result, result]), not);
        assert_eq!(program.call("sock_send", &[fd, list, 1, 0, result]), not);
        assert_eq!(program.call("sock_shutdown", &[fd, 1]), not);
    }
}

#[test]
fn a_connection_is_accepted_and_used() {
    let (mut program, listener, address) = listening();
    let mut peer = TcpStream::connect(address).unwrap();
    program.call("sock_accept", &[listener.into(), 0, RESULT.into()]).unwrap();
    let socket = program.u32(RESULT);
    assert_eq!(program.descriptor_status(socket).unwrap().0, FileType::SocketStream as u8);

    peer.write_all(b"hello").unwrap();
    for (flags, expected) in [(1, &b"hello"[..]), (0, b"hello")] {
        program.put_vectors(&[(DATA, 3), (DATA + 3, 100)]);
        let flags_result = u64::from(RESULT) + 4;
        let arguments = [socket.into(), VECTORS.into(), 2, flags, RESULT.into(), flags_result];
        program.call("sock_recv", &arguments).unwrap();
        assert_eq!(program.bytes(DATA, program.u32(RESULT)), expected);
        assert_eq!(program.u16(RESULT + 4), 0);
    }
    program.put(DATA, b"answer");
    program.put_vectors(&[(DATA, 6)]);
    let arguments = [socket.into(), VECTORS.into(), 1, 0, RESULT.into()];
    program.call("sock_send", &arguments).unwrap();
    assert_eq!(program.write(socket, b", written"), Ok(9));
    assert_eq!(program.call("sock_shutdown", &[socket.into(), 2]), Ok(()));
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "answer, written");
    assert_eq!(program.call("sock_send", &arguments), Err(Errno::BrokenPipe));
    drop(peer);
    assert_eq!(program.read(socket, 10).unwrap(), b"");
}

#[test]
fn flags_of_sockets_are_checked() {
    let (mut program, listener, _) = listening();
    let fd = u64::from(listener);
    let (list, result) = (u64::from(VECTORS), u64::from(RESULT));
    let invalid = Err(Errno::Invalid);
    assert_eq!(program.call("sock_accept", &[fd, 1, result]), invalid);
    assert_eq!(program.call("sock_recv", &[fd, list, 0, 4, result, result]), invalid);
    assert_eq!(program.call("sock_send", &[fd, list, 0, 1, result]), invalid);
    for how in [0, 4, u64::from(u32::MAX)] {
        assert_eq!(program.call("sock_shutdown", &[fd, how]), invalid);
    }
    program.call("fd_fdstat_set_flags", &[fd, 4]).unwrap();
    assert_eq!(program.call("sock_accept", &[fd, 4, result]), Err(Errno::Again));
    assert_eq!(program.seek(listener, 0, 1), Err(Errno::NotSeekable));
}

#[cfg(unix)]
#[test]
fn a_message_may_be_cut() {
    use std::os::unix::net::UnixDatagram;
    let mut program = Program::new();
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let handle = host::Handle::Owned(ours.into());
    let descriptor = Descriptor::new(
        crate::object::Object::Host(handle),
        FileType::SocketDatagram,
        rights::SOCKET,
        0,
    );
    let socket = program.wasi.descriptors.insert(descriptor).unwrap();
    theirs.send(b"one message").unwrap();
    theirs.send(b"next").unwrap();
    program.put_vectors(&[(DATA, 2), (DATA + 2, 1)]);
    let flags_result = u64::from(RESULT) + 4;
    // Looked at twice and then taken: the rest of the message is gone with it.
    for flags in [1, 1, 0] {
        let arguments = [socket.into(), VECTORS.into(), 2, flags, RESULT.into(), flags_result];
        program.call("sock_recv", &arguments).unwrap();
        assert_eq!(program.bytes(DATA, program.u32(RESULT)), b"one");
        assert_eq!(program.u16(RESULT + 4), 1);
    }
    program.put_vectors(&[(DATA, 9)]);
    let arguments = [socket.into(), VECTORS.into(), 1, 0, RESULT.into(), flags_result];
    program.call("sock_recv", &arguments).unwrap();
    assert_eq!(program.bytes(DATA, program.u32(RESULT)), b"next");
    assert_eq!(program.u16(RESULT + 4), 0);
}

/// «On byte-stream sockets, block until the full amount of data can be returned».
#[test]
fn all_of_it_can_be_waited_for() {
    let (mut program, listener, address) = listening();
    let mut peer = TcpStream::connect(address).unwrap();
    program.call("sock_accept", &[listener.into(), 0, RESULT.into()]).unwrap();
    let socket = program.u32(RESULT);
    let sender = std::thread::spawn(move || {
        for part in [b"one", b"two"] {
            peer.write_all(part).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        peer
    });
    program.put_vectors(&[(DATA, 4), (DATA + 4, 2)]);
    let flags_result = u64::from(RESULT) + 4;
    let arguments = [socket.into(), VECTORS.into(), 2, 2, RESULT.into(), flags_result];
    program.call("sock_recv", &arguments).unwrap();
    assert_eq!(program.bytes(DATA, program.u32(RESULT)), b"onetwo");
    drop(sender.join().unwrap());
}
