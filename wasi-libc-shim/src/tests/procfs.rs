//! What Linux shows of processes as files: no directory grants their insides; and what a program was started
//! with is found by its name there.

use super::arguments::{granting, libc, open_at, read, start, write};
use super::*;
use crate::host::BY_HAND;
use crate::{Reason, Watch};
use rustix::io::FdFlags;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use wasm2native_abi::policy::{ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE};

/// A program to which `/proc` is granted.
fn proc_program(flags: u16) -> Program {
    let mut program = Program::new();
    let policy = Policy::default().directory(std::path::Path::new("/proc"), ".", flags);
    program.wasi = policy.start(&["program"], &[]).unwrap();
    program
}

#[test]
fn the_inside_of_a_process_is_granted_by_no_directory() {
    let process = std::process::id();
    for by_hand in [false, true] {
        BY_HAND.set(by_hand);
        let mut program = proc_program(0);
        program.wasi.watch(Watch::Refusals);
        for name in ["mem", "environ", "auxv", "pagemap", "syscall"] {
            for folder in ["self".to_owned(), process.to_string(), format!("self/task/{process}")] {
                let path = format!("{folder}/{name}");
                assert_eq!(program.open_to_read(&path), Err(Errno::NotPermitted), "{path}");
                let event = program.wasi.events().pop();
                assert_eq!(event.unwrap().refused, Some(Reason::OwnersOnly), "{path}");
            }
        }
        assert_eq!(program.open("self/mem", 0), Err(Errno::NotPermitted));
        // What everybody may read is granted.
        for path in ["self/status", "self/cmdline", "cpuinfo"] {
            let file = program.open_to_read(path).unwrap();
            assert_ne!(program.read(file, 100).unwrap().len(), 0, "{path}");
        }
        program.open_directory("self").unwrap();
    }
    BY_HAND.set(false);
}

#[test]
fn nor_is_it_by_a_link_or_an_argument() {
    let mut program = Program::new();
    let root = Policy::default().directory(std::path::Path::new("/"), ".", 0);
    let link = program.path("link");
    std::os::unix::fs::symlink("/proc/self/environ", &link).unwrap();
    program.wasi = root.start(&["program"], &[]).unwrap();
    let link = link.to_str().unwrap().to_owned();
    assert_eq!(program.open_to_read(&link[1..]), Err(Errno::NotPermitted));
    for name in ["/proc/self/mem", &link] {
        start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[name]);
        assert_eq!(read(&mut program, name), Err(Errno::NotPermitted), "{name}");
        // Only root gets as far as to open what nobody may write.
        let written = write(&mut program, name);
        assert!(matches!(written, Err(Errno::NotPermitted | Errno::Access)), "{name}: {written:?}");
    }
    // A file of its user's elsewhere is only that.
    let private = program.outside("private");
    std::fs::write(&private, "text").unwrap();
    std::fs::set_permissions(&private, PermissionsExt::from_mode(0o600)).unwrap();
    let private = private.to_str().unwrap().to_owned();
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[&private]);
    assert_eq!(read(&mut program, &private).unwrap(), "text");
}

/// Both ends of a pipe, as one with which a process is started.
fn pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    rustix::io::fcntl_setfd(&reader, FdFlags::empty()).unwrap();
    rustix::io::fcntl_setfd(&writer, FdFlags::empty()).unwrap();
    (reader, writer)
}

/// The names of an open file.
fn names_of(file: &impl AsRawFd) -> [String; 2] {
    ["/dev/fd", "/proc/self/fd"].map(|folder| format!("{folder}/{}", file.as_raw_fd()))
}

#[test]
fn a_pipe_that_an_argument_names_is_read_and_written() {
    for which in [0, 1] {
        let mut program = Program::new();
        let (mut reader, mut writer) = pipe();
        let (read_name, write_name) = (&names_of(&reader)[which], &names_of(&writer)[which]);
        start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[read_name, write_name]);
        writer.write_all(b"abc").unwrap();
        let place = libc(&mut program, read_name);
        let file = open_at(&mut program, place, 0, READING).unwrap();
        assert_eq!(program.read(file, 10).unwrap(), b"abc");
        assert_eq!(
            program.descriptor_status(file).unwrap().0,
            crate::file_type::FileType::Unknown as u8
        );
        let place = libc(&mut program, write_name);
        let file = open_at(&mut program, place.clone(), CREATE | TRUNCATE, EVERYTHING).unwrap();
        assert_eq!(program.write(file, b"def").unwrap(), 3);
        let mut bytes = [0; 3];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"def");
        let exclusive = open_at(&mut program, place.clone(), CREATE | EXCLUSIVE, EVERYTHING);
        assert_eq!(exclusive, Err(Errno::Exists));
        let slash = (place.0, format!("{}/", place.1));
        assert_eq!(open_at(&mut program, slash, 0, READING), Err(Errno::NotDirectory));
        let beneath = (place.0, format!("{}/x", place.1));
        assert_eq!(open_at(&mut program, beneath, 0, READING), Err(Errno::NotDirectory));
        let unlinked =
            program.path_call("path_unlink_file", place.1.as_bytes(), &[place.0.into()], &[]);
        assert_eq!(unlinked, Err(Errno::ReadOnlyFileSystem));
        let before = [u64::from(place.0), u64::from(FOLLOW)];
        let path = place.1.as_bytes();
        program.path_call("path_filestat_get", path, &before, &[RESULT.into()]).unwrap();
    }
}

#[test]
fn a_pipe_to_be_read_is_not_to_be_written() {
    let mut program = Program::new();
    let (_reader, writer) = pipe();
    let name = &names_of(&writer)[0];
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[name]);
    assert_eq!(write(&mut program, name), Err(Errno::ReadOnlyFileSystem));
    // What was not named is not there.
    let (other, _writer) = pipe();
    assert_eq!(read(&mut program, &names_of(&other)[0]), Err(Errno::NoEntry));
}

/// Flags of a pipe are those of all who have it open: no call asks for them, which the wall would refuse to a program
/// that imports `path_open` only.
#[test]
fn a_pipe_keeps_its_flags() {
    let mut program = Program::new();
    let (reader, _writer) = pipe();
    let name = &names_of(&reader)[0];
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[name]);
    let (fd, path) = libc(&mut program, name);
    for flags in [APPEND, 1 << 2, 1 << 4] {
        let file = program.open_with(fd, path.as_bytes(), FOLLOW, 0, READING, flags).unwrap();
        assert_eq!(program.descriptor_status(file).unwrap().1 & 0b101, 0);
    }
}

/// What the program was not started with has the flag that nothing keeps that is executed.
#[test]
fn a_pipe_of_the_runtime_is_none_to_be_named() {
    let mut program = Program::new();
    let (reader, _writer) = std::io::pipe().unwrap();
    let name = &names_of(&reader)[0];
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[name]);
    assert_eq!(read(&mut program, name), Err(Errno::NoEntry));
}

/// Shells pass what stands in a script as such a file.
#[test]
fn a_file_that_was_removed_is_found_by_what_it_is_open_as() {
    let mut program = Program::new();
    for name in ["gone", "there (deleted)"] {
        let path = program.outside(name);
        std::fs::write(&path, "contents").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        rustix::io::fcntl_setfd(&file, FdFlags::empty()).unwrap();
        if name == "gone" {
            std::fs::remove_file(&path).unwrap();
        }
        let name = &names_of(&file)[0];
        start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[name]);
        assert_eq!(read(&mut program, name).unwrap(), "contents");
    }
}
