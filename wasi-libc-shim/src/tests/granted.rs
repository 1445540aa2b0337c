//! Directories as a policy names them: anchors, made and optional ones, the current directory under its own
//! path, everything by name, and the private temporary directory.

use super::*;
use crate::descriptor_table::Descriptor;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasm2native_abi::policy::{
    DENY_FILES, DENY_WRITE, DIRECTORY_CREATE, DIRECTORY_EVERYTHING, DIRECTORY_OPTIONAL,
    DIRECTORY_OWN_PATH,
};

/// A policy with one directory.
fn one(host: &str, guest: &str, flags: u16) -> Policy {
    Policy::default().directory(host.as_ref(), guest, flags)
}

fn program(wasi: Wasi) -> Program {
    let mut program = Program::new();
    program.wasi = wasi;
    program
}

/// What the program's libraries find, but for the `/` that grants nothing: (descriptor, name).
fn preopens(program: &mut Program) -> Vec<(u32, String)> {
    (ROOT..)
        .map_while(|fd| {
            let is_virtual = program.wasi.descriptors.get(fd).is_ok_and(Descriptor::is_virtual);
            program
                .call("fd_prestat_get", &[fd.into(), RESULT.into()])
                .ok()
                .filter(|()| !is_virtual)?;
            let length = program.u32(RESULT + 4);
            let arguments = [fd.into(), DATA.into(), length.into()];
            program.call("fd_prestat_dir_name", &arguments).unwrap();
            Some((fd, String::from_utf8(program.bytes(DATA, length).to_vec()).unwrap()))
        })
        .collect()
}

/// A path as the program spells it.
fn spelled(path: &Path) -> String {
    String::from_utf8(crate::host::guest_path(path.as_os_str().as_encoded_bytes())).unwrap()
}

fn variables(program: &mut Program) -> Vec<String> {
    start::strings(program, "environ")
}

#[test]
fn the_current_directory_is_also_there_under_its_own_path() {
    let policy = one(".", ".", DIRECTORY_OWN_PATH)
        .record(RecordKind::EnvironmentInherit, 0, b"PWD")
        .directory("src".as_ref(), "src", 0);
    let mut program = program(policy.start(&[], &[("PWD", "/elsewhere")]).unwrap());
    let here = spelled(&std::env::current_dir().unwrap());
    assert_eq!(
        preopens(&mut program),
        [(3, ".".to_owned()), (4, here.clone()), (5, "src".to_owned())]
    );
    assert_eq!(variables(&mut program), [format!("PWD={here}")]);
    for fd in [3, 4] {
        program.open_with(fd, b"src/lib.rs", 0, 0, READING, 0).unwrap();
    }
}

#[test]
fn what_the_builder_says_goes_before_the_own_path() {
    let here = spelled(&std::env::current_dir().unwrap());
    let policy = one("cwd:", ".", DIRECTORY_OWN_PATH).directory("src".as_ref(), &here, 0).record(
        RecordKind::EnvironmentSet,
        0,
        b"PWD\0/mine",
    );
    let mut program = program(policy.start(&[], &[]).unwrap());
    assert_eq!(preopens(&mut program), [(3, ".".to_owned()), (4, here)]);
    assert_eq!(variables(&mut program), ["PWD=/mine"]);
}

#[test]
fn anchors_lead_to_places_of_the_user() {
    let home = tempfile::tempdir().unwrap();
    let text = home.path().to_str().unwrap();
    for folder in ["set/app", "below/.config", "below/Library/Application Support"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    std::fs::create_dir_all(home.path().join(r"below/AppData/Roaming")).unwrap();
    let set = home.path().join("set");
    let below = home.path().join("below");
    let set = set.to_str().unwrap();
    let environment = [("HOME", below.to_str().unwrap()), ("USERPROFILE", below.to_str().unwrap())];
    for host in ["home:", "home:.", "config:", "cwd:src", "cwd:/src", "exe:", "root:"] {
        one(host, "x", 0).start(&[], &environment).map(drop).expect(host);
    }
    if !cfg!(target_vendor = "apple") {
        let variables = [("XDG_CONFIG_HOME", set), ("APPDATA", set)];
        let mut program = program(one("config:app", "x", 0).start(&[], &variables).unwrap());
        assert_eq!(preopens(&mut program), [(3, "x".to_owned())]);
        assert!(program.open_with(3, b".", 0, DIRECTORY, READING, 0).is_ok());
    }
    let missing = one("home:not there", "x", 0).start(&[], &environment).err().unwrap();
    assert!(
        missing.contains("not there`: it does not exist") && missing.contains(text),
        "{missing}"
    );
    // A relative path is as good as none.
    let relative = [("HOME", "relative"), ("USERPROFILE", "relative")];
    let sentence = one("home:", "x", 0).start(&[], &relative).err().unwrap_or_default();
    assert!(!sentence.contains("relative"), "{sentence}");
    // Not an anchor.
    assert!(one("./home:", "x", 0).start(&[], &environment).is_err());
    assert!(one("homes:", "x", 0).start(&[], &environment).is_err());
}

#[test]
fn directories_are_made_where_that_was_granted() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b//c/");
    let text = deep.to_str().unwrap();
    assert!(one(text, "x", 0).start(&[], &[]).is_err());
    let program = one(text, "x", DIRECTORY_CREATE).start(&[], &[]).unwrap();
    assert!(deep.is_dir());
    drop(program);
    one(text, "x", DIRECTORY_CREATE).start(&[], &[]).unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for path in ["file", "file/a", "file/a/b"] {
        let path = folder.path().join(path);
        let policy = one(path.to_str().unwrap(), "x", DIRECTORY_CREATE);
        assert!(policy.start(&[], &[]).is_err(), "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn folders_of_the_users_are_made_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;

    let home = tempfile::tempdir().unwrap();
    let environment = [("HOME", home.path().to_str().unwrap())];
    for (host, mode) in [("data:app/x", 0o700), ("home:app/x", 0o777)] {
        one(host, "x", DIRECTORY_CREATE).start(&[], &environment).unwrap();
        let path = host.strip_prefix("data:").map_or("app/x", |_| {
            if cfg!(target_vendor = "apple") { "Library/Application Support/app" } else { ".local" }
        });
        let made = std::fs::metadata(home.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(made & !mode, 0, "{host}");
        assert_eq!(made & 0o700, 0o700, "{host}");
    }
}

#[test]
fn nothing_that_was_made_stays_when_another_grant_fails() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    let made = folder.path().join("a/b/c");
    let policy = one(made.to_str().unwrap(), "x", DIRECTORY_CREATE);
    assert!(policy.directory("not there".as_ref(), "y", 0).start(&[], &[]).is_err());
    assert_eq!(names(folder.path()), ["a"]);
    assert_eq!(names(&folder.path().join("a")), [""; 0]);
}

#[test]
fn optional_directories_are_left_out_when_they_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let path = |name: &str| folder.path().join(name);
    let policy = Policy::default().directory(&path("none"), "a", DIRECTORY_OPTIONAL).directory(
        folder.path(),
        "c",
        DIRECTORY_OPTIONAL,
    );
    let mut program = program(policy.start(&[], &[]).unwrap());
    assert_eq!(preopens(&mut program), [(3, "c".to_owned())]);
    // It is there, and not what was meant.
    let policy = Policy::default().directory(&path("file"), "a", DIRECTORY_OPTIONAL);
    assert!(policy.start(&[], &[]).is_err());
}

#[test]
fn everything_is_granted_by_name() {
    let policy =
        one(".", ".", DIRECTORY_OWN_PATH).directory("/".as_ref(), "/", DIRECTORY_EVERYTHING);
    let mut program = program(policy.start(&[], &[]).unwrap());
    let found = preopens(&mut program);
    let here = std::env::current_dir().unwrap();
    assert_eq!(found[0], (3, ".".to_owned()));
    assert_eq!(found[1], (4, spelled(&here)));
    assert_eq!(found[2], (5, "/".to_owned()));
    assert_eq!(found.last().unwrap().1, "./", "C's library takes the last of `.` and `/`");
    let first = spelled(&here);
    let first = &first[..first[1..].find('/').unwrap() + 1];
    let (fd, _) = *found.iter().find(|(_, name)| name == first).unwrap();
    // From there, everything is reached: by `..`, and by links, wherever they lead.
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("file"), "found").unwrap();
    let folder = tempfile::tempdir().unwrap();
    machine::symlink(outside.path(), folder.path().join("link"));
    #[cfg(unix)]
    machine::symlink(std::path::Path::new("/"), folder.path().join("root"));
    let beneath = machine::beneath_root(folder.path());
    let up = b"../../../../../../../../../../../../".as_slice();
    for fd in [3, fd] {
        for tail in [&b"/link/file"[..], b"/./link/./file"] {
            let path = [up, &beneath, tail].concat();
            let file = program.open_with(fd, &path, FOLLOW, 0, READING, 0).unwrap();
            assert_eq!(program.read(file, 10).unwrap(), b"found");
        }
        // On Windows nothing makes a link to the directory of all drives.
        if cfg!(windows) {
            continue;
        }
        let path = [up, &beneath, b"/root"].concat();
        let root = program.open_with(fd, &path, FOLLOW, DIRECTORY, READING, 0).unwrap();
        let beneath = [&beneath[..], b"/link/file"].concat();
        assert!(program.open_with(root, &beneath, FOLLOW, 0, READING, 0).is_ok());
    }
    // Not every library takes an absolute path apart.
    let absolute = [b"/", &beneath[..]].concat();
    assert!(program.open_with(3, &absolute, FOLLOW, DIRECTORY, READING, 0).is_ok());
}

#[cfg(unix)]
#[test]
fn a_name_of_the_current_directory_hides_that_of_the_root() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("usr"), "").unwrap();
    let policy = Policy::default()
        .directory(folder.path(), ".", 0)
        .directory("src".as_ref(), "/etc", 0)
        .directory("/".as_ref(), "/", DIRECTORY_EVERYTHING);
    let mut program = program(policy.start(&[], &[]).unwrap());
    let found: Vec<_> = preopens(&mut program).into_iter().map(|(_, name)| name).collect();
    assert!(!found.contains(&"/usr".to_owned()));
    assert_eq!(found.iter().filter(|name| *name == "/etc").count(), 1, "the builder's");
    assert!(found.contains(&"/dev".to_owned()));
    assert_eq!(program.wasi.shadowed, [b"usr".to_vec()]);
}

#[test]
fn everything_may_be_read_only() {
    let policy = one(".", ".", 0).directory("/".as_ref(), "/", DIRECTORY_EVERYTHING).record(
        RecordKind::Deny,
        DENY_WRITE,
        b"",
    );
    let folder = tempfile::tempdir().unwrap();
    let mut program = program(policy.start(&[], &[]).unwrap());
    let path =
        [b"../../../../../../../../../../", &machine::beneath_root(folder.path())[..], b"/x"];
    for (fd, _) in preopens(&mut program) {
        let opened = program.open_with(fd, &path.concat(), FOLLOW, CREATE, EVERYTHING, 0);
        assert_eq!(opened, Err(Errno::ReadOnlyFileSystem));
    }
}

#[test]
fn files_and_changes_can_be_denied() {
    let folder = tempfile::tempdir().unwrap();
    let policy = || Policy::default().directory(folder.path(), ".", 0);
    let denied = policy().record(RecordKind::Deny, DENY_FILES, b"");
    assert_eq!(preopens(&mut program(denied.start(&[], &[]).unwrap())), []);
    let denied = policy()
        .directory(&folder.path().join("none"), "x", DIRECTORY_CREATE | DIRECTORY_OPTIONAL)
        .directory("tmp:".as_ref(), "", DIRECTORY_OWN_PATH)
        .record(RecordKind::Deny, DENY_WRITE, b"");
    let mut program = program(denied.start(&[], &[]).unwrap());
    assert_eq!(preopens(&mut program), [(3, ".".to_owned())]);
    assert_eq!(program.open("x", CREATE), Err(Errno::ReadOnlyFileSystem));
    assert_eq!(names(folder.path()), [""; 0]);
}

/// There is one temporary directory for a process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program with a temporary directory in a folder, and its path.
fn with_temporary(parent: &Path, guest: &str) -> Option<(Program, String)> {
    let policy = one("tmp:", guest, DIRECTORY_OWN_PATH);
    let mut program = program(policy.start(&[], &[("TMPDIR", parent.to_str()?)]).unwrap());
    let variable = variables(&mut program).remove(0);
    let path = variable.strip_prefix("TMPDIR=")?.to_owned();
    Some((program, path))
}

#[test]
fn a_temporary_directory_is_private_and_goes_with_all_that_is_in_it() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir(outside.path().join("kept")).unwrap();
    std::fs::write(outside.path().join("kept/file"), "").unwrap();
    let (mut program, path) = with_temporary(parent.path(), "").unwrap();
    assert_eq!(preopens(&mut program), [(3, path.clone())]);
    for depth in 0..40 {
        program.named("path_create_directory", &"d/".repeat(depth + 1)).unwrap();
        program.open(&format!("{}file", "d/".repeat(depth)), CREATE).unwrap();
    }
    for index in 0..500 {
        program
            .open(&format!("a file with a name that is not that short {index}"), CREATE)
            .unwrap();
        program.named("path_create_directory", &format!("directory {index}")).unwrap();
    }
    program.open("directory 7/file", CREATE).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(names(parent.path()).len(), 1);
        machine::symlink(outside.path(), Path::new(&path).join("link"));
        machine::symlink(outside.path().join("kept/file"), Path::new(&path).join("d/d/link"));
    }
    assert!(crate::has_temporary_directory());
    drop(program);
    crate::finish();
    assert!(!crate::has_temporary_directory());
    crate::finish();
    if cfg!(unix) {
        assert_eq!(names(parent.path()), [""; 0]);
    }
    assert_eq!(names(&outside.path().join("kept")), ["file"]);
}

#[test]
fn every_temporary_directory_is_another() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let paths: Vec<String> = (0..2)
        .map(|_| {
            let (mut program, path) = with_temporary(parent.path(), "/scratch").unwrap();
            let expected = [(3, "/scratch".to_owned()), (4, path.clone())];
            assert_eq!(preopens(&mut program), expected);
            drop(program);
            crate::finish();
            path
        })
        .collect();
    assert_ne!(paths[0], paths[1]);
}

#[cfg(unix)]
#[test]
fn a_temporary_directory_that_cannot_be_made_is_told_or_left_out() {
    let _alone = alone();
    let environment = [("TMPDIR", "/not/there")];
    let sentence = one("tmp:", "", DIRECTORY_OWN_PATH).start(&[], &environment).err().unwrap();
    assert_eq!(
        sentence,
        "cannot make a private temporary directory in `/not/there`: it does not exist"
    );
    let flags = DIRECTORY_OWN_PATH | DIRECTORY_OPTIONAL;
    let mut program = program(one("tmp:", "", flags).start(&[], &environment).unwrap());
    assert_eq!(preopens(&mut program), []);
    assert_eq!(variables(&mut program), [""; 0]);
    assert!(!crate::has_temporary_directory());
}
