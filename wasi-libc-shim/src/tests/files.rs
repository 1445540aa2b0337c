//! Open files: reading, writing, positions, sizes, times, flags and rights.

use super::*;
use crate::rights;

#[test]
fn what_is_written_is_read_back() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    assert_eq!(file, 4, "the lowest free number");
    assert_eq!(program.write(file, b"hello, world"), Ok(12));
    assert_eq!(program.seek(file, -5, 2), Ok(7));
    assert_eq!(program.read(file, 100).unwrap(), b"world");
    assert_eq!(program.read(file, 100).unwrap(), b"");
    program.call("fd_tell", &[file.into(), RESULT.into()]).unwrap();
    assert_eq!(program.u64(RESULT), 12);
    assert_eq!(program.close(file), Ok(()));
    assert_eq!(program.close(file), Err(Errno::BadDescriptor));
    assert_eq!(std::fs::read(program.path("file")).unwrap(), b"hello, world");
}

#[test]
fn vectors_are_filled_in_order() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "abcdefgh").unwrap();
    let file = program.open_to_read("file").unwrap();
    // More than need no allocation, empty ones between, and two that overlap.
    let mut vectors: Vec<(u32, u32)> = (0..20).map(|n| (DATA + n * 16, n % 2)).collect();
    vectors[19] = vectors[17];
    program.put_vectors(&vectors);
    program.call("fd_read", &[file.into(), VECTORS.into(), 20, RESULT.into()]).unwrap();
    assert_eq!(program.u32(RESULT), 8);
    for (n, byte) in b"abcdefgh".iter().enumerate() {
        assert_eq!(program.memory[DATA as usize + (2 * n + 1) * 16], *byte);
    }
}

#[test]
fn so_many_vectors_are_taken_as_one_call_takes() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    program.put_vectors(&[(DATA, 1); 1500]);
    program.call("fd_write", &[file.into(), VECTORS.into(), 1500, RESULT.into()]).unwrap();
    assert_eq!(program.u32(RESULT), 1024);
}

#[test]
fn positioned_calls_leave_the_position() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    program.write(file, b"0123456789").unwrap();
    program.put(DATA, b"xy");
    program.put_vectors(&[(DATA, 2)]);
    let arguments = [file.into(), VECTORS.into(), 1, 4, RESULT.into()];
    program.call("fd_pwrite", &arguments).unwrap();
    program.put_vectors(&[(DATA, 10)]);
    program.call("fd_pread", &[file.into(), VECTORS.into(), 1, 3, RESULT.into()]).unwrap();
    assert_eq!(program.bytes(DATA, program.u32(RESULT)), b"3xy6789");
    assert_eq!(program.seek(file, 0, 1), Ok(10));
    let beyond = [file.into(), VECTORS.into(), 1, u64::MAX, RESULT.into()];
    assert_eq!(program.call("fd_pread", &beyond), Err(Errno::Invalid));
}

#[test]
fn a_seek_before_the_start_is_refused() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    assert_eq!(program.seek(file, 1000, 1), Ok(1000));
    assert_eq!(program.seek(file, -2000, 1), Err(Errno::Invalid));
    assert_eq!(program.seek(file, -1, 0), Err(Errno::Invalid));
    assert_eq!(program.seek(file, 0, 3), Err(Errno::Invalid));
}

#[test]
fn appending_can_be_switched_off() {
    let mut program = Program::new();
    let file = program.open_with(ROOT, b"file", 0, CREATE, EVERYTHING, APPEND).unwrap();
    assert_eq!(program.descriptor_status(file).unwrap().1, APPEND as u16);
    program.write(file, b"one").unwrap();
    program.seek(file, 0, 0).unwrap();
    program.write(file, b"two").unwrap();
    program.call("fd_fdstat_set_flags", &[file.into(), 4]).unwrap();
    assert_eq!(program.descriptor_status(file).unwrap().1, 4);
    program.seek(file, 0, 0).unwrap();
    program.write(file, b"OOO").unwrap();
    assert_eq!(std::fs::read(program.path("file")).unwrap(), b"OOOtwo");
    assert_eq!(program.call("fd_fdstat_set_flags", &[file.into(), 32]), Err(Errno::Invalid));
}

#[test]
fn synchronous_flags_are_kept() {
    let mut program = Program::new();
    for flags in [2, 8, 16, 2 | 16, 1 | 4 | 16] {
        let file = program.open_with(ROOT, b"file", 0, CREATE, EVERYTHING, flags).unwrap();
        assert_eq!(u32::from(program.descriptor_status(file).unwrap().1), flags);
        program.call("fd_fdstat_set_flags", &[file.into(), (flags & 26).into()]).unwrap();
    }
}

#[test]
fn sizes_grow_and_shrink() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    let size = |program: &mut Program| {
        program.call("fd_filestat_get", &[file.into(), RESULT.into()]).unwrap();
        program.u64(RESULT + 32)
    };
    program.call("fd_filestat_set_size", &[file.into(), 100]).unwrap();
    assert_eq!(size(&mut program), 100);
    program.call("fd_allocate", &[file.into(), 90, 20]).unwrap();
    assert_eq!(size(&mut program), 110);
    program.call("fd_allocate", &[file.into(), 0, 10]).unwrap();
    assert_eq!(size(&mut program), 110);
    program.call("fd_filestat_set_size", &[file.into(), 3]).unwrap();
    assert_eq!(size(&mut program), 3);
    assert_eq!(
        program.call("fd_filestat_set_size", &[file.into(), u64::MAX]),
        Err(Errno::FileTooBig)
    );
    assert_eq!(program.call("fd_allocate", &[file.into(), 0, 0]), Err(Errno::Invalid));
    assert_eq!(program.call("fd_allocate", &[file.into(), u64::MAX, 1]), Err(Errno::FileTooBig));
}

#[test]
fn advice_changes_nothing_and_is_checked() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    for advice in 0..6 {
        assert_eq!(program.call("fd_advise", &[file.into(), 10, 50, advice]), Ok(()));
    }
    assert_eq!(program.call("fd_advise", &[file.into(), 10, 50, 6]), Err(Errno::Invalid));
    assert_eq!(program.call("fd_advise", &[file.into(), 0, u64::MAX, 0]), Err(Errno::Invalid));
}

#[test]
fn times_are_set_as_asked() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    let set = |program: &mut Program, accessed, modified, flags| {
        program.call("fd_filestat_set_times", &[file.into(), accessed, modified, flags])
    };
    let times = |program: &mut Program| {
        program.call("fd_filestat_get", &[file.into(), RESULT.into()]).unwrap();
        (program.u64(RESULT + 40), program.u64(RESULT + 48))
    };
    set(&mut program, 5_000_000_007, 6_000_000_008, 1 | 4).unwrap();
    let kept = machine::kept;
    assert_eq!(times(&mut program), (kept(5_000_000_007), kept(6_000_000_008)));
    set(&mut program, 1, 9, 4).unwrap();
    assert_eq!(times(&mut program), (kept(5_000_000_007), kept(9)));
    set(&mut program, 1, 1, 8).unwrap();
    assert!(times(&mut program).1 > 1_000_000_000_000_000_000);
    for flags in [1 | 2, 4 | 8, 16] {
        assert_eq!(set(&mut program, 0, 0, flags), Err(Errno::Invalid));
    }
}

#[test]
fn a_status_has_all_fields() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    std::fs::hard_link(program.path("file"), program.path("other")).unwrap();
    let expected = machine::status(&program.path("file"));
    let file = program.open_to_read("file").unwrap();
    program.call("fd_filestat_get", &[file.into(), RESULT.into()]).unwrap();
    assert_eq!(program.u64(RESULT), expected.device);
    assert_eq!(program.u64(RESULT + 8), expected.inode);
    assert_eq!(program.u64(RESULT + 16), 4);
    assert_eq!(program.u64(RESULT + 24), 2);
    assert_eq!(program.u64(RESULT + 32), 5);
    assert_eq!(program.u64(RESULT + 48), expected.modified);
}

#[test]
fn a_missing_right_is_refused() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    let file = program.open_with(ROOT, b"file", 0, 0, rights::FD_READ, 0).unwrap();
    assert_eq!(program.descriptor_status(file).unwrap(), (4, 0, rights::FD_READ, rights::FD_READ));
    assert_eq!(program.read(file, 2).unwrap(), b"12");
    assert_eq!(program.write(file, b"x"), Err(Errno::NotCapable));
    assert_eq!(program.seek(file, 0, 0), Err(Errno::NotCapable));
    assert_eq!(program.seek(file, 0, 1), Err(Errno::NotCapable));
    for (name, rest) in [
        ("fd_advise", &[0, 0, 0][..]),
        ("fd_allocate", &[0, 1]),
        ("fd_datasync", &[]),
        ("fd_sync", &[]),
        ("fd_fdstat_set_flags", &[0]),
        ("fd_filestat_get", &[u64::from(RESULT)]),
        ("fd_filestat_set_size", &[0]),
        ("fd_filestat_set_times", &[0, 0, 0]),
    ] {
        let arguments = [&[file.into()], rest].concat();
        assert_eq!(program.call(name, &arguments), Err(Errno::NotCapable), "{name}");
    }
    let file = program.open_with(ROOT, b"file", 0, 0, rights::FD_WRITE, 0).unwrap();
    assert_eq!(program.read(file, 1), Err(Errno::NotCapable));
    assert_eq!(program.write(file, b"x"), Ok(1));
    let file =
        program.open_with(ROOT, b"file", 0, 0, rights::FD_READ | rights::FD_TELL, 0).unwrap();
    assert_eq!(program.seek(file, 0, 1), Ok(0));
    assert_eq!(program.seek(file, 1, 1), Err(Errno::NotCapable));
}

#[test]
fn rights_can_be_dropped_and_not_regained() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    let (_, _, base, inheriting) = program.descriptor_status(file).unwrap();
    let less = base & !rights::FD_WRITE;
    program.call("fd_fdstat_set_rights", &[file.into(), less, inheriting]).unwrap();
    assert_eq!(program.descriptor_status(file).unwrap().2, less);
    assert_eq!(program.write(file, b"x"), Err(Errno::NotCapable));
    assert_eq!(
        program.call("fd_fdstat_set_rights", &[file.into(), base, inheriting]),
        Err(Errno::NotCapable)
    );
}

#[test]
fn rights_come_from_the_directory() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    let base = rights::PATH_OPEN | rights::FD_READDIR;
    let before = [u64::from(ROOT), 0];
    let after = [DIRECTORY.into(), base, rights::FD_READ, 0, RESULT.into()];
    program.path_call("path_open", b".", &before, &after).unwrap();
    let directory = program.u32(RESULT);
    let file = program.open_with(directory, b"file", 0, 0, rights::FD_READ, 0).unwrap();
    assert_eq!(program.read(file, 9).unwrap(), b"12345");
    let more = rights::FD_READ | rights::FD_WRITE;
    for (how, rights, error) in [
        (0, more, Errno::NotCapable),
        (CREATE, rights::FD_READ, Errno::NotCapable),
        (TRUNCATE, rights::FD_READ, Errno::NotCapable),
    ] {
        assert_eq!(program.open_with(directory, b"file", 0, how, rights, 0), Err(error));
    }
    assert_eq!(program.open_with(file, b"x", 0, 0, 0, 0), Err(Errno::NotDirectory));
}

#[test]
fn a_directory_is_no_file() {
    let mut program = Program::new();
    assert_eq!(program.read(ROOT, 1), Err(Errno::IsDirectory));
    assert_eq!(program.write(ROOT, b"x"), Err(Errno::IsDirectory));
    assert_eq!(program.seek(ROOT, 0, 0), Err(Errno::IsDirectory));
    for (name, rest) in [
        ("fd_filestat_set_size", &[0][..]),
        ("fd_tell", &[u64::from(RESULT)]),
        ("fd_pread", &[u64::from(VECTORS), 1, 0, u64::from(RESULT)]),
        ("fd_pwrite", &[u64::from(VECTORS), 1, 0, u64::from(RESULT)]),
    ] {
        let arguments = [&[ROOT.into()], rest].concat();
        assert_eq!(program.call(name, &arguments), Err(Errno::IsDirectory), "{name}");
    }
    assert_eq!(program.call("fd_sync", &[ROOT.into()]), Ok(()));
}

#[cfg(unix)]
#[test]
fn a_pipe_cannot_seek() {
    let mut program = Program::new();
    let path = program.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let pipe = program.open("pipe", 0).unwrap();
    assert_eq!(program.descriptor_status(pipe).unwrap().0, 0);
    assert_eq!(program.seek(pipe, 0, 1), Err(Errno::NotSeekable));
    assert_eq!(program.write(pipe, b"through"), Ok(7));
    assert_eq!(program.read(pipe, 100).unwrap(), b"through");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_is_an_error() {
    let mut program = Program::new();
    let path = program.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let reader = program.open("pipe", 0).unwrap();
    let writer = program.open_with(ROOT, b"pipe", 0, 0, rights::FD_WRITE, 0).unwrap();
    program.close(reader).unwrap();
    assert_eq!(program.write(writer, b"x"), Err(Errno::BrokenPipe));
}
