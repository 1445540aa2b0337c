//! The escape matrix: no path of any kind, given to any function, reaches what lies beside the granted
//! directory.

use super::Scene;
use super::program::{
    CREATE, EVERYTHING, EXCLUSIVE, FOLLOW, ILSEQ, INVAL, NAMETOOLONG, NOENT, OTHER_TIME, PERM,
    Program, READING, RESULT, TRUNCATE, WRITABLE, has_links, make_links, stride,
};
use anyhow::{Result, ensure};
use std::path::Path;
use wasm2native_targets::{System, Target};
use wasm2native_tests::case::Outcome;

const LINKS: [(&str, &str); 22] = [
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
    ("../../../outside", "a/b/up"),
    ("../../file", "a/b/down"),
];

const BEGINNINGS: [&str; 58] = [
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
    // What means something on Windows only.
    "CON",
    "nul.txt",
    "COM\u{b9}",
    "file::$DATA",
    "C:",
    "..\\outside\\canary",
    "a\\..\\..\\outside",
    "\\\\.\\C:",
    "... ",
    ".. /..",
];

const ENDINGS: [&str; 14] = [
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

/// A granted tree with links of every kind.
fn fill(folder: &Path, target: &Target) -> Result<()> {
    let granted = folder.join("granted");
    std::fs::create_dir_all(granted.join("a/b/c"))?;
    std::fs::write(granted.join("file"), "inside")?;
    std::fs::write(granted.join("a/b/c/deep"), "inside")?;
    if has_links(target) {
        make_links(&granted, &LINKS)?;
        let outside = folder.join("outside");
        for (name, place) in
            [("", "absolute"), ("canary", "absolute-file"), ("new", "absolute-new")]
        {
            make_links(&granted, &[(&outside.join(name).to_string_lossy(), place)])?;
        }
    }
    Ok(())
}

fn tree(scene: &Scene) -> Result<Program> {
    Program::new(&scene.stage, scene.target, |folder| fill(folder, scene.target))
}

/// Paths that would lead out, and some that would not, in every form.
fn paths(program: &Program, scene: &Scene) -> Vec<Vec<u8>> {
    let absolute = program.path("outside/canary").to_string_lossy().replace('\\', "/").into_bytes();
    let mut paths = vec![absolute.clone(), [&b"a/../"[..], &absolute].concat()];
    for beginning in BEGINNINGS {
        for ending in ENDINGS {
            paths.push([beginning.as_bytes(), ending.as_bytes()].concat());
        }
    }
    paths.into_iter().step_by(stride(&scene.runner, 3)).collect()
}

pub(crate) fn nothing_outside_is_opened_or_looked_at(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    let outside = identities(&program)?;
    let mut reached = 0;
    for path in paths(&program, scene) {
        let shown = String::from_utf8_lossy(&path).into_owned();
        for lookup in [0, FOLLOW] {
            for rights in [0, READING] {
                if let Ok(fd) = program.open_with(WRITABLE, &path, lookup, 0, rights, 0)? {
                    program.check_open(fd, &shown)?;
                    ensure!(program.close(fd)?.is_ok(), "{shown} is not open");
                    reached += 1;
                }
            }
            let before = [WRITABLE.into(), lookup.into()];
            let status =
                program.path_call("path_filestat_get", &path, &before, &[RESULT.into()])?;
            if status.is_ok() {
                let bytes = program.puppet.bytes(RESULT + 8, 8)?;
                let inode = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
                ensure!(!outside.contains(&inode), "the status of {shown} is that of a canary");
            }
        }
        let after = [u64::from(super::program::DATA), 100, RESULT.into()];
        let target = program.path_call("path_readlink", &path, &[WRITABLE.into()], &after)?;
        ensure!(target.is_err() || !shown.ends_with("canary"), "{shown} is read as a link");
    }
    ensure!(reached > 10, "the matrix has paths that stay inside: {reached}");
    program.check_outside("looking")
}

/// The inodes of all canaries, where programs see those of the host.
#[cfg(unix)]
fn identities(program: &Program) -> Result<Vec<u64>> {
    use std::os::unix::fs::MetadataExt;
    if program.system == System::Windows {
        return Ok(Vec::new());
    }
    ["", "outside", "outside/canary", "outside/canary-dir", "outside/canary-dir/canary"]
        .iter()
        .map(|name| Ok(std::fs::metadata(program.path(name))?.ino()))
        .collect()
}

#[cfg(not(unix))]
fn identities(_: &Program) -> Result<Vec<u64>> {
    Ok(Vec::new())
}

pub(crate) fn nothing_outside_is_changed(scene: &Scene) -> Result<()> {
    // Each call on a fresh tree would be slow; what it may change inside is no matter.
    let mut program = tree(scene)?;
    let all = paths(&program, scene);
    let start = u64::from(WRITABLE);
    for path in &all {
        let shown = String::from_utf8_lossy(path).into_owned();
        for lookup in [0, FOLLOW] {
            for how in [CREATE, TRUNCATE, CREATE | TRUNCATE, CREATE | EXCLUSIVE] {
                if let Ok(fd) = program.open_with(WRITABLE, path, lookup, how, EVERYTHING, 0)? {
                    let _ = program.write(fd, b"overwritten")?;
                    ensure!(program.close(fd)?.is_ok(), "{shown} is not open");
                }
            }
            let times = [OTHER_TIME, OTHER_TIME, 5];
            let before = [start, lookup.into()];
            let _ = program.path_call("path_filestat_set_times", path, &before, &times)?;
        }
        program.check_outside(&format!("open or times of {shown}"))?;
    }
    for path in &all {
        let shown = String::from_utf8_lossy(path).into_owned();
        let _ = program.path_call("path_create_directory", path, &[start], &[])?;
        let _ = program.two_paths("path_link", &[start, 0], b"file", (WRITABLE, path))?;
        for lookup in [0, 1] {
            let before = [start, lookup];
            let _ = program.two_paths("path_link", &before, path, (WRITABLE, b"linked"))?;
            program.check_outside(&format!("links of {shown}"))?;
            let _ = std::fs::remove_file(program.path("granted/linked"));
        }
        let _ = program.symlink(b"x", WRITABLE, path)?;
        program.check_outside(&format!("names of {shown}"))?;
    }
    for path in &all {
        let _ = std::fs::write(program.path("granted/moved"), "");
        let _ = program.two_paths("path_rename", &[start], b"moved", (WRITABLE, path))?;
        program.check_outside(&format!("rename to {}", String::from_utf8_lossy(path)))?;
    }
    for removal in ["path_unlink_file", "path_remove_directory"] {
        let mut program = tree(scene)?;
        for path in &all {
            let _ = program.path_call(removal, path, &[start], &[])?;
            program.check_outside(&format!("{removal} of {}", String::from_utf8_lossy(path)))?;
        }
    }
    let mut program = tree(scene)?;
    for path in &all {
        let _ = program.two_paths("path_rename", &[start], path, (WRITABLE, b"taken"))?;
        program.check_outside(&format!("rename from {}", String::from_utf8_lossy(path)))?;
    }
    Ok(())
}

pub(crate) fn leading_out_is_not_permitted(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    let always =
        ["..", "../", "../outside/canary", "a/../..", "a/../../outside/canary", "/", "/etc/passwd"];
    let by_links = [
        "up/canary",
        "up-file",
        "round/canary",
        "parent",
        "chain3",
        "root/etc",
        "absolute/canary",
        "absolute-file",
        "a/b/up/canary",
        "parent/granted/file",
        "magic/x",
    ];
    let by_links = if has_links(scene.target) { &by_links[..] } else { &[] };
    for path in always.iter().chain(by_links) {
        let opened = program.open_to_read(WRITABLE, path.as_bytes())?;
        ensure!(opened == Err(PERM), "{path}: {opened:?}");
    }
    Ok(())
}

pub(crate) fn links_that_the_program_made_do_not_lead_out(scene: &Scene) -> Result<Outcome> {
    if !has_links(scene.target) {
        return Ok(Outcome::Skipped("Wine 8 makes no symbolic links".to_owned()));
    }
    let mut program = tree(scene)?;
    for (target, name) in [
        ("../outside/canary", "made"),
        ("../outside", "made-folder"),
        ("a/b/up", "made-chain"),
        ("a/../../outside/", "made-round"),
    ] {
        let made = program.symlink(target.as_bytes(), WRITABLE, name.as_bytes())?;
        ensure!(made.is_ok(), "{name}: {made:?}");
        for ending in ["", "/", "/canary", "/.", "/../granted/file"] {
            let path = format!("{name}{ending}");
            for how in [0, CREATE, TRUNCATE] {
                let opened =
                    program.open_with(WRITABLE, path.as_bytes(), FOLLOW, how, EVERYTHING, 0)?;
                ensure!(opened.is_err(), "{path} is opened");
            }
        }
        program.check_outside(name)?;
    }
    let absolute = program.path("outside/canary").to_string_lossy().into_owned();
    for target in [&absolute[..], "/", "/proc/self/root"] {
        let made = program.symlink(target.as_bytes(), WRITABLE, b"made-absolute")?;
        ensure!(made == Err(PERM), "{target}: {made:?}");
    }
    Ok(Outcome::Passed)
}

pub(crate) fn bad_names_have_their_errors(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    let long = vec![b'x'; 300];
    let very_long = b"x/".repeat(2500);
    for (path, error) in [
        (&b"file\0"[..], INVAL),
        (b"\0", INVAL),
        (b"fi\0le", INVAL),
        (b"", NOENT),
        (b"\xff\xfe", ILSEQ),
        (b"caf\xe9", ILSEQ),
        (b"\xed\xa0\x80", ILSEQ),
        (&long, NAMETOOLONG),
        (&very_long, NAMETOOLONG),
    ] {
        let shown = path.escape_ascii();
        let opened = program.open_with(WRITABLE, path, 0, CREATE, READING, 0)?;
        ensure!(opened == Err(error), "open {shown}: {opened:?}");
        for name in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
            let answer = program.path_call(name, path, &[WRITABLE.into()], &[])?;
            ensure!(answer == Err(error), "{name} {shown}: {answer:?}");
        }
    }
    let deep = b"./".repeat(2047);
    ensure!(program.open_to_read(WRITABLE, &deep)?.is_ok(), "a long path to the directory itself");
    program.check_outside("bad names")
}
