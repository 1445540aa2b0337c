//! The directory that is kept open: it is never seen in what a program is told, only in the calls that are made.

use super::*;
use std::fs;

const DIRECTORY_TYPE: u8 = 3;
const FILE_TYPE: u8 = 4;

/// A program with `d/x`, which is a file, and `e/x`, a directory; that directory `d` is kept.
fn world() -> Program {
    let mut program = Program::new();
    for directory in ["d", "e", "e/x"] {
        fs::create_dir(program.path(directory)).unwrap();
    }
    fs::write(program.path("d/x"), "").unwrap();
    fs::create_dir(program.outside("x")).unwrap();
    for _ in 0..4 {
        assert_eq!(program.file_type("d/x", 0), Ok(FILE_TYPE));
    }
    program
}

/// What is asked several times, with the same answer each.
fn answer(program: &mut Program, path: &str) -> Answer<u8> {
    let first = program.file_type(path, 0);
    for lookup in [0, FOLLOW, 0] {
        assert_eq!(program.file_type(path, lookup), first, "{path}");
    }
    first
}

#[test]
fn what_others_do_to_it_is_seen_at_once() {
    // Another directory is there.
    let mut program = world();
    fs::rename(program.path("d"), program.path("former")).unwrap();
    fs::rename(program.path("e"), program.path("d")).unwrap();
    assert_eq!(answer(&mut program, "d/x"), Ok(DIRECTORY_TYPE));
    assert_eq!(answer(&mut program, "former/x"), Ok(FILE_TYPE));
    // Nothing is there, and then it is there again.
    let mut program = world();
    fs::rename(program.path("d"), program.path("former")).unwrap();
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NoEntry));
    fs::rename(program.path("former"), program.path("d")).unwrap();
    assert_eq!(answer(&mut program, "d/x"), Ok(FILE_TYPE));
    // It was moved out.
    let mut program = world();
    fs::rename(program.path("d"), program.outside("d")).unwrap();
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NoEntry));
    // It was removed, and made anew.
    let mut program = world();
    fs::remove_dir_all(program.path("d")).unwrap();
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NoEntry));
    fs::create_dir_all(program.path("d/x")).unwrap();
    assert_eq!(answer(&mut program, "d/x"), Ok(DIRECTORY_TYPE));
    // A file is there.
    let mut program = world();
    fs::remove_dir_all(program.path("d")).unwrap();
    fs::write(program.path("d"), "").unwrap();
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NotDirectory));
}

#[test]
fn a_link_in_its_place_is_followed_only_within() {
    let mut program = world();
    fs::rename(program.path("d"), program.path("former")).unwrap();
    machine::symlink("e", program.path("d"));
    assert_eq!(answer(&mut program, "d/x"), Ok(DIRECTORY_TYPE));
    for target in ["../outside", "former/../../outside", "/"] {
        let mut program = world();
        fs::rename(program.path("d"), program.path("former")).unwrap();
        machine::symlink(target, program.path("d"));
        assert_eq!(answer(&mut program, "d/x"), Err(Errno::NotPermitted), "{target}");
    }
    // It is outside now, and a link leads there.
    let mut program = world();
    fs::rename(program.path("d"), program.outside("d")).unwrap();
    machine::symlink("../outside/d", program.path("d"));
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NotPermitted));
    // As is the directory that a link led to.
    let mut program = world();
    machine::symlink("d", program.path("link"));
    assert_eq!(answer(&mut program, "link/x"), Ok(FILE_TYPE));
    fs::rename(program.path("d"), program.outside("d")).unwrap();
    assert_eq!(answer(&mut program, "link/x"), Err(Errno::NoEntry));
}

#[test]
fn what_the_program_does_to_it_is_seen_at_once() {
    let mut program = world();
    program.rename("d", "former").unwrap();
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NoEntry));
    program.symlink("e", "d").unwrap();
    assert_eq!(answer(&mut program, "d/x"), Ok(DIRECTORY_TYPE));
    program.named("path_unlink_file", "d").unwrap();
    program.named("path_create_directory", "d").unwrap();
    assert_eq!(answer(&mut program, "d/x"), Err(Errno::NoEntry));
    program.named("path_remove_directory", "d").unwrap();
    assert_eq!(program.named("path_create_directory", "d/x"), Err(Errno::NoEntry));
}

#[test]
fn another_directory_has_another_entry_of_that_name() {
    let mut program = world();
    fs::create_dir_all(program.path("e/d/x")).unwrap();
    let inner = program.open_directory("e").unwrap();
    for _ in 0..4 {
        let before = [u64::from(inner), 0];
        program.path_call("path_filestat_get", b"d/x", &before, &[RESULT.into()]).unwrap();
        assert_eq!(program.memory[RESULT as usize + 16], DIRECTORY_TYPE);
        assert_eq!(program.file_type("d/x", 0), Ok(FILE_TYPE));
        assert_eq!(program.file_type("d/../d/x", 0), Ok(FILE_TYPE));
        assert_eq!(program.file_type("d//x", 0), Ok(FILE_TYPE));
        assert_eq!(program.file_type("./d/./x", 0), Ok(FILE_TYPE));
        assert_eq!(program.file_type("../d/x", 0), Err(Errno::NotPermitted));
    }
}

/// Says what came of it where system calls that open anything fail.
#[cfg(target_os = "linux")]
fn without_opening<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    let refused = [libc::SYS_openat, libc::SYS_openat2];
    wall::without(&refused, libc::EIO, act)
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_opened_for_the_next_file_in_the_same_directory() {
    let mut program = world();
    fs::write(program.path("d/y"), "").unwrap();
    assert_eq!(without_opening(|| program.file_type("d/y", 0)), Ok(FILE_TYPE));
    assert_eq!(without_opening(|| program.file_type("e/x", 0)), Err(Errno::Io));
    // What was once only does not stay open.
    assert_eq!(program.file_type("e/x", 0), Ok(DIRECTORY_TYPE));
    assert_eq!(without_opening(|| program.file_type("d/y", 0)), Err(Errno::Io));
}

/// A path of several names is opened at once, beside names that stand for other places too.
#[cfg(target_os = "linux")]
#[test]
fn names_beside_those_that_are_designated_are_opened_at_once() {
    use crate::designated::{Designated, Target, TargetKind};
    // The wall is made by calls that are refused here.
    if is_walled() {
        return;
    }
    let mut program = world();
    fs::write(program.outside("file"), "").unwrap();
    let outside = program.outside("").to_str().unwrap().to_owned();
    let outside = std::ffi::CString::new(outside).unwrap();
    let target = Target {
        kind: TargetKind::Named,
        parent: crate::host::open_granted(&outside).unwrap().into(),
        name: c"file".to_owned(),
        read_only: true,
        through_link: false,
        source: crate::audit::Source::default(),
    };
    let names = vec![(b"e/x".as_slice().into(), target.into())];
    program.wasi.descriptors.get_mut(ROOT).unwrap().designate(Designated::new(names));
    let file = program.open_to_read("e/x").unwrap();
    assert_eq!(program.descriptor_status(file).unwrap().0, FILE_TYPE);
    assert_eq!(program.open("e/x", 0), Err(Errno::ReadOnlyFileSystem));
    let opened = wall::without(&[libc::SYS_openat], libc::EIO, || {
        (program.open_to_read("d/x").is_ok(), program.open_to_read("e/x").err())
    });
    assert_eq!(opened, (true, Some(Errno::Io)));
}
