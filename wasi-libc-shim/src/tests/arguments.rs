//! What the command line names is granted, by the text that was typed, and nothing beside it.

use super::embedded::entries;
use super::virtual_root::preopened;
use super::*;
use crate::Reason;
use std::path::Path;
use wasm2native_abi::policy::{ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE};

/// A folder `outside/` with what arguments name, and `granted/` beside it.
pub(super) fn world() -> Program {
    let program = Program::new();
    let outside = program.outside("");
    std::fs::create_dir_all(outside.join("dir/sub")).unwrap();
    for name in ["a", "b", "secret", "dir/file", "dir/sub/deep"] {
        std::fs::write(outside.join(name), name).unwrap();
    }
    machine::symlink("a", outside.join("link"));
    machine::symlink("../outside/dir/file", program.path("far"));
    machine::symlink("missing", outside.join("dangling"));
    machine::symlink("../secret", outside.join("dir/up"));
    program
}

pub(super) fn granting(flags: u16) -> Policy {
    Policy::default().record(RecordKind::Arguments, flags, b"")
}

/// Starts with these arguments behind the program's name.
pub(super) fn start(program: &mut Program, policy: &Policy, arguments: &[&str]) {
    let arguments = [&["program"], arguments].concat();
    program.wasi = policy.start(&arguments, &[]).unwrap();
}

/// What wasi-libc makes of a path: the directory that it starts from, and the rest.
pub(super) fn libc(program: &mut Program, path: &str) -> (u32, String) {
    fn strip(mut path: &str) -> &str {
        loop {
            path = match path {
                "." => "",
                path if path.starts_with('/') => &path[1..],
                path if path.starts_with("./") => &path[2..],
                path => return path,
            };
        }
    }
    let path = guest(path);
    let path = path.trim_start_matches('/');
    let mut found: Option<(u32, usize)> = None;
    for (fd, name) in (ROOT..).zip(preopened(program)).collect::<Vec<_>>().into_iter().rev() {
        let prefix = strip(&name);
        let begins = path.strip_prefix(prefix).is_some_and(|rest| {
            prefix.is_empty() || prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/')
        });
        if begins && found.is_none_or(|(_, length)| prefix.len() > length) {
            found = Some((fd, prefix.len()));
        }
    }
    let (fd, length) = found.expect("a directory for every path");
    let rest = path[length..].trim_start_matches('/');
    (fd, if rest.is_empty() { "." } else { rest }.to_owned())
}

/// What Go makes of a path, with or without `PWD`.
fn go(program: &mut Program, path: &str, working_directory: Option<&str>) -> Option<(u32, String)> {
    let names = preopened(program);
    let base = working_directory.unwrap_or(&names[0]);
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let absolute = joined.starts_with('/');
    let mut components: Vec<&str> = Vec::new();
    for component in joined.split('/') {
        match component {
            "" | "." => {}
            ".." if components.last().is_some_and(|last| *last != "..") => drop(components.pop()),
            ".." if absolute => {}
            component => components.push(component),
        }
    }
    let whole = format!("{}{}", if absolute { "/" } else { "" }, components.join("/"));
    let mut found: Option<(u32, usize)> = None;
    for (fd, name) in (ROOT..).zip(&names) {
        if whole.starts_with(&**name) && found.is_none_or(|(_, length)| name.len() > length) {
            found = Some((fd, name.len()));
        }
    }
    let (fd, length) = found?;
    let rest = whole[length..].trim_start_matches('/');
    Some((fd, if rest.is_empty() { "." } else { rest }.to_owned()))
}

pub(super) fn open_at(
    program: &mut Program,
    (fd, path): (u32, String),
    how: u32,
    rights: u64,
) -> Answer<u32> {
    program.open_with(fd, path.as_bytes(), FOLLOW, how, rights, 0)
}

/// What a C program reads at a path.
pub(super) fn read(program: &mut Program, path: &str) -> Answer<String> {
    let at = libc(program, path);
    contents(program, at)
}

fn contents(program: &mut Program, at: (u32, String)) -> Answer<String> {
    let file = open_at(program, at, 0, READING)?;
    let bytes = program.read(file, 1000);
    program.close(file).unwrap();
    Ok(String::from_utf8(bytes?).unwrap())
}

/// Makes a file as a C program does, with its path as contents.
pub(super) fn write(program: &mut Program, path: &str) -> Answer<()> {
    let at = libc(program, path);
    let file = open_at(program, at, CREATE | TRUNCATE, EVERYTHING)?;
    program.write(file, path.as_bytes())?;
    program.close(file)
}

pub(super) fn call(program: &mut Program, name: &str, path: &str) -> Answer<()> {
    let (fd, path) = libc(program, path);
    program.path_call(name, path.as_bytes(), &[fd.into()], &[])
}

/// A path as the program spells it.
pub(super) fn guest(path: &str) -> String {
    String::from_utf8(crate::host::guest_path(path.as_bytes())).unwrap()
}

pub(super) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Does something in a process whose current directory is `directory`, since this one has many threads.
#[cfg(unix)]
pub(super) fn in_directory(directory: &Path, name: &str) -> bool {
    const VARIABLE: &str = "WASI_LIBC_SHIM_TEST_DIRECTORY";
    if std::env::var_os(VARIABLE).is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([&format!("tests::{name}"), "--exact"])
        .current_dir(directory)
        .env(VARIABLE, directory.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    false
}

#[test]
fn a_file_is_granted_and_nothing_beside_it() {
    let mut program = world();
    let a = text(&program.outside("a"));
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[&a]);
    assert_eq!(read(&mut program, &a).unwrap(), "a");
    for other in ["secret", "b", "link", "dir/file", "dir", "", "../granted", "a/x", "new"] {
        let other = text(&program.outside(other));
        let answer = read(&mut program, &other);
        let expected = match &other {
            other if other.ends_with("a/x") => Errno::NotDirectory,
            other if other.ends_with(std::path::is_separator) => Errno::IsDirectory,
            _ => Errno::NoEntry,
        };
        assert_eq!(answer, Err(expected), "{other}");
        assert!(write(&mut program, &other).is_err());
    }
    // The directory shows what was named in it only.
    let (fd, _) = libc(&mut program, &a);
    let names: Vec<_> = entries(&mut program, fd, 0).into_iter().map(|entry| entry.3).collect();
    assert_eq!(names, [".", "..", "a"]);
    let again = program.open_with(fd, b".", 0, DIRECTORY, READING, 0).unwrap();
    assert_eq!(contents(&mut program, (again, "a".to_owned())).unwrap(), "a");
    assert_eq!(contents(&mut program, (again, "b".to_owned())), Err(Errno::NoEntry));
    for path in ["../outside/a", "..", "a/../b", "./../outside/secret"] {
        assert_eq!(contents(&mut program, (fd, path.to_owned())).ok(), None, "{path}");
    }
    assert_eq!(contents(&mut program, (fd, ".//./a".to_owned())).unwrap(), "a");
    assert_eq!(contents(&mut program, (fd, "a/".to_owned())), Err(Errno::NotDirectory));
}

#[test]
fn to_be_read_is_not_to_be_changed() {
    let mut program = world();
    let a = text(&program.outside("a"));
    let new = text(&program.outside("new"));
    let dir = text(&program.outside("dir"));
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[&a, &new, &dir]);
    let refused = Err(Errno::ReadOnlyFileSystem);
    assert_eq!(write(&mut program, &a), refused);
    assert_eq!(write(&mut program, &new), Err(Errno::NoEntry));
    assert_eq!(write(&mut program, &format!("{dir}/file")), refused);
    assert_eq!(write(&mut program, &format!("{dir}/new")), refused);
    for name in ["path_unlink_file", "path_create_directory", "path_remove_directory"] {
        assert_eq!(call(&mut program, name, &a), refused, "{name}");
        assert_eq!(call(&mut program, name, &new), Err(Errno::NoEntry), "{name}");
    }
    let (fd, rest) = libc(&mut program, &a);
    for how in 0..16 {
        for rights in [READING, EVERYTHING, crate::rights::FD_WRITE] {
            if let Ok(file) = program.open_with(fd, rest.as_bytes(), FOLLOW, how, rights, 0) {
                assert!(program.write(file, b"x").is_err());
                assert!(program.call("fd_filestat_set_size", &[file.into(), 0]).is_err());
                assert!(program.call("fd_filestat_set_times", &[file.into(), 0, 0, 10]).is_err());
                program.close(file).unwrap();
            }
        }
    }
    assert_eq!(std::fs::read(program.outside("a")).unwrap(), b"a");
    assert_eq!(names(&program.outside("dir")), ["file", "sub", "up"]);
}

#[test]
fn to_be_changed_is_that_name_only() {
    let mut program = world();
    let path = |program: &Program, name: &str| text(&program.outside(name));
    let (a, new, made) = (path(&program, "a"), path(&program, "new"), path(&program, "made"));
    let (b, secret) = (path(&program, "b"), path(&program, "secret"));
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&a, &new, &made, &b]);
    write(&mut program, &a).unwrap();
    assert_eq!(std::fs::read(program.outside("a")).unwrap(), a.as_bytes());
    write(&mut program, &new).unwrap();
    assert_eq!(read(&mut program, &new).unwrap(), new);
    call(&mut program, "path_unlink_file", &new).unwrap();
    assert!(!program.outside("new").exists());
    // A new directory can be filled.
    call(&mut program, "path_create_directory", &made).unwrap();
    write(&mut program, &format!("{made}/file")).unwrap();
    call(&mut program, "path_create_directory", &format!("{made}/sub")).unwrap();
    assert_eq!(read(&mut program, &format!("{made}/sub/../file")).unwrap(), format!("{made}/file"));
    assert_eq!(read(&mut program, &format!("{made}/../secret")), Err(Errno::NotPermitted));
    assert_eq!(names(&program.outside("made")), ["file", "sub"]);
    let (fd, _) = libc(&mut program, &a);
    let mut rename =
        |old: &[u8], new: &[u8]| program.two_paths("path_rename", (fd, None, old), (fd, new));
    assert_eq!(rename(b"a", b"secret"), Err(Errno::NoEntry));
    assert_eq!(rename(b"secret", b"a"), Err(Errno::NoEntry));
    assert_eq!(rename(b"a", b"b"), Ok(()));
    assert!(write(&mut program, &secret).is_err());
    assert!(call(&mut program, "path_unlink_file", &secret).is_err());
    assert_eq!(std::fs::read(program.outside("secret")).unwrap(), b"secret");
    assert_eq!(std::fs::read(program.outside("b")).unwrap(), a.as_bytes());
}

#[test]
fn a_link_put_there_later_is_not_followed() {
    let mut program = world();
    let (a, new) = (text(&program.outside("a")), text(&program.outside("new")));
    let made = text(&program.outside("made"));
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&a, &new, &made]);
    std::fs::remove_file(program.outside("a")).unwrap();
    machine::symlink("secret", program.outside("a"));
    machine::symlink("secret", program.outside("new"));
    machine::symlink("dir", program.outside("made"));
    for path in [&a, &new] {
        assert_eq!(read(&mut program, path), Err(Errno::NotPermitted));
        assert_eq!(write(&mut program, path), Err(Errno::NotPermitted));
    }
    assert_eq!(read(&mut program, &format!("{made}/file")), Err(Errno::NotPermitted));
    assert_eq!(write(&mut program, &format!("{made}/new")), Err(Errno::NotPermitted));
    // Nor one that the program itself makes.
    call(&mut program, "path_unlink_file", &a).unwrap();
    let (fd, _) = libc(&mut program, &a);
    program.put(OTHER_PATH, b"secret");
    let before = [OTHER_PATH.into(), 6, fd.into()];
    program.path_call("path_symlink", b"a", &before, &[]).unwrap();
    assert_eq!(read(&mut program, &a), Err(Errno::NotPermitted));
    assert_eq!(std::fs::read(program.outside("secret")).unwrap(), b"secret");
}

#[test]
fn a_link_that_is_named_is_what_it_leads_to() {
    let mut program = world();
    let link = text(&program.outside("link"));
    let far = text(&program.path("far"));
    let dangling = text(&program.outside("dangling"));
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&link, &far, &dangling]);
    assert_eq!(read(&mut program, &link).unwrap(), "a");
    assert_eq!(read(&mut program, &far).unwrap(), "dir/file");
    write(&mut program, &link).unwrap();
    assert_eq!(std::fs::read(program.outside("a")).unwrap(), link.as_bytes());
    write(&mut program, &dangling).unwrap();
    assert_eq!(std::fs::read(program.outside("missing")).unwrap(), dangling.as_bytes());
    // The name is not what was designated.
    for name in ["path_unlink_file", "path_remove_directory", "path_create_directory"] {
        assert_eq!(call(&mut program, name, &link), Err(Errno::NotPermitted), "{name}");
    }
    assert!(names(&program.outside("")).contains(&"link".to_owned()));
    assert!(program.outside("a").exists());
}

#[test]
fn a_directory_is_granted_with_all_in_it() {
    let mut program = world();
    let dir = text(&program.outside("dir"));
    for spelled in [dir.clone(), format!("{dir}/"), format!("{dir}//./"), format!("{dir}/sub/..")] {
        start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&spelled]);
        assert_eq!(read(&mut program, &format!("{spelled}/file")).unwrap(), "dir/file");
        assert_eq!(read(&mut program, &format!("{spelled}/sub/deep")).unwrap(), "dir/sub/deep");
        let up = read(&mut program, &format!("{spelled}/up"));
        assert_eq!(up, Err(Errno::NotPermitted));
        assert_eq!(read(&mut program, &format!("{spelled}/../secret")), Err(Errno::NotPermitted));
        write(&mut program, &format!("{spelled}/new")).unwrap();
        let (fd, rest) = libc(&mut program, &spelled);
        let opened = open_at(&mut program, (fd, rest), DIRECTORY, READING).unwrap();
        let mut names: Vec<_> =
            entries(&mut program, opened, 0).into_iter().map(|entry| entry.3).collect();
        names.sort();
        assert_eq!(names, [".", "..", "file", "new", "sub", "up"]);
    }
}

#[test]
fn parts_of_options_are_paths_and_words_are_not() {
    let mut program = world();
    let (a, b) = (text(&program.outside("a")), text(&program.outside("b")));
    let option = format!("--file={a}");
    let arguments = ["-", "", "-o", &option, "x=y", "--flag", "\u{fc}"];
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &arguments);
    assert_eq!(read(&mut program, &a).unwrap(), "a");
    assert_eq!(read(&mut program, &b), Err(Errno::NoEntry));
    let outside = text(&program.outside("b"))
        .strip_suffix(['/', '\\', 'b'])
        .unwrap()
        .trim_end_matches(['/', '\\'])
        .to_owned();
    assert_eq!(preopened(&mut program), ["/", &guest(&outside)]);
    // Without the grant nothing is.
    start(&mut program, &Policy::default(), &[&a, &option]);
    assert_eq!(read(&mut program, &a), Err(Errno::NoEntry));
    assert_eq!(preopened(&mut program), ["/"]);
    assert!(granting(0).start(&[], &[]).is_err() && granting(3).start(&[], &[]).is_err());
}

#[test]
fn what_is_granted_anyway_needs_no_more() {
    let mut program = world();
    std::fs::write(program.path("file"), "file").unwrap();
    let granted = program.folder.path().join("granted");
    let name = text(&granted);
    let file = text(&program.path("file"));
    let (new, far) = (text(&program.path("new")), text(&program.path("far")));
    for (flags, mode, extra) in [
        (0, ARGUMENTS_READ_ONLY, false),
        (0, ARGUMENTS_READ_WRITE, false),
        (READ_ONLY, ARGUMENTS_READ_ONLY, false),
        (READ_ONLY, ARGUMENTS_READ_WRITE, true),
    ] {
        let policy = granting(mode).directory(&granted, &name, flags);
        start(&mut program, &policy, &[&file, &new, &far]);
        assert_eq!(preopened(&mut program), [&guest(&name)[..], "/"]);
        assert_eq!(read(&mut program, &file).unwrap(), "file");
        // A link that leads out of it was named, so it is followed.
        assert_eq!(read(&mut program, &far).unwrap(), "dir/file");
        let other = text(&program.path("other"));
        assert_eq!(write(&mut program, &other).is_ok(), flags == 0);
        assert_eq!(write(&mut program, &file).is_ok(), flags == 0 || extra);
        assert_eq!(write(&mut program, &new).is_ok(), flags == 0 || extra);
        std::fs::write(program.path("file"), "file").unwrap();
        let _ = std::fs::remove_file(program.path("new"));
    }
}

#[test]
fn the_kernel_and_the_walk_by_hand_agree() {
    for by_hand in [false, true] {
        crate::host::BY_HAND.set(by_hand);
        let mut program = world();
        let dir = text(&program.outside("dir"));
        start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[&dir]);
        assert_eq!(read(&mut program, &format!("{dir}/sub/../sub/deep")).unwrap(), "dir/sub/deep");
        assert_eq!(
            read(&mut program, &format!("{dir}/sub/../../secret")),
            Err(Errno::NotPermitted)
        );
    }
    crate::host::BY_HAND.set(false);
}

#[test]
fn no_path_leads_out_of_what_is_named() {
    let mut program = escape::tree();
    let granted = text(&program.folder.path().join("granted"));
    let file = text(&program.path("file"));
    let paths = escape::paths(&program);
    for designated in [&granted, &file] {
        start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[designated]);
        let (beneath, rest) = libc(&mut program, designated);
        for path in &paths {
            // As C passes it on and as Zig does.
            let through = [rest.as_bytes(), path].join(&b'/');
            let typed = [guest(designated).as_bytes(), path].join(&b'/');
            for (fd, path) in [(beneath, &through), (ROOT, &typed)] {
                let name = String::from_utf8_lossy(path).into_owned();
                if let Ok(opened) = program.open_with(fd, path, FOLLOW, 0, READING, 0) {
                    assert_ne!(program.read(opened, 100).as_deref(), Ok(&b"canary"[..]), "{name}");
                    program.close(opened).unwrap();
                }
                for how in [CREATE, CREATE | TRUNCATE, CREATE | EXCLUSIVE] {
                    if let Ok(opened) = program.open_with(fd, path, FOLLOW, how, EVERYTHING, 0) {
                        program.write(opened, b"inside").unwrap();
                        program.close(opened).unwrap();
                    }
                }
                for call in ["path_create_directory", "path_unlink_file"] {
                    let _ = program.path_call(call, path, &[fd.into()], &[]);
                }
            }
        }
        assert_eq!(names(&program.outside("")), ["canary"]);
        assert_eq!(std::fs::read(program.outside("canary")).unwrap(), b"canary");
        assert_eq!(names(program.folder.path()), ["granted", "outside"]);
    }
}

#[cfg(unix)]
#[test]
fn relative_names_are_found_by_every_library() {
    // From `granted/`, which is the current directory.
    let program = world();
    if !in_directory(&program.path(""), "arguments::relative_names_are_found_by_every_library") {
        return;
    }
    let root = PathBuf::from(std::env::var_os("WASI_LIBC_SHIM_TEST_DIRECTORY").unwrap());
    let here = text(&root.join("granted"));
    std::fs::write("file", "file").unwrap();
    std::fs::create_dir_all("sub").unwrap();
    std::fs::write("sub/x", "x").unwrap();
    let absolute = text(&root.join("outside/a"));
    let arguments = [
        ("file", "file"),
        ("./file", "file"),
        ("sub/x", "x"),
        ("far", "dir/file"),
        ("../outside/a", "a"),
        ("./../outside/b", "b"),
        ("../granted/../outside/dir/file", "dir/file"),
        (&absolute, "a"),
    ];
    let words: Vec<&str> = arguments.iter().map(|(word, _)| *word).collect();
    let own = granting(ARGUMENTS_READ_WRITE)
        .record(RecordKind::EnvironmentSet, 0, format!("PWD\0{here}").as_bytes())
        .directory(".".as_ref(), ".", 0)
        .directory(".".as_ref(), &here, 0);
    let read_only = granting(ARGUMENTS_READ_WRITE).directory(".".as_ref(), ".", READ_ONLY);
    let mut program = Program::new();
    for (policy, knows_here) in
        [(granting(ARGUMENTS_READ_WRITE), false), (own, true), (read_only, false)]
    {
        start(&mut program, &policy, &words);
        for (path, contents_there) in arguments {
            assert_eq!(read(&mut program, path).as_deref(), Ok(contents_there), "{path}");
            // Zig passes everything to the first directory.
            let zig = contents(&mut program, (ROOT, path.to_owned()));
            assert_eq!(zig.as_deref(), Ok(contents_there), "{path}");
            if knows_here {
                let at = go(&mut program, path, Some(&here)).unwrap();
                assert_eq!(contents(&mut program, at).as_deref(), Ok(contents_there), "{path}");
            }
        }
        for path in
            ["../outside/secret", "../secret", "../outside", "..", "../outside/dir/sub/deep"]
        {
            assert!(read(&mut program, path).is_err(), "{path}");
            assert!(contents(&mut program, (ROOT, path.to_owned())).is_err(), "{path}");
            assert!(write(&mut program, path).is_err(), "{path}");
        }
    }
    // Go without `PWD`, when nothing but arguments is granted: what is below the current directory.
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &words);
    for (path, contents_there) in &arguments[..4] {
        let at = go(&mut program, path, None).unwrap();
        assert_eq!(contents(&mut program, at).as_deref(), Ok(*contents_there), "{path}");
    }
    // `..` and `.` themselves, and a new file beside.
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &["..", "../new"]);
    assert_eq!(preopened(&mut program), ["/", ".."]);
    assert_eq!(read(&mut program, "../outside/a").as_deref(), Ok("a"));
    assert_eq!(read(&mut program, "file"), Err(Errno::NoEntry));
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &["file", "."]);
    assert_eq!(preopened(&mut program), ["."]);
    write(&mut program, "other").unwrap();
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &["../brand-new"]);
    assert_eq!(preopened(&mut program), ["/", ".."]);
    write(&mut program, "../brand-new").unwrap();
    assert!(root.join("brand-new").exists());
}

#[cfg(unix)]
#[test]
fn what_is_no_text_grants_nothing() {
    use std::os::unix::ffi::OsStringExt;
    let program = world();
    let name = [program.outside("").into_os_string().into_vec(), b"\xff".to_vec()].concat();
    std::fs::write(std::path::Path::new(&OsString::from_vec(name.clone())), "").unwrap();
    let policy = granting(ARGUMENTS_READ_WRITE);
    let encoded = Box::leak(policy.0.into_boxed_slice());
    let arguments = vec!["program".into(), OsString::from_vec(name)];
    let mut program = Program::new();
    program.wasi = Wasi::new(Records::new(encoded), arguments, &[]).unwrap();
    assert_eq!(preopened(&mut program), ["/"]);
}

#[test]
fn attempts_beside_it_are_told_of() {
    let mut program = world();
    let a = text(&program.outside("a"));
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[&a]);
    for other in ["secret", "new"] {
        let other = text(&program.outside(other));
        assert_eq!(read(&mut program, &other), Err(Errno::NoEntry));
        let (_, _, last) = program.wasi.denials();
        assert_eq!((last.path(), last.reason), (guest(&other).as_bytes(), Reason::NotGranted));
    }
    assert_eq!(write(&mut program, &a), Err(Errno::ReadOnlyFileSystem));
    let (count, _, last) = program.wasi.denials();
    assert_eq!((count, last.path(), last.reason), (3, guest(&a).as_bytes(), Reason::ReadOnly));
    // What was granted and has gone is no refusal.
    std::fs::remove_file(program.outside("a")).unwrap();
    assert_eq!(read(&mut program, &a), Err(Errno::NoEntry));
    assert_eq!(program.wasi.denials().0, 3);
}
