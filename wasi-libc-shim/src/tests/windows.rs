//! What only Windows has: names of devices, drives and streams; pipes without names; paths of the
//! system's own spelling in grants.

use super::*;
use crate::host;
use std::os::windows::io::IntoRawHandle;

/// Names that mean something else to the system, or that other programs could not use.
const REFUSED: [&str; 34] = [
    "CON",
    "con.txt",
    "NUL",
    "nul.tar.gz",
    "AUX",
    "PRN .x",
    "COM1",
    "com9.log",
    "COM¹",
    "LPT³",
    "CONIN$",
    "CONOUT$",
    "C:",
    "C:file",
    "C:\\Windows",
    "\\\\.\\C:",
    "\\\\?\\C:\\Windows",
    "\\\\server\\share",
    "\\??\\C:\\Windows",
    "\\Windows",
    "..\\outside\\canary",
    "a\\..\\..\\outside\\canary",
    "a\\b",
    "file::$DATA",
    "file:stream",
    "file::$INDEX_ALLOCATION",
    ".:stream",
    "file.",
    "file ",
    "file. .",
    "...",
    "fil?",
    "f*",
    "f<",
];

/// A granted folder with a file, a folder and, under a name of more than eight letters, another file.
fn program() -> Program {
    let program = Program::new();
    std::fs::write(program.path("file"), "inside").unwrap();
    std::fs::create_dir(program.path("a")).unwrap();
    std::fs::write(program.path("a/a longer name.text"), "inside").unwrap();
    program
}

#[test]
fn names_of_devices_streams_and_drives_mean_nothing() {
    let mut program = program();
    for name in REFUSED {
        for path in [
            name.to_owned(),
            format!("./{name}"),
            format!("a/../{name}"),
            format!("a/{name}"),
            format!("{name}/"),
            format!("{name}/x"),
            format!("{name}/../file"),
        ] {
            let missing: Answer<()> = Err(Errno::NoEntry);
            assert_eq!(program.open_to_read(&path).map(drop), missing, "{path}");
            if !path.ends_with('/') {
                assert_eq!(program.open(&path, CREATE).map(drop), missing, "{path}");
            }
            assert_eq!(program.file_type(&path, FOLLOW).map(drop), missing, "{path}");
            for call in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
                assert_eq!(program.named(call, &path), missing, "{call} {path}");
            }
            let renamed =
                if path.ends_with('/') { Err(Errno::NotDirectory) } else { Err(Errno::NoEntry) };
            assert_eq!(program.rename("file", &path), renamed, "{path}");
            assert_eq!(program.rename(&path, "new"), missing, "{path}");
            assert_eq!(program.link("file", &path), missing, "{path}");
            assert_eq!(program.link(&path, "new"), missing, "{path}");
            assert_eq!(program.symlink("file", &path), missing, "{path}");
        }
    }
    assert_eq!(names(&program.path(".")), ["a", "file"]);
    assert_eq!(names(&program.path("a")), ["a longer name.text"]);
    assert_eq!(names(program.folder.path()), ["granted", "outside"]);
}

#[test]
fn links_to_such_names_lead_nowhere() {
    let mut program = program();
    for (number, name) in REFUSED.iter().enumerate() {
        let link = format!("link{number}");
        machine::symlink(name.replace('\\', "/"), program.path(&link));
        let answer = program.open_to_read(&link);
        assert!(matches!(answer, Err(Errno::NoEntry | Errno::NotPermitted)), "{name}: {answer:?}");
        let through = program.open_to_read(&format!("{link}/x"));
        assert!(matches!(through, Err(Errno::NoEntry | Errno::NotPermitted)), "{name}");
    }
    assert_eq!(program.symlink("C:/Windows", "drive"), Err(Errno::NotPermitted));
    assert_eq!(program.symlink("..\\outside", "back"), Err(Errno::NotPermitted));
}

#[test]
fn other_names_of_a_file_stay_in_its_folder() {
    let mut program = program();
    for path in ["a/ALONGE~1.TEX", "a/a longer~1", "A/A LONGER NAME.TEXT", "FILE"] {
        // Whether there is such a name depends on the file system.
        if let Ok(file) = program.open_to_read(path) {
            assert_eq!(program.read(file, 100).unwrap(), b"inside", "{path}");
        }
    }
    assert_eq!(program.open_to_read("OUTSID~1/canary"), Err(Errno::NoEntry));
}

#[test]
fn letters_are_the_same_in_either_case() {
    let mut program = program();
    let file = program.open_to_read("FILE").unwrap();
    assert_eq!(program.read(file, 100).unwrap(), b"inside");
    assert_eq!(program.named("path_create_directory", "A"), Err(Errno::Exists));
}

/// The two ends of a pipe, as descriptors.
pub(super) fn pipe(program: &mut Program) -> (u32, u32) {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut add = |handle, file_type| {
        let file = host::from_handle(handle);
        let handle = host::Handle::Owned(file);
        let rights = crate::rights::FILE;
        let descriptor = crate::descriptor_table::Descriptor::new(
            crate::object::Object::Host(handle),
            file_type,
            rights,
            rights,
        );
        program.wasi.descriptors.insert(descriptor).unwrap()
    };
    let unknown = crate::file_type::FileType::Unknown;
    (add(reader.into_raw_handle(), unknown), add(writer.into_raw_handle(), unknown))
}

#[test]
fn a_pipe_is_read_written_and_awaited() {
    let mut program = Program::new();
    let (reader, writer) = pipe(&mut program);
    assert_eq!(program.seek(reader, 0, 1), Err(Errno::NotSeekable));
    program.call("fd_fdstat_set_flags", &[reader.into(), 4]).unwrap();
    assert_eq!(program.read(reader, 10), Err(Errno::Again));
    assert_eq!(program.write(writer, b"through"), Ok(7));
    assert_eq!(program.read(reader, 3).unwrap(), b"thr");
    assert_eq!(program.read(reader, 100).unwrap(), b"ough");
    assert_eq!(program.read(reader, 100), Err(Errno::Again));
    // Pieces are put together.
    program.put(DATA, b"onetwo");
    program.put_vectors(&[(DATA, 3), (DATA, 0), (DATA + 3, 3)]);
    program.call("fd_write", &[writer.into(), VECTORS.into(), 3, RESULT.into()]).unwrap();
    assert_eq!(program.read(reader, 100).unwrap(), b"onetwo");
    program.close(writer).unwrap();
    assert_eq!(program.read(reader, 100).unwrap(), b"", "the end");
}

#[test]
fn a_pipe_that_nobody_reads_is_an_error() {
    let mut program = Program::new();
    let (reader, writer) = pipe(&mut program);
    program.close(reader).unwrap();
    assert_eq!(program.write(writer, b"x"), Err(Errno::BrokenPipe));
}

#[test]
fn a_folder_can_be_granted_by_every_spelling() {
    let program = program();
    let path = program.path(".").canonicalize().unwrap().into_os_string().into_string().unwrap();
    let short = path.strip_prefix(r"\\?\").unwrap_or(&path).to_owned();
    for spelled in [path.clone(), short.clone(), short.replace('\\', "/")] {
        let policy = Policy::default().directory(spelled.as_ref(), &spelled, READ_ONLY);
        let mut program = program_with(policy);
        program.call("fd_prestat_get", &[ROOT.into(), RESULT.into()]).unwrap();
        let length = program.u32(RESULT + 4);
        let arguments = [ROOT.into(), DATA.into(), length.into()];
        program.call("fd_prestat_dir_name", &arguments).unwrap();
        let name = String::from_utf8(program.bytes(DATA, length).to_vec()).unwrap();
        assert!(name.starts_with('/') && !name.contains(['\\', ':']), "{spelled}: {name}");
        let file = program.open_to_read("file").unwrap();
        assert_eq!(program.read(file, 100).unwrap(), b"inside");
    }
    for device in ["NUL", r"\\.\NUL"] {
        let policy = Policy::default().directory(device.as_ref(), ".", 0);
        assert!(policy.start(&[], &[]).is_err(), "{device}");
    }
}

fn program_with(policy: Policy) -> Program {
    let mut program = Program::new();
    program.wasi = policy.start(&[], &[]).unwrap();
    program
}

#[test]
fn the_directory_of_all_drives_holds_drives_only() {
    let mut program = program_with(Policy::default().directory("/".as_ref(), "/", 0));
    assert_eq!(program.file_type("c", 0), Ok(3));
    assert_eq!(program.file_type("C/windows", 0), Ok(3));
    assert_eq!(program.file_type("c/../c/windows/..", 0), Ok(3));
    assert_eq!(program.file_type(".", 0), Ok(3));
    assert_eq!(program.file_type("..", 0), Ok(3));
    for path in ["cc", "windows", "1", "c:", "ü", "?", "? /c", "unc"] {
        assert_eq!(program.file_type(path, 0), Err(Errno::NoEntry), "{path}");
        assert!(program.open(path, CREATE).is_err(), "{path}");
        assert!(program.named("path_create_directory", path).is_err(), "{path}");
    }
    for path in ["c", "."] {
        assert!(program.named("path_remove_directory", path).is_err(), "{path}");
        assert!(program.named("path_unlink_file", path).is_err(), "{path}");
        assert!(program.rename(path, "c/x").is_err(), "{path}");
        assert!(program.rename("c/windows", path).is_err(), "{path}");
        assert!(program.link("c/windows/win.ini", path).is_err(), "{path}");
        assert!(program.symlink("c/windows", path).is_err(), "{path}");
    }
    let arguments = [ROOT.into(), DATA.into(), 1000, 0, RESULT.into()];
    program.call("fd_readdir", &arguments).unwrap();
    let listed = program.bytes(DATA, program.u32(RESULT)).to_vec();
    assert!(listed.ends_with(b"c") || listed.windows(25).any(|entry| entry[24] == b'c'));
    program.call("fd_filestat_get", &[ROOT.into(), RESULT.into()]).unwrap();
    assert_eq!(program.memory[RESULT as usize + 16], 3);
    program.call("fd_sync", &[ROOT.into()]).unwrap();
    assert!(program.call("fd_filestat_set_times", &[ROOT.into(), 0, 0, 5]).is_err());
}

#[test]
fn variables_are_the_same_in_either_case() {
    let policy = Policy::default()
        .record(RecordKind::EnvironmentInherit, 0, b"PATH")
        .record(RecordKind::EnvironmentInherit, 0, b"lc_*")
        .record(RecordKind::EnvironmentInherit, 0, b"A")
        .record(RecordKind::EnvironmentInherit, 0, b"wasm2native_*")
        .record(RecordKind::EnvironmentSet, 0, b"a\x001");
    let environment =
        [("Path", "p"), ("LC_ALL", "C"), ("A", "2"), ("Wasm2Native_Deny", "net"), ("=C:", "C:\\")];
    let wasi = policy.start(&[], &environment).unwrap();
    assert_eq!(wasi.environment, [&b"PATH=p"[..], b"LC_ALL=C", b"a=1"]);
}
