//! What is taken away by the builder or by whoever runs the program; streams, clocks, random numbers,
//! sockets and limits as a policy sets them.

use super::*;
use crate::file_type::FileType;
use std::net::{TcpListener, TcpStream};
use wasm2native_abi::policy::{
    DENY_ARGUMENTS, DENY_CLOCK, DENY_ENVIRONMENT, DENY_NETWORK, RUNTIME_FIXED_GRANTS,
    RUNTIME_NO_VARIABLES,
};

fn program(policy: &Policy, environment: &[(&str, &str)]) -> Program {
    let mut program = Program::new();
    program.wasi = policy.start(&["name", "argument"], environment).unwrap();
    program
}

fn clock(program: &mut Program, clock: u64) -> Answer<u64> {
    program.call("clock_time_get", &[clock, 1, RESULT.into()])?;
    Ok(program.u64(RESULT))
}

/// Waits for a clock: from now, or until a time.
pub(super) fn wait(program: &mut Program, clock: u64, nanoseconds: u64, absolute: bool) -> Errno {
    let mut subscription = [0; 48];
    subscription[16..24].copy_from_slice(&clock.to_le_bytes());
    subscription[24..32].copy_from_slice(&nanoseconds.to_le_bytes());
    subscription[40] = absolute.into();
    program.put(DATA, &subscription);
    let events = u64::from(DATA) + 0x100;
    program.call("poll_oneoff", &[DATA.into(), events, 1, RESULT.into()]).unwrap();
    assert_eq!(program.u32(RESULT), 1);
    errno(program.u16(DATA + 0x108).into())
}

#[test]
fn the_environment_and_arguments_can_be_denied() {
    let policy = |flags| {
        Policy::default()
            .record(RecordKind::EnvironmentInherit, 0, b"*")
            .record(RecordKind::EnvironmentSet, 0, b"A\x001")
            .record(RecordKind::Deny, flags, b"")
    };
    let environment = [("B", "2")];
    let mut both = program(&policy(0), &environment);
    assert_eq!(start::strings(&mut both, "environ"), ["B=2", "A=1"]);
    assert_eq!(start::strings(&mut both, "args"), ["name", "argument"]);
    assert!(!both.wasi.denies_arguments());
    let mut neither = program(&policy(DENY_ENVIRONMENT | DENY_ARGUMENTS), &environment);
    assert_eq!(start::strings(&mut neither, "environ"), [""; 0]);
    assert_eq!(start::strings(&mut neither, "args"), ["name"]);
    assert!(neither.wasi.denies_arguments());
}

#[test]
fn whoever_runs_the_program_can_deny() {
    let policy = |runtime| {
        Policy::default().record(RecordKind::EnvironmentInherit, 0, b"*").record(
            RecordKind::Runtime,
            runtime,
            b"",
        )
    };
    let is_denied = |runtime, wishes: &str| {
        let mut program = program(&policy(runtime), &[("WASM2NATIVE_DENY", wishes), ("B", "2")]);
        let variables = start::strings(&mut program, "environ");
        assert!(variables.iter().all(|variable| !variable.contains("WASM2NATIVE")));
        let denied = variables.is_empty();
        assert_eq!(clock(&mut program, 0).is_err(), wishes.contains("clock") && denied);
        denied
    };
    assert!(is_denied(0, "env"));
    assert!(is_denied(0, " clock , env,"));
    assert!(!is_denied(0, ""));
    assert!(!is_denied(0, "net,fs,write,args"));
    assert!(!is_denied(RUNTIME_FIXED_GRANTS, "env"));
    assert!(!is_denied(RUNTIME_NO_VARIABLES, "env"));
    for wishes in ["envy", "env,ENV", "all", "env;net"] {
        let started = policy(0).start(&[], &[("WASM2NATIVE_DENY", wishes)]);
        let sentence = started.err().unwrap();
        assert!(sentence.contains("`fs`, `write`, `net`, `env`, `clock`, `args`"), "{sentence}");
    }
    assert!(policy(RUNTIME_NO_VARIABLES).start(&[], &[("WASM2NATIVE_DENY", "envy")]).is_ok());
}

#[test]
fn without_clocks_there_is_still_waiting() {
    let mut program = program(&Policy::default().record(RecordKind::Deny, DENY_CLOCK, b""), &[]);
    for number in 0..4 {
        assert_eq!(clock(&mut program, number), Err(Errno::NotCapable));
        let arguments = [number, RESULT.into()];
        assert_eq!(program.call("clock_res_get", &arguments), Err(Errno::NotCapable));
    }
    let before = std::time::Instant::now();
    assert_eq!(wait(&mut program, 1, 20_000_000, false), Errno::Success);
    assert!(before.elapsed().as_millis() >= 20);
    for number in 0..4 {
        assert_eq!(wait(&mut program, number, 1, true), Errno::NotCapable);
    }
}

#[test]
fn a_fixed_clock_stands_and_time_passes_by_readings_and_waits() {
    const DATE: u64 = 1_000_000_000_123_456_789;
    let policy = Policy::default().record(RecordKind::Clock, 0, &DATE.to_le_bytes());
    for _ in 0..2 {
        let mut program = program(&policy, &[]);
        assert_eq!(clock(&mut program, 0), Ok(DATE));
        assert_eq!(clock(&mut program, 1), Ok(2000));
        assert_eq!(clock(&mut program, 2), Ok(3000));
        assert_eq!(clock(&mut program, 3), Ok(4000));
        let before = std::time::Instant::now();
        assert_eq!(wait(&mut program, 0, 10_000_000, false), Errno::Success);
        assert_eq!(wait(&mut program, 1, 20_000_000, true), Errno::Success);
        assert!(before.elapsed().as_millis() >= 19);
        assert_eq!(clock(&mut program, 1), Ok(20_001_000));
        assert_eq!(wait(&mut program, 0, DATE, true), Errno::Success);
        assert_eq!(wait(&mut program, 0, DATE + 1_000_000, true), Errno::Success);
        assert_eq!(clock(&mut program, 1), Ok(21_002_000));
        assert_eq!(clock(&mut program, 0), Ok(DATE));
        program.call("clock_res_get", &[1, RESULT.into()]).unwrap();
        assert_eq!(program.u64(RESULT), 1000);
        assert_eq!(clock(&mut program, 4), Err(Errno::Invalid));
    }
}

/// The numbers are those of the generator's authors for the seed 1234567.
#[test]
fn seeded_random_numbers_repeat() {
    let policy = Policy::default().record(RecordKind::Random, 0, &1_234_567_u64.to_le_bytes());
    let mut program = program(&policy, &[]);
    program.call("random_get", &[DATA.into(), 16]).unwrap();
    assert_eq!(program.u64(DATA), 6_457_827_717_110_365_317);
    assert_eq!(program.u64(DATA + 8), 3_203_168_211_198_807_973);
    program.call("random_get", &[DATA.into(), 3]).unwrap();
    assert_eq!(program.bytes(DATA, 3), &9_817_491_932_198_370_423_u64.to_le_bytes()[..3]);
    program.call("random_get", &[DATA.into(), 8]).unwrap();
    assert_eq!(program.u64(DATA), 4_593_380_528_125_082_431);
    assert_eq!(program.call("random_get", &[0x1ffff, 2]), Err(Errno::Fault));
}

#[test]
fn streams_can_be_the_null_device() {
    let policy = (0..3).fold(Policy::default(), |policy, stream| {
        policy.record(RecordKind::NullStream, stream, b"")
    });
    let mut program = program(&policy, &[]);
    assert_eq!(program.read(0, 10), Ok(Vec::new()));
    assert_eq!(program.write(1, b"nowhere"), Ok(7));
    assert_eq!(program.write(2, b"nowhere"), Ok(7));
    assert_eq!(program.descriptor_status(1).unwrap().0, FileType::CharacterDevice as u8);
    assert_eq!(program.close(1), Ok(()));
    let policy = Policy::default().record(RecordKind::NullStream, 3, b"");
    assert!(policy.start(&[], &[]).is_err());
}

/// An address that is free now.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn sockets_come_before_directories() {
    let address = free_address();
    let policy = Policy::default().directory("src".as_ref(), ".", 0).record(
        RecordKind::Listen,
        0,
        address.as_bytes(),
    );
    let mut program = program(&policy, &[]);
    assert_eq!(program.descriptor_status(3).unwrap().0, FileType::SocketStream as u8);
    assert_eq!(program.descriptor_status(4).unwrap().0, FileType::Directory as u8);
    assert_eq!(program.call("sock_accept", &[3, 0, RESULT.into()]), Err(Errno::Again));
    let mut peer = TcpStream::connect(&address).unwrap();
    std::io::Write::write_all(&mut peer, b"hello").unwrap();
    program.call("sock_accept", &[3, 0, RESULT.into()]).unwrap();
    let connection = program.u32(RESULT);
    assert_eq!(connection, 5);
    assert_eq!(program.read(connection, 10).unwrap(), b"hello");
    // Nobody else may have the address meanwhile.
    let sentence = policy.start(&[], &[]).err().unwrap();
    assert_eq!(sentence, format!("cannot listen on `{address}`: the address is in use"));
    let policy = policy.record(RecordKind::Deny, DENY_NETWORK, b"");
    let mut denied = self::program(&policy, &[]);
    assert_eq!(denied.descriptor_status(3).unwrap().0, FileType::Directory as u8);
    let policy = Policy::default().record(RecordKind::Listen, 0, b"localhost:80");
    assert!(policy.start(&[], &[]).is_err());
}

#[test]
fn sockets_listen_by_both_families() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let address = TcpListener::bind("[::1]:0").unwrap().local_addr().unwrap().to_string();
    let policy = Policy::default().record(RecordKind::Listen, 0, address.as_bytes());
    let mut program = program(&policy, &[]);
    let _peer = TcpStream::connect(&address).unwrap();
    assert_eq!(program.call("sock_accept", &[3, 0, RESULT.into()]), Ok(()));
}

#[test]
fn the_number_of_descriptors_has_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let policy = |most: u64| {
        Policy::default().directory(folder.path(), ".", 0).record(
            RecordKind::MaximumFiles,
            0,
            &most.to_le_bytes(),
        )
    };
    let mut program = program(&policy(6), &[]);
    let first = program.open("a", CREATE).unwrap();
    program.open("b", CREATE).unwrap();
    assert_eq!(program.open("c", CREATE), Err(Errno::TooManyFiles));
    program.close(first).unwrap();
    program.open("c", CREATE).unwrap();
    program.call("fd_renumber", &[first.into(), 5]).unwrap();
    program.open("d", CREATE).unwrap();
    assert_eq!(program.open("e", CREATE), Err(Errno::TooManyFiles));
    assert!(policy(3).start(&[], &[]).err().unwrap().contains("too many open files"));
}
