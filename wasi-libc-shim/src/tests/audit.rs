//! What is noticed of refusals and uses, and what is not.

use super::*;
use crate::audit::observe;
use crate::call::{Arguments, CLOCK_TIME_GET, MOST_PARAMETERS, PATH_OPEN, PATH_SYMLINK};
use crate::{Event, Reason, Source, Subject, Watch};
use machine::symlink;

/// What happened, as (action, path, refusal).
fn noticed(program: &mut Program) -> Vec<(&'static str, String, Option<Reason>)> {
    let event = |event: Event| {
        (event.action.name(), String::from_utf8_lossy(&event.path).into_owned(), event.refused)
    };
    program.wasi.events().into_iter().map(event).collect()
}

#[test]
fn refusals_are_counted_when_nobody_watches() {
    let mut program = Program::new();
    assert_eq!(program.open("../outside/canary", 0), Err(Errno::NotPermitted));
    assert_eq!(program.open("missing", 0), Err(Errno::NoEntry));
    assert_eq!(program.named("path_unlink_file", "../outside/canary"), Err(Errno::NotPermitted));
    let (count, first, last) = program.wasi.denials();
    assert_eq!(count, 2);
    assert_eq!((first.action.name(), first.reason), ("open", Reason::LeadsOut));
    assert_eq!(first.path(), b"../outside/canary");
    assert_eq!(last.action.name(), "remove");
    assert!(!program.wasi.has_events());
}

#[test]
fn long_paths_are_kept_in_part() {
    let mut program = Program::new();
    let path = format!("../{}", "x".repeat(1000));
    assert!(program.open(&path, 0).is_err());
    let (_, first, _) = program.wasi.denials();
    assert_eq!(first.path(), &path.as_bytes()[..256]);
    // No character is cut.
    let mut program = Program::new();
    let path = format!("../{}", "\u{20ac}".repeat(200));
    assert!(program.open(&path, 0).is_err());
    let (_, first, _) = program.wasi.denials();
    assert_eq!(first.path(), &path.as_bytes()[..3 + 84 * 3]);
}

/// Has the audit look at a call with these slots as if the host had answered it so.
fn answer(program: &mut Program, function: usize, slots: &[u64], error: Errno) {
    let slots: [Slot; MOST_PARAMETERS] =
        std::array::from_fn(|index| Slot::from_u64(slots.get(index).copied().unwrap_or(0)));
    // SAFETY: the vector is not touched while the value lives.
    #[allow(unsafe_code)]
    let memory = unsafe {
        GuestMemory::from_raw_parts(program.memory.as_mut_ptr(), program.memory.len() as u64)
    };
    observe(&mut program.wasi, function, &memory, Arguments(&slots), None, Err(error));
}

#[test]
fn what_the_host_cannot_or_will_not_do_is_no_refusal() {
    // It goes out of scope behind what is open in it, as Windows asks.
    let folder = tempfile::tempdir().unwrap();
    // A clock that the host has not.
    let mut program = Program::new();
    answer(&mut program, CLOCK_TIME_GET, &[2, 0, RESULT.into()], Errno::NotSupported);
    answer(&mut program, CLOCK_TIME_GET, &[2, 0, RESULT.into()], Errno::NoSystemCall);
    // A file system that is mounted to be read, below a directory in which names are granted besides.
    std::fs::create_dir(folder.path().join("granted")).unwrap();
    std::fs::write(folder.path().join("named"), "").unwrap();
    let named = folder.path().join("named");
    let policy = Policy::default().directory(&folder.path().join("granted"), ".", 0).record(
        RecordKind::Arguments,
        wasm2native_abi::policy::ARGUMENTS_READ_ONLY,
        b"",
    );
    program.wasi = policy.start(&["program", named.to_str().unwrap()], &[]).unwrap();
    program.put(PATH, b"file");
    let open = [ROOT.into(), 0, PATH.into(), 4, CREATE.into(), EVERYTHING, 0, 0, RESULT.into()];
    answer(&mut program, PATH_OPEN, &open, Errno::ReadOnlyFileSystem);
    // A link that the host does not permit, where links lead anywhere.
    program.wasi.descriptors.get_mut(ROOT).unwrap().unconfined = true;
    program.put(OTHER_PATH, b"/absolute");
    let link = [OTHER_PATH.into(), 9, ROOT.into(), PATH.into(), 4];
    answer(&mut program, PATH_SYMLINK, &link, Errno::NotPermitted);
    assert_eq!(program.wasi.denials().0, 0);
    // The names themselves are refused.
    let name = crate::host::guest_path(named.as_os_str().as_encoded_bytes());
    let rights = READING | crate::rights::FD_WRITE;
    assert_eq!(program.open_with(ROOT, &name, 0, 0, rights, 0), Err(Errno::ReadOnlyFileSystem));
    assert_eq!(program.wasi.denials().1.reason, Reason::ReadOnly);
}

#[test]
fn denied_kinds_are_refusals_of_every_call() {
    use wasm2native_abi::policy::{DENY_CLOCK, DENY_NETWORK};
    let mut program = Program::new();
    for (flags, count) in [(0, 0), (DENY_CLOCK | DENY_NETWORK, 3)] {
        let policy = Policy::default().record(RecordKind::Deny, flags, b"");
        program.wasi = policy.start(&["program"], &[]).unwrap();
        assert!(program.call("sock_accept", &[3, 0, RESULT.into()]).is_err());
        assert!(program.call("sock_accept", &[77, 0, RESULT.into()]).is_err());
        // A time that is over on the monotonic clock; and one from now, which anybody may wait for.
        for absolute in [true, false] {
            assert_eq!(
                denied::wait(&mut program, 1, 1, absolute) == Errno::NotCapable,
                absolute && count > 0
            );
        }
        assert_eq!(program.wasi.denials().0, count);
    }
    let (_, first, last) = program.wasi.denials();
    assert_eq!((first.subject, first.reason), (Subject::Socket, Reason::KindDenied));
    assert_eq!((last.subject, last.reason), (Subject::Clock, Reason::KindDenied));
    assert!(!last.is_same(first));
}

#[test]
fn grants_are_known_by_their_place_in_the_policy() {
    use wasm2native_abi::policy::{ARGUMENTS_READ_WRITE, DIRECTORY_OPTIONAL, DIRECTORY_OWN_PATH};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["one", "two", "own"] {
        std::fs::create_dir(path(name)).unwrap();
        std::fs::write(path(name).join("file"), "").unwrap();
    }
    std::fs::write(path("named"), "").unwrap();
    let spelled = |path: PathBuf| {
        let path = crate::host::guest_path(path.as_os_str().as_encoded_bytes());
        String::from_utf8(path).unwrap()
    };
    let policy = embedded::policy()
        .directory(&path("one"), "one", 0)
        .directory(&path("missing"), "missing", DIRECTORY_OPTIONAL)
        .directory(&path("own"), "", DIRECTORY_OWN_PATH)
        .directory(&path("two"), "two", 0)
        .record(RecordKind::EmbeddedDirectory, 0, b"/usr/lib")
        .record(RecordKind::Arguments, ARGUMENTS_READ_WRITE, b"");
    let named = path("named");
    let mut program = Program::new();
    program.wasi = policy.start(&["program", named.to_str().unwrap()], &[]).unwrap();
    program.wasi.watch(Watch::Everything);
    let (own, named) = (spelled(path("own")), spelled(named));
    let granted = ["one", &own, "two", "/usr/lib"].map(str::to_owned);
    let watched: Vec<String> = (program.wasi.watched().iter())
        .map(|grant| String::from_utf8(grant.name.to_vec()).unwrap())
        .collect();
    // Directories that were made to hold designated names grant nothing, nor does `/`.
    assert_eq!(watched, granted);
    let all = virtual_root::preopened(&mut program);
    let number = |name: &str| ROOT + all.iter().position(|other| other == name).unwrap() as u32;
    let root = number("/");
    let directory = |index| Source::Directory(index);
    for (start, path, expected, grant) in [
        (ROOT, "file", directory(0), Some(0)),
        (number("two"), "file", directory(3), Some(2)),
        (number(&own), "file", directory(2), Some(1)),
        // From the first directory it is found by its own path.
        (ROOT, &format!("{own}/./file"), directory(2), Some(1)),
        (ROOT, &named, Source::Arguments, None),
        (number("/usr/lib"), "text", Source::Embedded(0), Some(3)),
        (root, "usr/./lib/text", Source::Embedded(0), Some(3)),
        (root, ".", Source::Nothing, None),
    ] {
        program
            .open_with(start, path.as_bytes(), 0, 0, READING & !crate::rights::CHANGING, 0)
            .unwrap();
        let event = program.wasi.events().pop().unwrap();
        assert_eq!((event.source, event.grant), (expected, grant), "{start} {path}");
    }
    assert!(program.wasi.watched().iter().all(|grant| grant.was_read));
}

#[test]
fn links_that_lead_out_are_refusals_and_errors_of_the_host_are_not() {
    let mut program = Program::new();
    symlink("../outside", program.path("link"));
    symlink("../outside/canary", program.path("file-link"));
    program.wasi.watch(Watch::Refusals);
    assert_eq!(program.open("link/canary", 0), Err(Errno::NotPermitted));
    assert_eq!(program.open("file-link", 0), Err(Errno::NotPermitted));
    assert_eq!(program.named("path_create_directory", "link/new"), Err(Errno::NotPermitted));
    assert_eq!(program.symlink("/etc", "absolute"), Err(Errno::NotPermitted));
    assert!(program.open("missing/file", 0).is_err());
    assert!(program.named("path_remove_directory", "missing").is_err());
    assert_eq!(
        noticed(&mut program),
        [
            ("open", "link/canary".to_owned(), Some(Reason::LinkLeadsOut)),
            ("open", "file-link".to_owned(), Some(Reason::LinkLeadsOut)),
            ("create directory", "link/new".to_owned(), Some(Reason::LinkLeadsOut)),
            ("create link", "absolute".to_owned(), Some(Reason::AbsoluteTarget)),
        ]
    );
}

#[test]
fn changes_below_a_read_only_directory_are_refusals() {
    let mut program = Program::with_flags(&[READ_ONLY]);
    std::fs::write(program.path("file"), "").unwrap();
    program.wasi.watch(Watch::Everything);
    assert_eq!(program.open("file", 0), Err(Errno::ReadOnlyFileSystem));
    assert_eq!(program.rename("file", "other"), Err(Errno::ReadOnlyFileSystem));
    program.open_to_read("file").unwrap();
    assert_eq!(
        noticed(&mut program),
        [
            ("open", "file".to_owned(), Some(Reason::ReadOnly)),
            ("rename", "file".to_owned(), Some(Reason::ReadOnly)),
            ("open", "file".to_owned(), None),
        ]
    );
    let grant = &program.wasi.watched()[0];
    assert!(grant.was_read && !grant.was_written && grant.read_only);
}

#[test]
fn paths_are_known_from_the_grant_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
    std::fs::write(folder.path().join("a/b/file"), "").unwrap();
    let wasi = Policy::default().directory(folder.path(), "/data", 0).start(&["x"], &[]).unwrap();
    let mut program = Program { wasi, memory: vec![0; 0x20000], folder };
    program.wasi.watch(Watch::Everything);
    let directory = program.open_directory("a").unwrap();
    let inner = program.open_with(directory, b"b", 0, DIRECTORY, READING, 0).unwrap();
    program.open_with(inner, b"./file", 0, 0, READING, 0).unwrap();
    program.call("fd_readdir", &[inner.into(), DATA.into(), 100, 0, RESULT.into()]).unwrap();
    assert!(program.open_with(inner, b"../../../x", 0, 0, READING, 0).is_err());
    assert_eq!(
        noticed(&mut program),
        [
            ("open", "/data/a".to_owned(), None),
            ("open", "/data/a/b".to_owned(), None),
            ("open", "/data/a/b/file".to_owned(), None),
            ("list", "/data/a/b".to_owned(), None),
            ("open", "/data/a/b/../../../x".to_owned(), Some(Reason::LeadsOut)),
        ]
    );
}

#[test]
fn results_do_not_hide_what_was_used() {
    let mut program = Program::new();
    program.wasi.watch(Watch::Everything);
    // The new descriptor's number goes where the path is.
    program.put(PATH, b"file");
    let before = [u64::from(ROOT), 0, PATH.into(), 4, CREATE.into()];
    let after = [EVERYTHING, EVERYTHING, 0, PATH.into()];
    program.call("path_open", &[&before[..], &after].concat()).unwrap();
    assert_eq!(noticed(&mut program), [("open", "file".to_owned(), None)]);
}

#[test]
fn each_thing_is_told_once_and_no_more_than_so_many() {
    let mut program = Program::new();
    program.wasi.watch(Watch::Everything);
    for _ in 0..3 {
        program.call("environ_get", &[DATA.into(), DATA.into()]).unwrap();
        let _ = program.file_type(".", 0);
    }
    let subjects: Vec<Subject> =
        program.wasi.events().into_iter().map(|event| event.subject).collect();
    assert_eq!(subjects, [Subject::Environment, Subject::File]);
    for index in 0..5000 {
        assert!(program.open(&format!("../{index}"), 0).is_err());
    }
    assert!(program.wasi.has_lost_events());
    assert!(program.wasi.events().len() < 4096);
    assert_eq!(program.wasi.denials().0, 5000);
}
