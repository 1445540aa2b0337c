//! The directory `/` that nobody granted: every attempt arrives, and finds nothing.

use super::embedded::{entries, policy};
use super::*;

fn started(policy: &Policy) -> Program {
    let mut program = Program::new();
    program.wasi = policy.start(&["program"], &[]).unwrap();
    program
}

/// The names of the granted directories.
pub(super) fn preopened(program: &mut Program) -> Vec<String> {
    let mut names = Vec::new();
    for fd in ROOT.. {
        if program.call("fd_prestat_get", &[fd.into(), RESULT.into()]).is_err() {
            break;
        }
        let length = program.u32(RESULT + 4);
        program.call("fd_prestat_dir_name", &[fd.into(), DATA.into(), length.into()]).unwrap();
        names.push(String::from_utf8(program.bytes(DATA, length).to_vec()).unwrap());
    }
    names
}

#[test]
fn it_is_there_unless_another_stands_for_it_and_comes_last() {
    let folder = tempfile::tempdir().unwrap();
    let granted = |names: &[&str]| {
        let policy = names
            .iter()
            .fold(Policy::default(), |policy, name| policy.directory(folder.path(), name, 0));
        preopened(&mut started(&policy))
    };
    assert_eq!(granted(&[]), ["/"]);
    for name in [".", "/", "./", "//", "/."] {
        assert_eq!(granted(&[name]), [name]);
        assert_eq!(granted(&["/data", name]), ["/data", name]);
    }
    assert_eq!(granted(&["/data"]), ["/data", "/"]);
    assert_eq!(granted(&["sub", ".."]), ["sub", "..", "/"]);
    let embedded = policy().record(RecordKind::EmbeddedDirectory, 0, b"/usr/lib");
    assert_eq!(preopened(&mut started(&embedded)), ["/usr/lib", "/"]);
    let embedded = policy().record(RecordKind::EmbeddedDirectory, 0, b"/");
    assert_eq!(preopened(&mut started(&embedded)), ["/"]);
}

#[test]
fn nothing_is_there_whatever_is_tried() {
    let mut program = started(&Policy::default());
    for path in ["x", "etc/passwd", "tmp/new", "../x", "a/../b", "./x/", "usr", "x/.."] {
        for how in [0, CREATE, CREATE | EXCLUSIVE, CREATE | TRUNCATE, TRUNCATE, DIRECTORY] {
            for rights in [0, READING, EVERYTHING] {
                if how & DIRECTORY == 0 || rights != EVERYTHING {
                    let answer = program.open_with(ROOT, path.as_bytes(), FOLLOW, how, rights, 0);
                    assert_eq!(answer, Err(Errno::NoEntry), "{path} {how} {rights:#x}");
                }
            }
        }
        for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
            assert_eq!(program.named(name, path), Err(Errno::NoEntry), "{name} {path}");
        }
        assert_eq!(program.file_type(path, 0), Err(Errno::NoEntry));
        assert_eq!(program.read_link(path, 10), Err(Errno::NoEntry));
        assert_eq!(program.rename(path, "y"), Err(Errno::NoEntry));
        assert_eq!(program.link(path, "y"), Err(Errno::NoEntry));
        assert_eq!(program.symlink("y", path), Err(Errno::NoEntry));
        let before = [ROOT.into(), 0];
        let times =
            program.path_call("path_filestat_set_times", path.as_bytes(), &before, &[0, 0, 0]);
        assert_eq!(times, Err(Errno::NoEntry));
    }
    // Itself it is, empty and unchanging.
    assert_eq!(program.file_type(".", 0), Ok(3));
    let names: Vec<_> = entries(&mut program, ROOT, 0).into_iter().map(|entry| entry.3).collect();
    assert_eq!(names, [".", ".."]);
    for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
        assert_eq!(program.named(name, "."), Err(Errno::ReadOnlyFileSystem), "{name}");
    }
    let again = program.open_directory(".").unwrap();
    assert_eq!(program.open_with(again, b"x", 0, CREATE, EVERYTHING, 0), Err(Errno::NoEntry));
    // Paths are the library's to make relative, here too.
    assert_eq!(program.open_to_read("/x"), Err(Errno::NotPermitted));
}

/// Its number is the first that a socket would have.
#[test]
fn to_a_program_that_looks_for_a_socket_it_is_nothing() {
    let mut program = started(&Policy::default());
    let (list, result) = (u64::from(VECTORS), u64::from(RESULT));
    let (root, not) = (u64::from(ROOT), Err(Errno::BadDescriptor));
    assert_eq!(program.call("sock_accept", &[root, 0, result]), not);
    assert_eq!(program.call("sock_recv", &[root, list, 1, 0, result, result]), not);
    assert_eq!(program.call("sock_send", &[root, list, 1, 0, result]), not);
    assert_eq!(program.call("sock_shutdown", &[root, 1]), not);
}

#[test]
fn nothing_leaves_a_granted_directory_through_it() {
    let mut program = Program::new();
    let granted = program.folder.path().join("granted");
    program.wasi =
        Policy::default().directory(&granted, "/data", 0).start(&["program"], &[]).unwrap();
    program.open("file", CREATE).unwrap();
    for (from, to) in [(SECOND, ROOT), (ROOT, SECOND)] {
        let rename = program.two_paths("path_rename", (from, None, b"file"), (to, b"x"));
        assert_eq!(rename, Err(Errno::NoEntry));
        let link = program.two_paths("path_link", (from, Some(0), b"file"), (to, b"x"));
        assert_eq!(link, Err(Errno::NoEntry));
    }
    assert_eq!(names(&granted), ["file"]);
}

#[test]
fn it_holds_the_embedded_files() {
    let mut program = started(&policy());
    for path in ["file", "usr/../file", "../file", "../../usr/lib/.././../file"] {
        let file = program.open_to_read(path).unwrap();
        assert_eq!(program.read(file, 100).unwrap(), b"contents", "{path}");
    }
    for path in ["usr/lib/text", "usr/lib/new", "usr/new", "file"] {
        assert_eq!(program.open(path, CREATE), Err(Errno::ReadOnlyFileSystem), "{path}");
        assert_eq!(program.named("path_unlink_file", path), Err(Errno::ReadOnlyFileSystem));
    }
    for path in ["new", "etc/new", "use"] {
        assert_eq!(program.open(path, CREATE), Err(Errno::NoEntry), "{path}");
    }
    let names: Vec<_> = entries(&mut program, ROOT, 0).into_iter().map(|entry| entry.3).collect();
    assert_eq!(names, [".", "..", "file", "usr"]);
}
