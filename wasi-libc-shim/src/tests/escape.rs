//! The escape matrix: no path of any kind, given to any function, reaches what lies beside the granted
//! directory. Each path is tried by the kernel's walk and by the walk by hand, and with cap-std as a
//! second opinion on what may be reached.

use super::*;
use crate::host;
use machine::symlink;

/// A granted tree with links of every kind.
pub(super) fn tree() -> Program {
    let program = Program::new();
    let outside = program.folder.path().join("outside");
    let granted = program.folder.path().join("granted");
    std::fs::create_dir_all(granted.join("a/b/c")).unwrap();
    std::fs::write(granted.join("file"), "inside").unwrap();
    std::fs::write(granted.join("a/b/c/deep"), "inside").unwrap();
    for (target, name) in [
        ("../outside", "up"),
        ("../outside/", "up-slash"),
        ("../outside/canary", "up-file"),
        ("../outside/new", "up-new"),
        ("a/../../outside", "round"),
        ("a/b/../../../outside/canary", "round-file"),
        ("..", "parent"),
        ("../", "parent-slash"),
        ("../..", "grandparent"),
        ("up", "chain1"),
        ("chain1", "chain2"),
        ("chain2/canary", "chain3"),
        ("self", "self"),
        ("/", "root"),
        ("/proc/self/cwd", "magic"),
        ("a/b", "good"),
        ("good/c", "good2"),
        ("a/b/", "good-slash"),
        (".", "here"),
        ("a/b/../../file", "good-file"),
    ] {
        symlink(target, granted.join(name));
    }
    symlink(&outside, granted.join("absolute"));
    symlink(outside.join("canary"), granted.join("absolute-file"));
    symlink(outside.join("new"), granted.join("absolute-new"));
    symlink(granted.join("file"), granted.join("absolute-inside"));
    symlink("../../../outside", granted.join("a/b/up"));
    symlink("../../file", granted.join("a/b/down"));
    program
}

/// Paths that would lead out, and some that would not, in every form.
pub(super) fn paths(program: &Program) -> Vec<Vec<u8>> {
    let absolute = program.outside("canary").into_os_string().into_encoded_bytes();
    let beginnings = [
        "",
        ".",
        "..",
        "../..",
        "a",
        "a/..",
        "a/../..",
        "a/b/../../..",
        "up",
        "up-slash",
        "up-file",
        "up-new",
        "round",
        "round-file",
        "parent",
        "parent-slash",
        "grandparent",
        "chain1",
        "chain2",
        "chain3",
        "self",
        "root",
        "magic",
        "absolute",
        "absolute-file",
        "absolute-new",
        "absolute-inside",
        "a/b/up",
        "a/b/down",
        "good",
        "good2",
        "good-slash",
        "here",
        "good-file",
        "here/here/up",
        "good/up",
        "good/../../up",
        "file",
        "missing",
        "file/..",
        "parent/granted",
        "parent/granted/file",
        "../granted",
        "../granted/file",
        "a/b/c/../../up",
        "/",
        "//",
        "/proc/self/root",
        "proc",
    ];
    let endings = [
        "",
        "/",
        "//",
        "/.",
        "/./",
        "/..",
        "/../",
        "/../outside/canary",
        "/canary",
        "/canary/",
        "/outside/canary",
        "/new",
        "/../file",
        "/./../../outside/new",
    ];
    let mut paths = vec![absolute.clone(), [&b"a/../"[..], &absolute].concat()];
    for beginning in beginnings {
        for ending in endings {
            paths.push([beginning.as_bytes(), ending.as_bytes()].concat());
        }
    }
    paths
}

/// Fails when anything outside has changed.
fn check_outside(program: &Program, what: &str, path: &[u8]) {
    let path = String::from_utf8_lossy(path);
    assert_eq!(names(&program.folder.path().join("outside")), ["canary"], "{what} {path}");
    assert_eq!(names(program.folder.path()), ["granted", "outside"], "{what} {path}");
    let canary = program.outside("canary");
    assert_eq!(std::fs::read(&canary).unwrap(), b"canary", "{what} {path}");
    assert!(std::fs::symlink_metadata(&canary).unwrap().is_file(), "{what} {path}");
    let status = machine::status(&canary);
    assert_eq!(status.links, 1, "{what} {path}");
    assert_ne!(status.modified / 1_000_000_000, 12, "{what} {path}");
}

/// Whether a device and inode belong to the granted tree.
fn inside(program: &Program, device: u64, inode: u64) -> bool {
    fn search(folder: &std::path::Path, wanted: (u64, u64)) -> bool {
        let own = machine::status(folder);
        (own.device, own.inode) == wanted
            || std::fs::symlink_metadata(folder).unwrap().is_dir()
                && std::fs::read_dir(folder).unwrap().any(|e| search(&e.unwrap().path(), wanted))
    }
    search(&program.path("."), (device, inode))
}

/// Runs a test with the kernel's walk and again with the walk by hand.
pub(super) fn with_both_walks(test: impl Fn()) {
    test();
    host::BY_HAND.set(true);
    test();
    host::BY_HAND.set(false);
}

#[test]
fn nothing_outside_is_opened_or_looked_at() {
    with_both_walks(open_or_look_at_everything);
}

fn open_or_look_at_everything() {
    let mut program = tree();
    let mut reached = 0;
    for path in paths(&program) {
        for lookup in [0, FOLLOW] {
            for rights in [0, READING] {
                if let Ok(fd) = program.open_with(ROOT, &path, lookup, 0, rights | (1 << 21), 0) {
                    program.call("fd_filestat_get", &[fd.into(), RESULT.into()]).unwrap();
                    let (device, inode) = (program.u64(RESULT), program.u64(RESULT + 8));
                    let shown = String::from_utf8_lossy(&path);
                    assert!(inside(&program, device, inode), "opened {shown}");
                    program.close(fd).unwrap();
                    reached += 1;
                }
            }
            let before = [ROOT.into(), lookup.into()];
            let result = [RESULT.into()];
            if program.path_call("path_filestat_get", &path, &before, &result).is_ok() {
                let (device, inode) = (program.u64(RESULT), program.u64(RESULT + 8));
                let shown = String::from_utf8_lossy(&path);
                assert!(inside(&program, device, inode), "status of {shown}");
            }
        }
    }
    assert!(reached > 100, "the matrix has paths that stay inside: {reached}");
}

#[test]
fn nothing_outside_is_changed() {
    with_both_walks(change_everything);
}

fn change_everything() {
    // Each call on a fresh tree would be slow; what it may change inside is no matter.
    let mut program = tree();
    let all = paths(&program);
    for path in &all {
        for lookup in [0, FOLLOW] {
            for how in [CREATE, TRUNCATE, CREATE | TRUNCATE, CREATE | EXCLUSIVE] {
                if let Ok(fd) = program.open_with(ROOT, path, lookup, how, EVERYTHING, 0) {
                    let _ = program.write(fd, b"overwritten");
                    program.close(fd).unwrap();
                }
            }
            let before = [ROOT.into(), lookup.into()];
            let times = [12_000_000_000, 12_000_000_000, 5];
            let _ = program.path_call("path_filestat_set_times", path, &before, &times);
            check_outside(&program, "open or times", path);
        }
    }
    for path in &all {
        let _ = program.path_call("path_create_directory", path, &[ROOT.into()], &[]);
        check_outside(&program, "create directory", path);
        let _ = program.two_paths("path_link", (ROOT, Some(0), b"file"), (ROOT, path));
        check_outside(&program, "link to", path);
        for lookup in [0, FOLLOW] {
            let from = (ROOT, Some(lookup), &path[..]);
            let _ = program.two_paths("path_link", from, (ROOT, b"linked"));
            check_outside(&program, "link from", path);
            let _ = std::fs::remove_file(program.path("linked"));
        }
        program.put(OTHER_PATH, b"x");
        let before = [OTHER_PATH.into(), 1, ROOT.into()];
        let _ = program.path_call("path_symlink", path, &before, &[]);
        check_outside(&program, "symlink", path);
    }
    for path in &all {
        let _ = std::fs::write(program.path("moved"), "");
        let _ = program.two_paths("path_rename", (ROOT, None, b"moved"), (ROOT, path));
        check_outside(&program, "rename to", path);
    }
    for removal in ["path_unlink_file", "path_remove_directory"] {
        let mut program = tree();
        for path in &all {
            let _ = program.path_call(removal, path, &[ROOT.into()], &[]);
            check_outside(&program, removal, path);
        }
    }
    let mut program = tree();
    for path in &all {
        let from = (ROOT, None, &path[..]);
        let _ = program.two_paths("path_rename", from, (ROOT, b"taken"));
        check_outside(&program, "rename from", path);
    }
}

#[test]
fn nothing_outside_is_read_as_a_link() {
    let mut program = tree();
    symlink("secret", program.outside("link"));
    for path in paths(&program) {
        for path in [path.clone(), [&path[..], b"/link"].concat()] {
            let after = [DATA.into(), 100, RESULT.into()];
            if program.path_call("path_readlink", &path, &[ROOT.into()], &after).is_ok() {
                let target = program.bytes(DATA, program.u32(RESULT));
                assert_ne!(target, b"secret", "{}", String::from_utf8_lossy(&path));
            }
        }
    }
}

#[test]
fn leading_out_is_not_permitted() {
    with_both_walks(lead_out);
}

fn lead_out() {
    let mut program = tree();
    for path in [
        "..",
        "../",
        "../outside/canary",
        "a/../..",
        "a/../../outside/canary",
        "/",
        "/etc/passwd",
        "up/canary",
        "up-file",
        "round/canary",
        "parent",
        "chain3",
        "root/etc",
        "absolute/canary",
        "absolute-file",
        "absolute-inside",
        "a/b/up/canary",
        "parent/granted/file",
        "magic/x",
    ] {
        assert_eq!(program.open_to_read(path), Err(Errno::NotPermitted), "{path}");
        assert_eq!(program.file_type(path, FOLLOW), Err(Errno::NotPermitted), "{path}");
    }
    // Behind as many links as may be followed, and behind one more.
    let behind = |links: usize| "here/".repeat(links) + "../outside/canary";
    assert_eq!(program.open_to_read(&behind(40)), Err(Errno::NotPermitted));
    assert_eq!(program.open_to_read(&behind(41)), Err(Errno::Loop));
}

#[test]
fn bad_names_have_their_errors() {
    let mut program = tree();
    let long = vec![b'x'; 300];
    let very_long = b"x/".repeat(2500);
    let deep = b"./".repeat(2047);
    for (path, error) in [
        (&b"file\0"[..], Errno::Invalid),
        (b"\0", Errno::Invalid),
        (b"fi\0le", Errno::Invalid),
        (b"", Errno::NoEntry),
        (b"\xff\xfe", Errno::IllegalSequence),
        (b"caf\xe9", Errno::IllegalSequence),
        (b"\xed\xa0\x80", Errno::IllegalSequence),
        (&long, Errno::NameTooLong),
        (&very_long, Errno::NameTooLong),
    ] {
        assert_eq!(program.open_with(ROOT, path, 0, CREATE, READING, 0), Err(error));
        for name in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
            assert_eq!(program.path_call(name, path, &[ROOT.into()], &[]), Err(error), "{name}");
        }
    }
    assert!(program.open_with(ROOT, &deep, 0, 0, READING, 0).is_ok());
    assert!(program.open("grüße 😀", CREATE).is_ok());
    check_outside(&program, "bad names", b"");
}

/// The walk by hand and the kernel's agree with each other, and neither gets where cap-std does not.
#[cfg(unix)]
#[test]
fn both_walks_agree_with_cap_std() {
    use cap_std::fs::Dir;
    use std::ffi::CString;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let program = tree();
    let granted = std::fs::File::open(program.path(".")).unwrap();
    let oracle = Dir::open_ambient_dir(program.path("."), cap_std::ambient_authority()).unwrap();
    let identity = |file: &host::Owned| {
        let status = host::file_status(host::borrow(file)).unwrap();
        (status.device, status.inode)
    };
    let mut agreed = 0;
    for path in paths(&program) {
        if path.is_empty() || path[0] == b'/' {
            continue;
        }
        let shown = String::from_utf8_lossy(&path).into_owned();
        let path = CString::new(path).unwrap();
        let kernel = host::open_beneath(granted.as_fd(), &path, false).map(|d| identity(&d));
        let hand = host::walk_by_hand(granted.as_fd(), &path, false).map(|d| identity(&d));
        assert_eq!(kernel, hand, "{shown}");
        let expected = oracle.open_dir(&shown).ok().map(|directory| {
            let status = directory.into_std_file().metadata().unwrap();
            (status.dev(), status.ino())
        });
        assert_eq!(kernel.ok(), expected, "{shown}");
        agreed += usize::from(expected.is_some());
    }
    assert!(agreed > 30, "{agreed}");
}

/// Another process swaps a folder for a link that leads out, over and over, during the calls.
#[test]
fn swapped_links_do_not_lead_out() {
    with_both_walks(open_what_is_swapped);
}

fn open_what_is_swapped() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut program = tree();
    std::fs::create_dir(program.path("swap")).unwrap();
    std::fs::write(program.path("swap/canary"), "inside").unwrap();
    symlink("../outside", program.path("swap2"));
    let done = AtomicBool::new(false);
    let (one, two, three) = (program.path("swap"), program.path("swap2"), program.path("swap3"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for (from, to) in [(&one, &three), (&two, &one), (&three, &two)] {
                    // Where a file that is open keeps its folder in place, it is tried again.
                    while std::fs::rename(from, to).is_err() && !done.load(Ordering::Relaxed) {}
                }
            }
        });
        let mut opened = 0;
        for _ in 0..20_000 {
            if let Ok(fd) = program.open_to_read("swap/canary") {
                assert_eq!(program.read(fd, 100).unwrap(), b"inside");
                program.close(fd).unwrap();
                opened += 1;
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(opened > 0);
    });
}

#[test]
fn the_host_root_holds_its_absolute_links() {
    with_both_walks(start_from_the_root);
}

fn start_from_the_root() {
    let mut program = tree();
    let policy = Policy::default().directory(std::path::Path::new("/"), "/", 0);
    program.wasi = policy.start(&[], &[]).unwrap();
    let inside = machine::beneath_root(&program.path("absolute-inside"));
    let fd = program.open_with(ROOT, &inside, FOLLOW, 0, READING, 0).unwrap();
    assert_eq!(program.read(fd, 100).unwrap(), b"inside");
    let above = [b"../../", &inside[..]].concat();
    let fd = program.open_with(ROOT, &above, FOLLOW, 0, READING, 0).unwrap();
    assert_eq!(program.read(fd, 100).unwrap(), b"inside");
    let absolute = [b"/", &inside[..]].concat();
    assert_eq!(program.open_with(ROOT, &absolute, 0, 0, READING, 0), Err(Errno::NotPermitted));
}
