//! What the command line names is told from what is there by the same name, and from what is not there.

use super::arguments::{call, granting, in_directory, read, start, text, world, write};
use super::*;
use std::path::Path;
use wasm2native_abi::policy::{ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, DIRECTORY_OWN_PATH};

/// What is passed with and without `/`, in a current directory that has names of the root's.
#[test]
fn absolute_paths_are_told_from_relative_ones() {
    let outer = world();
    if !in_directory(&outer.path(""), "arguments_apart::absolute_paths_are_told_from_relative_ones")
    {
        return;
    }
    let here = std::env::current_dir().unwrap();
    let machine = here.parent().unwrap().join("outside");
    let (absolute, new) = (text(&machine.join("a")), text(&machine.join("new")));
    // Local files of the same names, as C's library sees them.
    let local = here.join(&text(&machine)[1..]);
    std::fs::create_dir_all(&local).unwrap();
    for name in ["a", "new"] {
        std::fs::write(local.join(name), "local").unwrap();
    }
    let relative = |path: &str| path[1..].to_owned();
    for (policy, reaches_new) in [
        (granting(ARGUMENTS_READ_WRITE), true),
        (granting(ARGUMENTS_READ_WRITE).directory(Path::new("."), ".", DIRECTORY_OWN_PATH), true),
        (granting(ARGUMENTS_READ_ONLY).directory(Path::new("."), ".", DIRECTORY_OWN_PATH), false),
    ] {
        let mut program = Program::new();
        let words = [&relative(&absolute), &absolute, &relative(&new), &new];
        start(&mut program, &policy, &words.map(|word| &**word));
        let passed = super::start::strings(&mut program, "args");
        // What the program was passed leads to the same place by itself, too.
        assert!(passed[2].starts_with("/..") && passed[2].ends_with(&absolute), "{passed:?}");
        assert_eq!(std::fs::read_to_string(&passed[2]).unwrap(), "a");
        for (word, expected) in [(1, "local"), (2, "a"), (3, "local")] {
            assert_eq!(read(&mut program, &passed[word]).unwrap(), expected, "{passed:?}");
        }
        if reaches_new {
            assert_eq!(read(&mut program, &passed[4]), Err(Errno::NoEntry));
            write(&mut program, &passed[4]).unwrap();
            assert_eq!(std::fs::read_to_string(&new).unwrap(), passed[4]);
            assert_eq!(read(&mut program, &passed[3]).unwrap(), "local");
            std::fs::remove_file(&new).unwrap();
        }
    }
}

/// Words that only look like paths, and paths that nothing is mistaken for.
#[test]
fn other_words_are_passed_as_they_were_typed() {
    let outer = world();
    if !in_directory(&outer.path(""), "arguments_apart::other_words_are_passed_as_they_were_typed")
    {
        return;
    }
    for name in ["etc", "src", "tmp", "proc"] {
        std::fs::create_dir_all(name).unwrap();
    }
    let own = std::env::current_dir().unwrap().join("src");
    let words = [
        "/",
        ".",
        "src",
        "/src/",
        "/src/d",
        "none/x",
        "/usr",
        "--x=/etc",
        "-I=/proc",
        "a\\b",
        "proc",
        "../none/x",
        "/tmp/../none",
        own.to_str().unwrap(),
    ];
    for flags in [ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE] {
        for here in [None, Some(0), Some(DIRECTORY_OWN_PATH)] {
            let policy = granting(flags);
            let policy = match here {
                Some(flags) => policy.directory(Path::new("."), ".", flags),
                None => policy,
            };
            let mut program = Program::new();
            start(&mut program, &policy, &words);
            let passed = super::start::strings(&mut program, "args");
            let changed: Vec<_> =
                passed.iter().skip(1).zip(words).filter(|(now, then)| now != then).collect();
            // Only `/proc`, which `proc` would be taken for.
            assert!(changed.len() == 1 && changed[0].1 == "-I=/proc", "{changed:?}");
        }
    }
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
    // Another grant may let it be made, also where it seems to lead out.
    let above = granting(ARGUMENTS_READ_ONLY).directory(&program.path(""), "..", 0);
    start(&mut program, &above, &["../new/x", "../new"]);
    call(&mut program, "path_create_directory", "../new").unwrap();
    write(&mut program, "../new/x").unwrap();
    std::fs::remove_dir_all(program.path("new")).unwrap();
    let policy = granting(ARGUMENTS_READ_ONLY).directory(&program.path(""), ".", 0);
    start(&mut program, &policy, &["new"]);
    write(&mut program, "new").unwrap();
}
