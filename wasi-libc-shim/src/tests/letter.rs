//! Sentences of the witx text that no other file here is about, one test each; where the text is silent,
//! what engines agree on.

use super::*;
use crate::rights;

const EXISTS_ALREADY: [(&[u8], u32); 4] =
    [(b"file", 0), (b"file", FOLLOW), (b"directory", 0), (b"directory/", FOLLOW)];

/// Opens `directory/` with all rights but `without`.
fn open_without(program: &mut Program, without: u64) -> u32 {
    let kept = rights::DIRECTORY & !without;
    let after = [DIRECTORY.into(), kept, EVERYTHING, 0, RESULT.into()];
    program.path_call("path_open", b".", &[ROOT.into(), 0], &after).unwrap();
    program.u32(RESULT)
}

/// «If `path_open` is set, includes the right to invoke `path_open` with `fdflags::dsync`», «… with
/// `fdflags::rsync` and `fdflags::dsync`».
#[test]
fn synchronous_flags_need_a_right_of_the_directory() {
    const DSYNC: u32 = 2;
    let mut program = Program::new();
    let data_only = open_without(&mut program, rights::FD_SYNC);
    let all = open_without(&mut program, rights::FD_DATASYNC);
    let none = open_without(&mut program, rights::FD_SYNC | rights::FD_DATASYNC);
    for (directory, flags, allowed) in [
        (data_only, DSYNC, true),
        (data_only, 8, false),
        (data_only, 16, true),
        (all, DSYNC, true),
        (all, 8 | 16, true),
        (none, DSYNC, false),
        (none, DSYNC | 16, false),
        (none, 16, true),
        (none, 4, true),
    ] {
        let answer = program.open_with(directory, b"file", 0, CREATE, rights::FD_WRITE, flags);
        let expected = if allowed { None } else { Some(Errno::NotCapable) };
        assert_eq!(answer.err(), expected, "{flags}");
    }
}

/// «Fail if file already exists»: also when it is not to be created.
#[test]
fn an_exclusive_open_fails_where_something_is() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "").unwrap();
    std::fs::create_dir(program.path("directory")).unwrap();
    for (path, lookup) in EXISTS_ALREADY {
        for how in [EXCLUSIVE, EXCLUSIVE | DIRECTORY] {
            let answer = program.open_with(ROOT, path, lookup, how, rights::FD_READDIR, 0);
            assert_eq!(answer, Err(Errno::Exists), "{path:?} {how}");
        }
    }
    assert_eq!(program.open("missing", EXCLUSIVE), Err(Errno::NoEntry));
    assert_eq!(program.open("missing", EXCLUSIVE | CREATE), Ok(4));
}

#[cfg(unix)]
#[test]
fn a_link_exists_wherever_it_leads() {
    let mut program = Program::new();
    program.symlink("missing", "link").unwrap();
    for how in [EXCLUSIVE, EXCLUSIVE | CREATE] {
        assert_eq!(program.open("link", how), Err(Errno::Exists));
    }
}

/// «Adjust the flags associated with a file descriptor»: all of them, also those that no system changes
/// on an open file.
#[test]
fn synchronous_flags_can_be_changed() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    for flags in [2, 16, 8, 2 | 8 | 16, 0, 16 | 1, 0] {
        program.call("fd_fdstat_set_flags", &[file.into(), flags]).unwrap();
        assert_eq!(u64::from(program.descriptor_status(file).unwrap().1), flags);
        assert_eq!(program.write(file, b"x"), Ok(1));
    }
    let file = program.open_with(ROOT, b"file", 0, 0, EVERYTHING, 16).unwrap();
    program.call("fd_fdstat_set_flags", &[file.into(), 0]).unwrap();
    assert_eq!(program.descriptor_status(file).unwrap().1, 0);
    program.call("fd_fdstat_set_flags", &[ROOT.into(), 2]).unwrap();
    assert_eq!(program.descriptor_status(ROOT).unwrap().1, 2);
}

/// As `posix_fallocate`, which `fd_allocate` is similar to.
#[test]
fn an_allocation_has_a_length_and_an_end() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    let largest = i64::MAX as u64;
    for (offset, length, error) in [
        (0, 0, Errno::Invalid),
        (5, 0, Errno::Invalid),
        (largest, 1, Errno::FileTooBig),
        (1, largest, Errno::FileTooBig),
        (largest + 1, 1, Errno::FileTooBig),
        (u64::MAX, u64::MAX, Errno::FileTooBig),
    ] {
        let arguments = [file.into(), offset, length];
        assert_eq!(program.call("fd_allocate", &arguments), Err(error), "{offset} {length}");
    }
    program.call("fd_filestat_get", &[file.into(), RESULT.into()]).unwrap();
    assert_eq!(program.u64(RESULT + 32), 0);
}

/// A vector less is still a call: it transfers nothing, and says where something is wrong.
#[test]
fn no_vectors_transfer_nothing() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    program.write(file, b"text").unwrap();
    for (name, offset) in
        [("fd_read", None), ("fd_write", None), ("fd_pread", Some(1)), ("fd_pwrite", Some(1))]
    {
        for fd in [file, ROOT] {
            program.put(RESULT, &[0xff; 4]);
            let mut arguments = vec![u64::from(fd), VECTORS.into(), 0];
            arguments.extend(offset);
            arguments.push(RESULT.into());
            let answer = program.call(name, &arguments);
            if fd == file {
                assert_eq!((answer, program.u32(RESULT)), (Ok(()), 0), "{name}");
            } else {
                assert_eq!(answer, Err(Errno::IsDirectory), "{name}");
            }
        }
    }
}

/// «Data written to the file is always appended to the file's end», wherever it was meant for, and
/// «without using and updating the file descriptor's offset».
#[test]
fn a_positioned_write_appends_too() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "0123").unwrap();
    let file = program.open_with(ROOT, b"file", 0, 0, EVERYTHING, APPEND).unwrap();
    program.seek(file, 2, 0).unwrap();
    program.put(DATA, b"xy");
    program.put_vectors(&[(DATA, 2)]);
    program.call("fd_pwrite", &[file.into(), VECTORS.into(), 1, 0, RESULT.into()]).unwrap();
    assert_eq!(std::fs::read(program.path("file")).unwrap(), b"0123xy");
    assert_eq!(program.seek(file, 0, 1), Ok(2));
}

/// A place in a file is a number below 2^63 on every system.
#[test]
fn places_end_at_two_to_the_63() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    program.write(file, b"text").unwrap();
    program.put_vectors(&[(DATA, 1)]);
    let refused = [Err(Errno::Invalid), Err(Errno::FileTooBig)];
    for offset in [1 << 63, u64::MAX] {
        let arguments = [file.into(), VECTORS.into(), 1, offset, RESULT.into()];
        assert_eq!(program.call("fd_pread", &arguments), Err(Errno::Invalid));
        assert_eq!(program.call("fd_pwrite", &arguments), Err(Errno::Invalid));
    }
    // The last place, where a byte cannot be.
    let last = [file.into(), VECTORS.into(), 1, i64::MAX as u64, RESULT.into()];
    assert!(refused.contains(&program.call("fd_pwrite", &last)));
    assert_eq!(program.seek(file, i64::MIN, 1), Err(Errno::Invalid));
    assert_eq!(program.seek(file, i64::MIN, 2), Err(Errno::Invalid));
    assert_eq!(program.seek(file, i64::MAX, 1), Err(Errno::Invalid));
    assert_eq!(program.seek(file, i64::MAX, 2), Err(Errno::Invalid));
    assert_eq!(program.seek(file, 0, 1), Ok(4));
    assert_eq!(
        program.call("fd_filestat_set_size", &[file.into(), 1 << 63]),
        Err(Errno::FileTooBig)
    );
}

/// Engines agree: no advice and no space for what is no file.
#[test]
fn a_directory_takes_no_advice() {
    let mut program = Program::new();
    for (name, rest) in [("fd_advise", &[0, 0, 0][..]), ("fd_allocate", &[0, 1])] {
        let arguments = [&[ROOT.into()], rest].concat();
        assert_eq!(program.call(name, &arguments), Err(Errno::BadDescriptor), "{name}");
    }
}
