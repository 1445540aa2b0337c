//! What is noticed of refusals and uses, and what is not.

use super::*;
use crate::{Event, Reason, Subject, Watch};
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
