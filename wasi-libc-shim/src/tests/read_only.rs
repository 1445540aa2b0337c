//! A directory granted for reading only cannot be changed by any way.

use super::*;
use crate::rights;

const REFUSED: Answer<()> = Err(Errno::ReadOnlyFileSystem);

/// A folder granted twice: [`ROOT`] for reading only, [`SECOND`] for writing too.
fn program() -> Program {
    let program = Program::with_flags(&[READ_ONLY, 0]);
    std::fs::create_dir(program.path("dir")).unwrap();
    std::fs::write(program.path("file"), "contents").unwrap();
    std::fs::write(program.path("dir/file"), "contents").unwrap();
    machine::symlink("file", program.path("link"));
    program
}

fn check(program: &Program) {
    assert_eq!(names(&program.path(".")), ["dir", "file", "link"]);
    assert_eq!(names(&program.path("dir")), ["file"]);
    for name in ["file", "dir/file"] {
        assert_eq!(std::fs::read(program.path(name)).unwrap(), b"contents");
        let status = machine::status(&program.path(name));
        assert_eq!(status.links, 1);
        assert_ne!(status.modified / 1_000_000_000, 12);
    }
}

#[test]
fn it_can_be_read() {
    let mut program = program();
    for path in ["file", "dir/file", "link"] {
        let file = program.open_to_read(path).unwrap();
        assert_eq!(program.read(file, 100).unwrap(), b"contents");
        assert_eq!(program.write(file, b"x"), Err(Errno::NotCapable));
    }
    assert_eq!(program.read_link("link", 9).unwrap(), b"file");
    let arguments = [ROOT.into(), DATA.into(), 1000, 0, RESULT.into()];
    program.call("fd_readdir", &arguments).unwrap();
}

#[test]
fn no_mix_of_flags_opens_it_for_writing() {
    let mut program = program();
    for path in ["file", "dir/file", "link", "new", "dir/new"] {
        for how in 0..16 {
            for lookup in [0, FOLLOW] {
                for rights in [
                    0,
                    READING,
                    EVERYTHING,
                    rights::FD_WRITE,
                    rights::FD_ALLOCATE,
                    rights::FD_FILESTAT_SET_SIZE,
                    rights::FD_READ | rights::FD_WRITE,
                    // What wasi-libc asks for with `O_RDWR` here.
                    rights::FD_READ | rights::FD_DATASYNC,
                ] {
                    for flags in [0, APPEND] {
                        let answer =
                            program.open_with(ROOT, path.as_bytes(), lookup, how, rights, flags);
                        let writes = rights & rights::INTENT_TO_WRITE != 0;
                        if how & (CREATE | TRUNCATE) != 0 || writes {
                            assert!(answer.is_err(), "{path} {how} {rights:#x}");
                        }
                        if how & (DIRECTORY | CREATE) == CREATE || how & DIRECTORY == 0 && writes {
                            assert_eq!(answer, Err(Errno::ReadOnlyFileSystem));
                        }
                        if let Ok(file) = answer {
                            assert!(program.write(file, b"x").is_err());
                            program.close(file).unwrap();
                        }
                    }
                }
            }
        }
    }
    check(&program);
}

#[test]
fn its_files_cannot_be_changed_through_descriptors() {
    let mut program = program();
    let file = program.open_to_read("file").unwrap();
    let directory = program.open_directory("dir").unwrap();
    for fd in [file, directory, ROOT] {
        let fd = u64::from(fd);
        assert_eq!(program.call("fd_allocate", &[fd, 0, 100]), REFUSED);
        assert_eq!(program.call("fd_filestat_set_size", &[fd, 1]), REFUSED);
        assert_eq!(program.call("fd_filestat_set_times", &[fd, 12, 12, 5]), REFUSED);
        assert!(program.write(fd as u32, b"x").is_err());
        program.put_vectors(&[(DATA, 1)]);
        let arguments = [fd, VECTORS.into(), 1, 0, RESULT.into()];
        assert!(program.call("fd_pwrite", &arguments).is_err());
        // Nor are rights to be had afterwards.
        let all = [fd, rights::ALL, rights::ALL];
        assert_eq!(program.call("fd_fdstat_set_rights", &all), Err(Errno::NotCapable));
    }
    check(&program);
}

#[test]
fn its_names_cannot_be_changed() {
    let mut program = program();
    let directory = program.open_directory("dir").unwrap();
    // Through the grant and through a directory opened by it.
    for (fd, names) in
        [(ROOT, ["file", "dir/file", "new", "dir/new"]), (directory, ["file", "new", "x", "y"])]
    {
        for name in names {
            let name = name.as_bytes();
            let start = [u64::from(fd)];
            for call in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
                assert_eq!(program.path_call(call, name, &start, &[]), REFUSED, "{call}");
            }
            for lookup in [0, 1] {
                let before = [fd.into(), lookup];
                let times = [12_000_000_000, 12_000_000_000, 5];
                let answer = program.path_call("path_filestat_set_times", name, &before, &times);
                assert_eq!(answer, REFUSED);
            }
            program.put(OTHER_PATH, b"x");
            let before = [OTHER_PATH.into(), 1, fd.into()];
            assert_eq!(program.path_call("path_symlink", name, &before, &[]), REFUSED);
            // To and from the other grant, which is writable, and within this one.
            for (from, to) in [(fd, SECOND), (SECOND, fd), (fd, fd)] {
                let rename = program.two_paths("path_rename", (from, None, name), (to, b"z"));
                assert_eq!(rename, REFUSED);
                let link = program.two_paths("path_link", (from, Some(0), name), (to, b"z"));
                assert_eq!(link, REFUSED);
            }
        }
    }
    assert_eq!(program.path_call("path_remove_directory", b"dir", &[ROOT.into()], &[]), REFUSED);
    check(&program);
}

#[test]
fn its_rights_say_so() {
    let mut program = program();
    let (_, _, base, inheriting) = program.descriptor_status(ROOT).unwrap();
    assert_eq!((base | inheriting) & rights::CHANGING, 0);
    assert_ne!(base & rights::PATH_OPEN, 0);
    assert_ne!(inheriting & rights::FD_READ, 0);
    let (_, _, base, inheriting) = program.descriptor_status(SECOND).unwrap();
    assert_ne!(base & rights::PATH_CREATE_FILE, 0);
    assert_ne!(inheriting & rights::FD_WRITE, 0);
}

#[test]
fn the_other_grant_can_be_written() {
    let mut program = program();
    let new = program.open_with(SECOND, b"file", 0, TRUNCATE, EVERYTHING, 0).unwrap();
    program.write(new, b"new").unwrap();
    let file = program.open_to_read("file").unwrap();
    assert_eq!(program.read(file, 9).unwrap(), b"new");
}
