//! Paths: opening, making, removing, renaming and linking in every mix of flags.

use super::*;
use crate::rights;

#[test]
fn files_are_opened_by_every_mix_of_flags() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    std::fs::create_dir(program.path("folder")).unwrap();
    for how in 0..16 {
        for (name, exists, is_folder) in
            [("file", true, false), ("folder", true, true), ("new", false, false)]
        {
            std::fs::write(program.path("file"), "12345").unwrap();
            let _ = std::fs::remove_file(program.path("new"));
            let directory = how & DIRECTORY != 0;
            let rights = if is_folder || directory { READING } else { EVERYTHING };
            let answer = program.open_with(ROOT, name.as_bytes(), 0, how, rights, 0);
            let expected = if directory && how & (CREATE | TRUNCATE) != 0 {
                Some(Errno::Invalid)
            } else if exists && how & EXCLUSIVE != 0 {
                Some(Errno::Exists)
            } else if !exists && how & CREATE == 0 {
                Some(Errno::NoEntry)
            } else if directory && !is_folder {
                Some(Errno::NotDirectory)
            } else if is_folder && how & (CREATE | TRUNCATE) != 0 {
                Some(Errno::IsDirectory)
            } else {
                None
            };
            assert_eq!(answer.err(), expected, "{name} {how:#x}");
            if let Ok(fd) = answer {
                let (kind, _, base, _) = program.descriptor_status(fd).unwrap();
                assert_eq!(kind, if is_folder { 3 } else { 4 });
                assert_eq!(base & rights::FD_READDIR != 0, is_folder);
                assert_eq!(base & rights::FD_SEEK == 0, is_folder);
                program.close(fd).unwrap();
                if !is_folder {
                    let size = std::fs::metadata(program.path(name)).unwrap().len();
                    let kept = exists && how & TRUNCATE == 0;
                    assert_eq!(size, if kept { 5 } else { 0 }, "{name} {how:#x}");
                }
            }
        }
    }
}

#[test]
fn unknown_flags_are_refused() {
    let mut program = Program::new();
    for (lookup, how, flags) in [(2, 0, 0), (0, 16, 0), (0, 0, 32), (u32::MAX, 0, 0)] {
        let answer = program.open_with(ROOT, b"file", lookup, how, 0, flags);
        assert_eq!(answer, Err(Errno::Invalid));
    }
    assert_eq!(program.file_type(".", 2), Err(Errno::Invalid));
}

#[test]
fn a_folder_is_not_opened_for_writing() {
    let mut program = Program::new();
    let both = rights::FD_READ | rights::FD_WRITE;
    assert_eq!(program.open_with(ROOT, b".", 0, DIRECTORY, both, 0), Err(Errno::IsDirectory));
    assert_eq!(program.open_with(ROOT, b".", 0, 0, both, 0), Err(Errno::IsDirectory));
    // Asking for what the granted one has is no such thing.
    let (_, _, base, inheriting) = program.descriptor_status(ROOT).unwrap();
    let before = [u64::from(ROOT), 0];
    let after = [0, base, inheriting, 0, RESULT.into()];
    program.path_call("path_open", b".", &before, &after).unwrap();
    let opened = program.u32(RESULT);
    let (kind, _, again, _) = program.descriptor_status(opened).unwrap();
    assert_eq!((kind, again), (3, base));
}

#[test]
fn a_file_without_write_permission_can_be_read() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    machine::make_unwritable(&program.path("file"));
    let rights = EVERYTHING & !rights::FD_WRITE;
    let file = program.open_with(ROOT, b"file", 0, 0, rights, 0).unwrap();
    assert_eq!(program.read(file, 9).unwrap(), b"12345");
}

#[test]
fn paths_wander_within_the_directory() {
    let mut program = Program::new();
    program.named("path_create_directory", "dir").unwrap();
    program.named("path_create_directory", "dir/nested").unwrap();
    program.open("dir/nested/file", CREATE).unwrap();
    for path in [
        "dir/nested/file",
        "./dir/nested/file",
        "dir/.//nested/../../dir/nested/../nested///./file",
        "dir/../dir/nested/file",
    ] {
        assert!(program.open_to_read(path).is_ok(), "{path}");
    }
    for (path, error) in [
        ("dir/nested/file/", Errno::NotDirectory),
        ("dir/nested/file///", Errno::NotDirectory),
        ("dir/nested/file/.", Errno::NotDirectory),
        ("dir/nested/file/x", Errno::NotDirectory),
        ("dir/missing/file", Errno::NoEntry),
        ("", Errno::NoEntry),
    ] {
        assert_eq!(program.open_to_read(path), Err(error), "{path}");
    }
    for path in [".", "dir", "dir/", "dir/nested///", "dir/nested/..", "dir/.", "dir/nested/../.."]
    {
        let fd = program.open_directory(path).unwrap();
        assert_eq!(program.descriptor_status(fd).unwrap().0, 3, "{path}");
    }
}

#[test]
fn links_are_followed_when_asked() {
    let mut program = Program::new();
    std::fs::write(program.path("file"), "12345").unwrap();
    program.named("path_create_directory", "dir").unwrap();
    program.symlink("file", "link").unwrap();
    program.symlink("../file", "dir/up").unwrap();
    program.symlink("dir", "folder").unwrap();
    program.symlink("new", "dangling").unwrap();
    program.symlink("dangling", "second").unwrap();
    assert_eq!(program.read_link("link", 100).unwrap(), b"file");
    assert_eq!(program.read_link("link", 2).unwrap(), b"fi");
    assert_eq!(program.read_link("link", 0).unwrap(), b"");
    assert_eq!(program.read_link("file", 9), Err(Errno::Invalid));
    assert_eq!(program.read_link("none", 9), Err(Errno::NoEntry));

    for (path, followed) in [("link", 4), ("dir/up", 4), ("folder", 3), ("folder/up", 4)] {
        assert_eq!(program.file_type(path, FOLLOW), Ok(followed), "{path}");
        assert_eq!(program.file_type(path, 0), Ok(7), "{path}");
        let unfollowed = program.open_with(ROOT, path.as_bytes(), 0, 0, READING, 0);
        assert_eq!(unfollowed, Err(Errno::Loop), "{path}");
        assert!(program.open_to_read(path).is_ok(), "{path}");
    }
    // With a slash behind, the link is followed whatever is asked.
    assert_eq!(program.file_type("folder/", 0), Ok(3));
    assert_eq!(program.file_type("link/", 0), Err(Errno::NotDirectory));
    assert!(program.open_with(ROOT, b"folder/", 0, 0, READING, 0).is_ok());
    let directory = program.open_with(ROOT, b"folder", 0, DIRECTORY, READING, 0);
    assert!(matches!(directory, Err(Errno::NotDirectory | Errno::Loop)));

    assert_eq!(program.open_to_read("second"), Err(Errno::NoEntry));
    assert_eq!(program.file_type("second", FOLLOW), Err(Errno::NoEntry));
    assert_eq!(
        program.open("second", CREATE | EXCLUSIVE),
        Err(Errno::Exists),
        "an exclusive creation follows nothing"
    );
    program.open("second", CREATE).unwrap();
    assert!(program.path("new").exists());
}

#[test]
fn loops_of_links_end() {
    let mut program = Program::new();
    program.symlink("self", "self").unwrap();
    program.symlink("b", "a").unwrap();
    program.symlink("a/x", "b").unwrap();
    for path in ["self", "a", "b", "self/x", "a/x"] {
        assert_eq!(program.open_to_read(path), Err(Errno::Loop), "{path}");
        assert_eq!(program.file_type(path, FOLLOW), Err(Errno::Loop), "{path}");
    }
    for number in 0..60 {
        program.symlink(&format!("chain{}", number + 1), &format!("chain{number}")).unwrap();
    }
    std::fs::write(program.path("chain60"), "end").unwrap();
    assert!(program.open_to_read("chain20").is_ok());
    assert_eq!(program.open_to_read("chain0"), Err(Errno::Loop));
}

#[test]
fn directories_come_and_go() {
    let mut program = Program::new();
    let (make, remove) = ("path_create_directory", "path_remove_directory");
    program.named(make, "dir/").unwrap();
    assert_eq!(program.named(make, "dir"), Err(Errno::Exists));
    assert_eq!(program.named(make, "."), Err(Errno::Exists));
    assert_eq!(program.named(make, "x/y"), Err(Errno::NoEntry));
    program.named(make, "dir/nested").unwrap();
    assert_eq!(program.named(remove, "dir"), Err(Errno::NotEmpty));
    program.named(remove, "dir/nested/").unwrap();
    program.open("file", CREATE).unwrap();
    for path in ["file", "file/"] {
        assert_eq!(program.named(remove, path), Err(Errno::NotDirectory));
    }
    program.symlink("dir", "link").unwrap();
    assert_eq!(program.named(remove, "link"), Err(Errno::NotDirectory));
    program.named(remove, "dir").unwrap();
    assert_eq!(program.named(remove, "dir"), Err(Errno::NoEntry));
}

#[test]
fn files_are_unlinked() {
    let mut program = Program::new();
    let unlink = "path_unlink_file";
    program.named("path_create_directory", "dir").unwrap();
    for path in ["dir", "dir/"] {
        assert_eq!(program.named(unlink, path), Err(Errno::IsDirectory));
    }
    let file = program.open("file", CREATE).unwrap();
    program.close(file).unwrap();
    program.symlink("file", "link").unwrap();
    assert_eq!(program.named(unlink, "file/"), Err(Errno::NotDirectory));
    program.named(unlink, "link").unwrap();
    program.named(unlink, "file").unwrap();
    assert_eq!(program.named(unlink, "file"), Err(Errno::NoEntry));
    assert_eq!(names(&program.path(".")), ["dir"]);
}

#[test]
fn files_that_are_open_are_unlinked_and_replaced() {
    if !machine::frees_names_of_open_files() {
        return;
    }
    let mut program = Program::new();
    let first = program.open("file", CREATE).unwrap();
    program.named("path_unlink_file", "file").unwrap();
    assert_eq!(program.named("path_unlink_file", "file"), Err(Errno::NoEntry));
    assert_eq!(program.write(first, b"still there"), Ok(11));
    let second = program.open("file", CREATE | EXCLUSIVE).unwrap();
    program.open("other", CREATE).unwrap();
    program.rename("other", "file").unwrap();
    assert_eq!(program.write(second, b"still there"), Ok(11));
    assert_eq!(std::fs::read(program.path("file")).unwrap(), b"");
    assert_eq!(names(&program.path(".")), ["file"]);
}

#[test]
fn names_change() {
    let mut program = Program::new();
    program.named("path_create_directory", "source").unwrap();
    program.rename("source/", "target").unwrap();
    program.rename("target", "source/").unwrap();
    program.named("path_create_directory", "target").unwrap();
    program.rename("source", "target").unwrap();
    let file = program.open("target/file", CREATE).unwrap();
    program.close(file).unwrap();
    program.named("path_create_directory", "source").unwrap();
    assert_eq!(program.rename("source", "target"), Err(Errno::NotEmpty));
    assert_eq!(program.rename("source", "target/file"), Err(Errno::NotDirectory));
    let file = program.open("file", CREATE).unwrap();
    program.close(file).unwrap();
    assert_eq!(program.rename("file", "source"), Err(Errno::IsDirectory));
    assert_eq!(program.rename("file/", "x"), Err(Errno::NotDirectory));
    assert_eq!(program.rename("file", "x/"), Err(Errno::NotDirectory));
    assert_eq!(program.rename("none", "x"), Err(Errno::NoEntry));
    program.rename("file", "target/file").unwrap();
    assert_eq!(names(&program.path(".")), ["source", "target"]);
}

#[test]
fn hard_links_are_made() {
    let mut program = Program::new();
    program.open("file", CREATE).unwrap();
    program.link("file", "second").unwrap();
    for (old, new, error) in [
        ("file", "second", Errno::Exists),
        ("file", "file", Errno::Exists),
        ("file", "third/", Errno::NoEntry),
        ("file/", "third", Errno::NotDirectory),
        ("none", "third", Errno::NoEntry),
        (".", "third", Errno::NotPermitted),
    ] {
        assert_eq!(program.link(old, new), Err(error), "{old} {new}");
    }
    program.symlink("gone", "dangling").unwrap();
    program.link("dangling", "third").unwrap();
    assert_eq!(program.file_type("third", 0), Ok(7));
    let follow = |program: &mut Program, old: &[u8], new: &[u8]| {
        program.two_paths("path_link", (ROOT, Some(FOLLOW), old), (ROOT, new))
    };
    assert_eq!(follow(&mut program, b"dangling", b"x"), Err(Errno::NoEntry));
    program.symlink("file", "link").unwrap();
    follow(&mut program, b"link", b"fourth").unwrap();
    assert_eq!(program.file_type("fourth", 0), Ok(4));
}

#[test]
fn symbolic_links_are_made() {
    let mut program = Program::new();
    assert_eq!(program.symlink("source", "target/"), Err(Errno::NoEntry));
    assert_eq!(program.symlink("", "target"), Err(Errno::NoEntry));
    assert_eq!(program.symlink("/", "target"), Err(Errno::NotPermitted));
    program.named("path_create_directory", "target").unwrap();
    assert_eq!(program.symlink("source", "target/"), Err(Errno::Exists));
    assert_eq!(program.symlink("source", "target"), Err(Errno::Exists));
    program.symlink("anything at all/", "link").unwrap();
    assert_eq!(program.read_link("link", 99).unwrap(), b"anything at all/");
}

#[test]
fn times_are_set_by_name() {
    let mut program = Program::new();
    program.open("file", CREATE).unwrap();
    program.symlink("file", "link").unwrap();
    let set = |program: &mut Program, lookup: u32, path: &[u8], time, flags| {
        let before = [u64::from(ROOT), lookup.into()];
        program.path_call("path_filestat_set_times", path, &before, &[0, time, flags])
    };
    let modified = |program: &mut Program, path: &str| {
        program.file_type(path, 0).unwrap();
        program.u64(RESULT + 48)
    };
    set(&mut program, 0, b"link", 7_000_000_001, 4).unwrap();
    set(&mut program, FOLLOW, b"link", 8_000_000_002, 4).unwrap();
    assert_eq!(modified(&mut program, "link"), machine::kept(7_000_000_001));
    assert_eq!(modified(&mut program, "file"), machine::kept(8_000_000_002));
    assert_eq!(set(&mut program, 0, b"file", 0, 4 | 8), Err(Errno::Invalid));
    assert_eq!(set(&mut program, 0, b"file/", 0, 4), Err(Errno::NotDirectory));
    assert_eq!(set(&mut program, 0, b"none", 0, 4), Err(Errno::NoEntry));
    // Nor is there something when there is nothing to set.
    assert_eq!(set(&mut program, 0, b"none", 0, 0), Err(Errno::NoEntry));
    set(&mut program, 0, b"file", 0, 0).unwrap();
}

#[test]
fn a_path_and_a_target_may_be_long_together() {
    super::escape::with_both_walks(|| {
        let mut program = Program::new();
        program.named("path_create_directory", "dir").unwrap();
        program.open("dir/file", CREATE).unwrap();
        program.symlink(&("./".repeat(1500) + "dir/file"), "link").unwrap();
        let path = "./".repeat(1500) + "link";
        assert!(program.open_to_read(&path).is_ok());
        assert_eq!(program.file_type(&path, FOLLOW), Ok(4));
    });
}
