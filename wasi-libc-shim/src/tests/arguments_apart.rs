//! What the command line names is told from what is there by the same name, and from what is not there.

use super::arguments::{granting, in_directory, libc, read, start, text, world, write};
use super::embedded::entries;
use super::*;
use std::path::Path;
use wasm2native_abi::policy::{ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, DIRECTORY_OWN_PATH};

/// In a current directory that has names of the root's, and beside what is named with and without `/`.
#[test]
fn absolute_paths_are_told_from_relative_ones() {
    let outer = world();
    if !in_directory(&outer.path(""), "arguments_apart::absolute_paths_are_told_from_relative_ones")
    {
        return;
    }
    let here = std::env::current_dir().unwrap();
    let first = here.components().nth(1).unwrap().as_os_str().to_str().unwrap().to_owned();
    let machine = here.parent().unwrap().join("outside/a");
    let absolute = text(&machine);
    // A local file of the same name, as C's library sees it.
    let local = here.join(&absolute[1..]);
    std::fs::create_dir_all(local.parent().unwrap()).unwrap();
    std::fs::write(&local, "local").unwrap();
    let relative = &absolute[1..];
    let missing = format!("/{first}/missing");
    std::fs::write(here.join(&missing[1..]), "local").unwrap();
    for granting_here in [false, true] {
        let mut program = Program::new();
        let mut policy = granting(ARGUMENTS_READ_WRITE);
        if granting_here {
            policy = policy.directory(Path::new("."), ".", DIRECTORY_OWN_PATH);
        }
        start(&mut program, &policy, &[relative, &absolute, &missing, "/"]);
        let arguments = super::start::strings(&mut program, "args");
        assert_eq!(arguments[1], relative);
        // What the program was passed leads to the same place by itself, too.
        assert!(arguments[2].starts_with("/..") && arguments[2].ends_with(&absolute));
        assert_eq!(std::fs::read_to_string(&arguments[2]).unwrap(), "a");
        assert_eq!(read(&mut program, &arguments[1]).unwrap(), "local");
        assert_eq!(read(&mut program, &arguments[2]).unwrap(), "a");
        assert_eq!(read(&mut program, &arguments[3]), Err(Errno::NoEntry));
        let (fd, path) = libc(&mut program, &arguments[4]);
        let root = program.open_with(fd, path.as_bytes(), FOLLOW, DIRECTORY, READING, 0).unwrap();
        let names: Vec<_> =
            entries(&mut program, root, 0).into_iter().map(|entry| entry.3).collect();
        assert!(names.contains(&first) && names.len() > 3, "{names:?}");
        assert!(!names.contains(&"far".to_owned()), "{names:?}");
    }
}

/// A link in a granted directory can be looked at and removed as without its being named.
#[test]
fn a_link_that_an_argument_names_is_the_granting_directorys() {
    let outer = world();
    if !in_directory(
        &outer.path(""),
        "arguments_apart::a_link_that_an_argument_names_is_the_granting_directorys",
    ) {
        return;
    }
    let read_only = |flags| granting(ARGUMENTS_READ_WRITE).directory(Path::new("."), ".", flags);
    let mut program = Program::new();
    for flags in [READ_ONLY, 0] {
        start(&mut program, &read_only(flags), &["far"]);
        assert_eq!(read(&mut program, "far").unwrap(), "dir/file");
        assert_eq!(program.file_type("far", FOLLOW), Ok(4));
        // Where it may not be removed, its target stands for it.
        let (kind, removed) =
            if flags == READ_ONLY { (4, Err(Errno::NotPermitted)) } else { (7, Ok(())) };
        assert_eq!(program.file_type("far", 0), Ok(kind));
        if kind == 7 {
            assert_eq!(program.read_link("far", 100).unwrap(), b"../outside/dir/file");
            program.rename("far", "farther").unwrap();
            program.rename("farther", "far").unwrap();
        }
        assert_eq!(program.named("path_unlink_file", "far"), removed);
    }
    assert_eq!(std::fs::read_to_string("../outside/dir/file").unwrap(), "dir/file");
    assert!(std::fs::symlink_metadata("far").is_err());
}

/// What is not there is said to be so also where nothing is granted.
#[test]
fn what_an_argument_names_in_vain_is_not_there() {
    let mut program = world();
    for flags in [ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE] {
        let policy = granting(flags).directory(&program.path(""), ".", 0);
        for name in ["../missing/file", "../missing/deep/file"] {
            start(&mut program, &policy, &[name]);
            assert_eq!(read(&mut program, name), Err(Errno::NoEntry), "{name}");
        }
    }
    // Another grant may let it be made.
    let policy = granting(ARGUMENTS_READ_ONLY).directory(&program.path(""), ".", 0);
    start(&mut program, &policy, &["new"]);
    write(&mut program, "new").unwrap();
}
