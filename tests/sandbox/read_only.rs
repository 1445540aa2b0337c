//! The read-only matrix: what is granted for reading only cannot be changed by any way.

use super::Scene;
use super::program::{
    CREATE, DATA, DIRECTORY, EVERYTHING, FD_ALLOCATE, FD_FILESTAT_SET_SIZE, FD_READ, FD_WRITE,
    FOLLOW, KEPT, NOTCAPABLE, OTHER_TIME, Program, READABLE, READING, RESULT, ROFS, TRUNCATE,
    VECTORS, WRITABLE, has_links, make_links, names,
};
use anyhow::{Result, ensure};

const CONTENTS: &str = "contents";
const FILES: [&str; 4] = ["granted/file", "granted/dir/file", "kept/file", "kept/dir/file"];

/// Both folders with the same files in them.
fn tree(scene: &Scene) -> Result<Program> {
    Program::new(&scene.stage, scene.target, |folder| {
        for name in ["granted", "kept"] {
            let place = folder.join(name);
            std::fs::create_dir(place.join("dir"))?;
            std::fs::write(place.join("file"), CONTENTS)?;
            std::fs::write(place.join("dir/file"), CONTENTS)?;
            if has_links(scene.target) {
                make_links(&place, &[("file", "link")])?;
            }
        }
        Ok(())
    })
}

fn check(program: &Program, scene: &Scene, what: &str) -> Result<()> {
    let all: &[&str] =
        if has_links(scene.target) { &["dir", "file", "link"] } else { &["dir", "file"] };
    for (folder, expected) in
        [("granted", all), ("kept", all), ("granted/dir", &["file"]), ("kept/dir", &["file"])]
    {
        let names = names(&program.path(folder))?;
        ensure!(names == expected, "{what}: `{folder}` has {names:?}");
    }
    for name in FILES {
        let place = program.path(name);
        ensure!(std::fs::read(&place)? == CONTENTS.as_bytes(), "{what}: `{name}` has changed");
        let modified = std::fs::metadata(&place)?.modified()?;
        let age = modified.duration_since(std::time::SystemTime::UNIX_EPOCH)?;
        ensure!(age.as_secs() != OTHER_TIME / 1_000_000_000, "{what}: `{name}` has another time");
    }
    program.check_outside(what)
}

pub(crate) fn it_can_be_read(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    let names = if has_links(scene.target) { &["file", "dir/file", "link"][..] } else { &["file"] };
    for fd in [READABLE, KEPT] {
        for path in names {
            let opened = program.open_to_read(fd, path.as_bytes())?;
            let Ok(file) = opened else { anyhow::bail!("{path}: {opened:?}") };
            let read = program.read(file, 100)?;
            ensure!(read.as_deref() == Ok(CONTENTS.as_bytes()), "{path}: {read:?}");
            let written = program.write(file, b"x")?;
            ensure!(written == Err(NOTCAPABLE), "{path}: {written:?}");
        }
        ensure!(program.list(fd)?.is_ok(), "it cannot be listed");
    }
    check(&program, scene, "reading")
}

pub(crate) fn no_mix_of_flags_opens_it_for_writing(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    let writes = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | 1;
    let paths = ["file", "dir/file", "new", "dir/new", "link"];
    let paths = if has_links(scene.target) { &paths[..] } else { &paths[..4] };
    for fd in [READABLE, KEPT] {
        for path in paths {
            for mix in 0..16 * 8 * 4 {
                let (how, flags, lookup) = (mix % 16, mix / 16 % 2, mix / 32 % 2);
                let rights = [
                    0,
                    READING,
                    EVERYTHING,
                    FD_WRITE,
                    FD_ALLOCATE,
                    FD_FILESTAT_SET_SIZE,
                    FD_READ | FD_WRITE,
                    // What wasi-libc asks for with `O_RDWR` here.
                    FD_READ | 1,
                ][mix as usize / 64];
                let opened = program.open_with(fd, path.as_bytes(), lookup, how, rights, flags)?;
                let changes = how & (CREATE | TRUNCATE) != 0 || rights & writes != 0;
                let what = format!("{path}, flags {how:#x}, rights {rights:#x}");
                ensure!(opened.is_err() || !changes, "{what} is opened");
                if how & DIRECTORY == 0 && changes {
                    ensure!(opened == Err(ROFS), "{what}: {opened:?}");
                }
                if let Ok(file) = opened {
                    ensure!(program.write(file, b"x")?.is_err(), "{what} is written");
                    ensure!(program.close(file)?.is_ok(), "{what} is not open");
                }
            }
            check(&program, scene, path)?;
        }
    }
    Ok(())
}

pub(crate) fn its_files_cannot_be_changed_through_descriptors(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    for start in [READABLE, KEPT] {
        let file = program.open_to_read(start, b"file")?.expect("it can be read");
        let folder = program.open_with(start, b"dir", FOLLOW, DIRECTORY, READING, 0)?;
        for fd in [file, folder.expect("it can be listed"), start] {
            let fd = u64::from(fd);
            for (name, arguments) in [
                ("fd_allocate", &[fd, 0, 100][..]),
                ("fd_filestat_set_size", &[fd, 1]),
                ("fd_filestat_set_times", &[fd, OTHER_TIME, OTHER_TIME, 5]),
            ] {
                let answer = program.call(name, arguments)?;
                ensure!(answer == Err(ROFS), "{name}: {answer:?}");
            }
            ensure!(program.write(fd as u32, b"x")?.is_err(), "it is written");
            program.put_vectors(&[(DATA, 1)]);
            let arguments = [fd, VECTORS.into(), 1, 0, RESULT.into()];
            ensure!(program.call("fd_pwrite", &arguments)?.is_err(), "it is written at a place");
            // Nor are rights to be had afterwards.
            let answer = program.call("fd_fdstat_set_rights", &[fd, EVERYTHING, EVERYTHING])?;
            ensure!(answer == Err(NOTCAPABLE), "rights: {answer:?}");
        }
    }
    check(&program, scene, "descriptors")
}

pub(crate) fn its_names_cannot_be_changed(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    for start in [READABLE, KEPT] {
        let folder = program.open_with(start, b"dir", FOLLOW, DIRECTORY, READING, 0)?;
        let folder = folder.expect("it can be listed");
        // Through the grant and through a directory opened by it.
        for (fd, names) in
            [(start, ["file", "dir/file", "new", "dir"]), (folder, ["file", "new", "x", "."])]
        {
            for name in names {
                let shown = name;
                let name = name.as_bytes();
                let start = [u64::from(fd)];
                let refused = |answer: Result<(), u32>, what: &str| {
                    ensure!(answer == Err(ROFS), "{what} of {shown}: {answer:?}");
                    Ok(())
                };
                for call in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
                    refused(program.path_call(call, name, &start, &[])?, call)?;
                }
                for lookup in [0, 1] {
                    let before = [fd.into(), lookup];
                    let times = [OTHER_TIME, OTHER_TIME, 5];
                    let call = "path_filestat_set_times";
                    refused(program.path_call(call, name, &before, &times)?, call)?;
                }
                refused(program.symlink(b"x", fd, name)?, "symbolic link")?;
                // To and from the directory that can be written, and within this one.
                for (from, to) in [(fd, WRITABLE), (WRITABLE, fd), (fd, fd)] {
                    let from = u64::from(from);
                    let renamed = program.two_paths("path_rename", &[from], name, (to, b"z"))?;
                    refused(renamed, "rename")?;
                    let linked = program.two_paths("path_link", &[from, 0], name, (to, b"z"))?;
                    refused(linked, "link")?;
                }
            }
        }
    }
    check(&program, scene, "names")
}

pub(crate) fn the_other_grant_can_be_written(scene: &Scene) -> Result<()> {
    let mut program = tree(scene)?;
    let opened = program.open_with(WRITABLE, b"file", 0, TRUNCATE, EVERYTHING, 0)?;
    let Ok(file) = opened else { anyhow::bail!("it cannot be opened: {opened:?}") };
    ensure!(program.write(file, b"new")?.is_ok(), "it cannot be written");
    let file = program.open_to_read(READABLE, b"file")?.expect("it can be read");
    ensure!(program.read(file, 9)?.as_deref() == Ok(b"new"), "it is not what was written");
    Ok(())
}
