//! `poll_oneoff`: clocks and files, alone and mixed.

use super::*;
use std::time::{Duration, Instant};

const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;
const MILLISECOND: u64 = 1_000_000;

#[derive(Clone, Copy)]
struct Subscription(u64, u8, u32, u64, u16);

/// A clock: (userdata, clock, timeout, flags).
fn clock(userdata: u64, clock: u32, timeout: u64, flags: u16) -> Subscription {
    Subscription(userdata, CLOCK, clock, timeout, flags)
}

fn file(userdata: u64, kind: u8, fd: u32) -> Subscription {
    Subscription(userdata, kind, fd, 0, 0)
}

/// (userdata, error, type, bytes, flags)
type Event = (u64, u16, u8, u64, u16);

fn poll(program: &mut Program, subscriptions: &[Subscription]) -> Answer<Vec<Event>> {
    for (index, &Subscription(userdata, kind, word, timeout, flags)) in
        subscriptions.iter().enumerate()
    {
        let at = VECTORS + index as u32 * 48;
        program.put(at, &[0; 48]);
        program.put(at, &userdata.to_le_bytes());
        program.put(at + 8, &[kind]);
        program.put(at + 16, &word.to_le_bytes());
        program.put(at + 24, &timeout.to_le_bytes());
        program.put(at + 40, &flags.to_le_bytes());
    }
    let count = subscriptions.len() as u64;
    program.call("poll_oneoff", &[VECTORS.into(), DATA.into(), count, RESULT.into()])?;
    Ok((0..program.u32(RESULT))
        .map(|index| {
            let at = DATA + index * 32;
            let kind = program.memory[at as usize + 10];
            (program.u64(at), program.u16(at + 8), kind, program.u64(at + 16), program.u16(at + 24))
        })
        .collect())
}

fn now(program: &mut Program, clock: u64) -> u64 {
    program.call("clock_time_get", &[clock, 0, RESULT.into()]).unwrap();
    program.u64(RESULT)
}

#[test]
fn a_clock_wakes_when_it_is_due() {
    let mut program = Program::new();
    for id in [0, 1] {
        let start = Instant::now();
        let events = poll(&mut program, &[clock(7, id, 30 * MILLISECOND, 0)]).unwrap();
        assert_eq!(events, [(7, 0, CLOCK, 0, 0)]);
        assert!(start.elapsed() >= Duration::from_millis(30));
        let start = Instant::now();
        let due = now(&mut program, id.into()) + 30 * MILLISECOND;
        let events = poll(&mut program, &[clock(8, id, due, 1)]).unwrap();
        assert_eq!(events, [(8, 0, CLOCK, 0, 0)]);
        assert!(start.elapsed() >= Duration::from_millis(29));
    }
}

#[test]
fn a_time_that_is_over_wakes_at_once() {
    let mut program = Program::new();
    let list = [clock(1, 1, 0, 0), clock(2, 0, 5, 1), clock(3, 1, u64::MAX, 0)];
    let events = poll(&mut program, &list).unwrap();
    assert_eq!(events, [(1, 0, CLOCK, 0, 0), (2, 0, CLOCK, 0, 0)]);
}

/// A processor's time can be waited for where it is over.
#[test]
fn the_time_of_a_processor_can_be_over() {
    let mut program = Program::new();
    for id in [2, 3] {
        // Some systems count it in steps of several milliseconds.
        while now(&mut program, id.into()) == 0 {}
        for (timeout, flags) in [(0, 0), (0, 1), (1, 1)] {
            let events = poll(&mut program, &[clock(1, id, timeout, flags)]).unwrap();
            assert_eq!(events, [(1, 0, CLOCK, 0, 0)]);
        }
        let events = poll(&mut program, &[clock(1, id, 1 << 40, 0), clock(2, 1, 0, 0)]).unwrap();
        assert_eq!(events, [(1, Errno::NotSupported as u16, CLOCK, 0, 0), (2, 0, CLOCK, 0, 0)]);
    }
}

/// «If `rights::fd_read` is set, includes the right to invoke `poll_oneoff`»: it takes both.
#[test]
fn waiting_needs_a_right_of_its_own() {
    use crate::rights::{FD_READ, FD_WRITE, POLL_FD_READWRITE};
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    let both = FD_READ | FD_WRITE;
    for (rights, allowed) in
        [(both, false), (POLL_FD_READWRITE, false), (both | POLL_FD_READWRITE, true)]
    {
        let fd = program.open_with(ROOT, b"file", 0, 0, rights, 0).unwrap();
        let list = [file(1, super::waiting::FD_READ, fd), file(2, super::waiting::FD_WRITE, fd)];
        let error = if allowed { 0 } else { Errno::NotCapable as u16 };
        let events = poll(&mut program, &list).unwrap();
        assert_eq!(events.len(), 2);
        assert!(events.iter().all(|event| event.1 == error));
    }
}

/// One descriptor as often as it is asked for, each with its own event.
#[test]
fn duplicates_are_all_answered() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    let fd = program.open("file", 0).unwrap();
    let list: Vec<_> = (0..20).map(|n| file(n, [FD_READ, FD_WRITE][n as usize % 2], fd)).collect();
    let events = poll(&mut program, &list).unwrap();
    assert_eq!(events.len(), 20);
    for (n, event) in (0..20).zip(events) {
        assert_eq!((event.0, event.1), (n, 0));
        assert_eq!(event.3, [5, 0][n as usize % 2]);
    }
}

#[test]
fn files_are_ready_before_a_clock() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    let regular = program.open("file", 0).unwrap();
    program.seek(regular, 2, 0).unwrap();
    let list = [
        clock(1, 1, u64::MAX, 0),
        file(2, FD_READ, regular),
        file(3, FD_WRITE, regular),
        clock(4, 0, u64::MAX, 1),
    ];
    let events = poll(&mut program, &list).unwrap();
    assert_eq!(events, [(2, 0, FD_READ, 3, 0), (3, 0, FD_WRITE, 0, 0)]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_awaited() {
    let mut program = Program::new();
    let path = program.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let pipe = program.open("pipe", 0).unwrap();
    let list = [file(5, FD_READ, pipe), clock(6, 1, 20 * MILLISECOND, 0)];
    assert_eq!(poll(&mut program, &list).unwrap(), [(6, 0, CLOCK, 0, 0)]);
    let list = [file(5, FD_READ, pipe), clock(6, 1, u64::MAX, 0), file(9, FD_WRITE, pipe)];
    assert_eq!(poll(&mut program, &list).unwrap(), [(9, 0, FD_WRITE, 0, 0)]);
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(path, "four").unwrap();
    });
    assert_eq!(poll(&mut program, &list[..2]).unwrap(), [(5, 0, FD_READ, 4, 0)]);
    writer.join().unwrap();
}

#[cfg(windows)]
#[test]
fn a_pipe_without_a_name_is_awaited() {
    let mut program = Program::new();
    let (reader, writer) = super::windows::pipe(&mut program);
    let list = [file(5, FD_READ, reader), clock(6, 1, 20 * MILLISECOND, 0)];
    assert_eq!(poll(&mut program, &list).unwrap(), [(6, 0, CLOCK, 0, 0)]);
    let list = [file(5, FD_READ, reader), clock(6, 1, u64::MAX, 0), file(9, FD_WRITE, writer)];
    assert_eq!(poll(&mut program, &list).unwrap(), [(9, 0, FD_WRITE, 0, 0)]);
    program.write(writer, b"four").unwrap();
    assert_eq!(poll(&mut program, &list[..2]).unwrap(), [(5, 0, FD_READ, 4, 0)]);
    assert_eq!(program.read(reader, 9).unwrap(), b"four");
    program.close(writer).unwrap();
    assert_eq!(poll(&mut program, &list[..2]).unwrap(), [(5, 0, FD_READ, 0, 1)]);
}

#[test]
fn a_socket_is_awaited() {
    use std::io::Write;
    let mut program = Program::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listening = super::sockets::give(&mut program, listener);
    let list = [file(5, FD_READ, listening), clock(6, 1, 20 * MILLISECOND, 0)];
    assert_eq!(poll(&mut program, &list).unwrap(), [(6, 0, CLOCK, 0, 0)]);
    let mut peer = std::net::TcpStream::connect(address).unwrap();
    assert_eq!(poll(&mut program, &list[..1]).unwrap(), [(5, 0, FD_READ, 0, 0)]);
    program.call("sock_accept", &[listening.into(), 0, RESULT.into()]).unwrap();
    let socket = program.u32(RESULT);
    let list = [file(5, FD_READ, socket), file(7, FD_WRITE, socket)];
    assert_eq!(poll(&mut program, &list).unwrap(), [(7, 0, FD_WRITE, 0, 0)]);
    peer.write_all(b"four").unwrap();
    assert_eq!(poll(&mut program, &list[..1]).unwrap(), [(5, 0, FD_READ, 4, 0)]);
}

#[test]
fn what_is_wrong_with_one_does_not_hide_the_others() {
    let mut program = Program::new();
    let rights = crate::rights::FD_WRITE | crate::rights::POLL_FD_READWRITE;
    let write_only = program.open_with(ROOT, b"f", 0, CREATE, rights, 0).unwrap();
    let list = [
        file(1, FD_READ, 99),
        clock(2, 9, 0, 0),
        clock(3, 2, u64::MAX, 0),
        clock(4, 1, 0, 2),
        file(5, FD_READ, write_only),
        file(6, FD_WRITE, write_only),
        clock(7, 1, u64::MAX, 0),
    ];
    let events = poll(&mut program, &list).unwrap();
    let expected = [
        (1, Errno::BadDescriptor, FD_READ),
        (2, Errno::Invalid, CLOCK),
        (3, Errno::NotSupported, CLOCK),
        (4, Errno::Invalid, CLOCK),
        (5, Errno::NotCapable, FD_READ),
        (6, Errno::Success, FD_WRITE),
    ];
    assert_eq!(
        events,
        expected.map(|(userdata, error, kind)| (userdata, error as u16, kind, 0, 0))
    );
}

#[test]
fn a_bad_list_is_refused() {
    let mut program = Program::new();
    assert_eq!(poll(&mut program, &[]), Err(Errno::Invalid));
    assert_eq!(poll(&mut program, &[Subscription(1, 3, 0, 0, 0)]), Err(Errno::Invalid));
    for (list, events, count, error) in [
        (0x1_fff0, DATA, 1, Errno::Fault),
        (VECTORS, 0x1_fff0, 1, Errno::Fault),
        (VECTORS, DATA, 60_000, Errno::Fault),
        (VECTORS, DATA, u32::MAX, Errno::Invalid),
    ] {
        let arguments = [list.into(), events.into(), count.into(), RESULT.into()];
        assert_eq!(program.call("poll_oneoff", &arguments), Err(error));
    }
}
