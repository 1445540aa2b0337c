//! Files that are part of the executable: they are read like any other, and nothing changes them.

use super::*;
use crate::rights;
use wasm2native_abi::embed::{ENTRY_BYTES, Entry};

/// What a tree is made of: a name, and a file's contents or what is in a directory.
pub(super) enum Part {
    File(&'static str, &'static [u8]),
    Directory(&'static str, Vec<Part>),
}

use Part::{Directory, File};

impl Part {
    fn name(&self) -> &'static str {
        match self {
            File(name, _) | Directory(name, _) => name,
        }
    }
}

/// Lays a tree out as the compiler does: level by level, each directory's entries in order.
pub(super) fn encode(parts: Vec<Part>) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut rest = Vec::new();
    let mut all = vec![Directory("", parts)];
    let mut index = 0;
    while index < all.len() {
        let name = all[index].name();
        let name_offset = rest.len() as u64;
        rest.extend_from_slice(name.as_bytes());
        let (kind, first, size) = match &mut all[index] {
            File(_, contents) => {
                let first = rest.len() as u64;
                rest.extend_from_slice(contents);
                (Entry::FILE, first, contents.len() as u64)
            }
            Directory(_, parts) => {
                let mut parts = std::mem::take(parts);
                parts.sort_by_key(Part::name);
                let range = (Entry::DIRECTORY, all.len() as u64, parts.len() as u64);
                all.extend(parts);
                range
            }
        };
        let name_bytes = name.len() as u32;
        entries.push(Entry { kind, name_bytes, name_offset, first, size });
        index += 1;
    }
    let table_bytes = (entries.len() * ENTRY_BYTES) as u64;
    let mut bytes = Vec::new();
    for mut entry in entries {
        entry.name_offset += table_bytes;
        if entry.kind == Entry::FILE {
            entry.first += table_bytes;
        }
        bytes.extend_from_slice(&entry.encode());
    }
    bytes.extend_from_slice(&rest);
    bytes
}

pub(super) const TEXT: &[u8] = b"0123456789";

/// `/usr/lib/{a,empty,none/,text}` and `/file`.
pub(super) fn tree() -> Vec<u8> {
    let library = vec![
        File("text", TEXT),
        File("empty", b""),
        Directory("none", Vec::new()),
        File("a", b"A"),
        File("\u{fc}", b"u"),
    ];
    encode(vec![File("file", b"contents"), Directory("usr", vec![Directory("lib", library)])])
}

pub(super) fn policy() -> Policy {
    Policy::default().record(RecordKind::Embedded, 0, &tree())
}

/// A program to which `/usr/lib` is granted, as [`ROOT`], behind which `/` is [`SECOND`].
fn program() -> Program {
    let policy = policy().record(RecordKind::EmbeddedDirectory, 0, b"/usr/lib");
    let mut program = Program::new();
    program.wasi = policy.start(&["program"], &[]).unwrap();
    program
}

fn status(program: &mut Program, path: &str) -> Answer<[u64; 8]> {
    let before = [ROOT.into(), 1];
    program.path_call("path_filestat_get", path.as_bytes(), &before, &[RESULT.into()])?;
    Ok([0, 8, 16, 24, 32, 40, 48, 56].map(|offset| program.u64(RESULT + offset)))
}

/// (cookie, inode, type, name)
pub(super) fn entries(program: &mut Program, fd: u32, cookie: u64) -> Vec<(u64, u64, u8, String)> {
    program.call("fd_readdir", &[fd.into(), DATA.into(), 4000, cookie, RESULT.into()]).unwrap();
    let bytes = program.bytes(DATA, program.u32(RESULT)).to_vec();
    let mut rest = &bytes[..];
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u64::from_le_bytes(rest[at..at + 8].try_into().unwrap());
        let (kind, length) = (rest[20], word(16) as u32 as usize);
        let name = String::from_utf8(rest[24..24 + length].to_vec()).unwrap();
        entries.push((word(0), word(8), kind, name));
        rest = &rest[24 + length..];
    }
    entries
}

#[test]
fn files_are_read_from_where_they_are_mapped() {
    let mut program = program();
    let file = program.open_to_read("text").unwrap();
    assert_eq!(program.read(file, 4).unwrap(), b"0123");
    assert_eq!(program.read(file, 100).unwrap(), b"456789");
    assert_eq!(program.read(file, 100).unwrap(), b"");
    // Into several pieces.
    program.seek(file, 1, 0).unwrap();
    program.put_vectors(&[(DATA, 2), (DATA + 100, 0), (DATA + 200, 5)]);
    program.call("fd_read", &[file.into(), VECTORS.into(), 3, RESULT.into()]).unwrap();
    assert_eq!((program.u32(RESULT), program.bytes(DATA, 2)), (7, &b"12"[..]));
    assert_eq!(program.bytes(DATA + 200, 5), b"34567");
    // Positions: two openings have their own, and `pread` moves none.
    let other = program.open_to_read("text").unwrap();
    program.put_vectors(&[(DATA, 3)]);
    for (offset, bytes) in [(8, &b"89"[..]), (10, b""), (i64::MAX as u64, b"")] {
        let arguments = [other.into(), VECTORS.into(), 1, offset, RESULT.into()];
        program.call("fd_pread", &arguments).unwrap();
        assert_eq!(program.bytes(DATA, program.u32(RESULT)), bytes);
    }
    let arguments = [other.into(), VECTORS.into(), 1, u64::MAX, RESULT.into()];
    assert_eq!(program.call("fd_pread", &arguments), Err(Errno::Invalid));
    assert_eq!(program.seek(other, 0, 1), Ok(0));
    program.call("fd_tell", &[file.into(), RESULT.into()]).unwrap();
    assert_eq!(program.u64(RESULT), 8);
    let empty = program.open_to_read("empty").unwrap();
    assert_eq!(program.read(empty, 10).unwrap(), b"");
}

#[test]
fn positions_move_as_in_any_file() {
    let mut program = program();
    let file = program.open_to_read("text").unwrap();
    for (offset, whence, position) in
        [(3, 0, 3), (-1, 1, 2), (-10, 2, 0), (90, 2, 100), (0, 1, 100), (i64::MAX, 0, i64::MAX)]
    {
        assert_eq!(program.seek(file, offset, whence), Ok(position.unsigned_abs()));
    }
    for (offset, whence) in [(1, 1), (-1, 0), (-11, 2), (i64::MIN, 1), (i64::MAX, 2), (0, 3)] {
        assert_eq!(program.seek(file, offset, whence), Err(Errno::Invalid), "{offset} {whence}");
    }
    assert_eq!(program.seek(file, 0, 1), Ok(i64::MAX.unsigned_abs()), "and stay after an error");
    assert_eq!(program.read(file, 10).unwrap(), b"");
}

#[test]
fn paths_lead_where_they_would_in_a_directory() {
    let mut program = program();
    for path in ["text", "./text", ".//.///text", "none/../text", "./none/.././text"] {
        let file = program.open_to_read(path).unwrap();
        assert_eq!(program.read(file, 100).unwrap(), TEXT, "{path}");
        program.close(file).unwrap();
    }
    for path in [".", "./", "none", "none/", "none//.", "none/..", "none/../", "./none/./"] {
        let directory = program.open_directory(path).unwrap();
        assert_eq!(program.descriptor_status(directory).unwrap().0, 3, "{path}");
        program.close(directory).unwrap();
        let directory = program.open_to_read(path).unwrap();
        assert_eq!(program.read(directory, 1), Err(Errno::IsDirectory));
        program.close(directory).unwrap();
    }
    for (path, error) in [
        ("missing", Errno::NoEntry),
        ("missing/", Errno::NoEntry),
        ("missing/x", Errno::NoEntry),
        ("TEXT", Errno::NoEntry),
        ("tex", Errno::NoEntry),
        ("text/", Errno::NotDirectory),
        ("text/.", Errno::NotDirectory),
        ("text/..", Errno::NotDirectory),
        ("text/x", Errno::NotDirectory),
        ("..", Errno::NotPermitted),
        ("../lib/text", Errno::NotPermitted),
        ("none/../..", Errno::NotPermitted),
        ("/", Errno::NotPermitted),
        ("/usr/lib/text", Errno::NotPermitted),
        ("/text", Errno::NotPermitted),
        ("", Errno::NoEntry),
        ("a\0", Errno::Invalid),
    ] {
        assert_eq!(program.open_to_read(path), Err(error), "{path}");
        assert_eq!(status(&mut program, path), Err(error), "{path}");
        assert_eq!(program.read_link(path, 10), Err(error), "{path}");
    }
    assert_eq!(program.read_link("text", 10), Err(Errno::Invalid));
    assert_eq!(program.open_directory("text"), Err(Errno::NotDirectory));
    let umlaut = program.open_to_read("\u{fc}").unwrap();
    assert_eq!(program.read(umlaut, 10).unwrap(), b"u");
    // A directory that was opened is as much a place to start from.
    let none = program.open_directory("none").unwrap();
    let answer = program.open_with(none, b"../text", 0, 0, READING, 0);
    assert_eq!(answer, Err(Errno::NotPermitted));
}

#[test]
fn each_has_a_status_of_its_own() {
    let mut program = program();
    let text = status(&mut program, "text").unwrap();
    let [device, inode, kind, links, size, accessed, modified, changed] = text;
    assert_eq!((device, kind as u8, links, size), (0, 4, 1, TEXT.len() as u64));
    assert!(accessed == modified && modified == changed && modified > 0);
    assert_eq!(status(&mut program, "none/../text"), Ok(text));
    let none = status(&mut program, "none/").unwrap();
    assert_eq!((none[2] as u8, none[1] != inode), (3, true));
    let file = program.open_to_read("text").unwrap();
    program.call("fd_filestat_get", &[file.into(), RESULT.into()]).unwrap();
    assert_eq!((program.u64(RESULT + 8), program.u64(RESULT + 32)), (inode, TEXT.len() as u64));
}

#[test]
fn directories_are_listed_in_the_order_of_names() {
    let mut program = program();
    let all = entries(&mut program, ROOT, 0);
    let names: Vec<_> = all.iter().map(|entry| (entry.2, &entry.3[..])).collect();
    assert_eq!(
        names,
        [(3, "."), (3, ".."), (4, "a"), (4, "empty"), (3, "none"), (4, "text"), (4, "\u{fc}")]
    );
    for (_, inode, kind, name) in &all[2..] {
        let status = status(&mut program, name).unwrap();
        assert_eq!((status[1], status[2] as u8), (*inode, *kind));
    }
    assert_eq!(all[0].1, all[1].1, "`..` does not tell about what is not granted");
    // From any cookie on, and into a buffer that is too short.
    for (index, entry) in all.iter().enumerate() {
        assert_eq!(entries(&mut program, ROOT, entry.0), all[index + 1..]);
    }
    assert_eq!(entries(&mut program, ROOT, 1 << 60), []);
    assert_eq!(entries(&mut program, ROOT, u64::MAX), []);
    for length in 0..60 {
        let arguments = [ROOT.into(), DATA.into(), length, 0, RESULT.into()];
        program.call("fd_readdir", &arguments).unwrap();
        assert_eq!(u64::from(program.u32(RESULT)), length);
    }
    let none = program.open_directory("none").unwrap();
    assert_eq!(entries(&mut program, none, 0).len(), 2);
}

#[test]
fn the_rest_answers_as_for_a_file_that_is_read() {
    let mut program = program();
    let file = program.open_with(ROOT, b"text", 0, 0, READING, APPEND).unwrap();
    let (file_type, flags, base, inheriting) = program.descriptor_status(file).unwrap();
    assert_eq!((file_type, flags), (4, 1));
    assert_eq!((base | inheriting) & rights::CHANGING, 0);
    assert_ne!(base & rights::FD_SEEK, 0);
    program.call("fd_fdstat_set_flags", &[file.into(), 4]).unwrap();
    assert_eq!(program.descriptor_status(file).unwrap().1, 4);
    for advice in 0..6 {
        assert_eq!(program.call("fd_advise", &[file.into(), 0, 100, advice]), Ok(()));
    }
    assert_eq!(program.call("fd_advise", &[file.into(), 1 << 63, 0, 0]), Err(Errno::Invalid));
    assert_eq!(program.call("fd_advise", &[file.into(), 0, 0, 6]), Err(Errno::Invalid));
    // What a directory does not give is not to be had, but synchronising changes nothing.
    let reading = program.open_directory("none").unwrap();
    for fd in [reading, ROOT] {
        assert_eq!(program.call("fd_sync", &[fd.into()]), Ok(()));
    }
    assert_eq!(program.call("fd_advise", &[ROOT.into(), 0, 0, 0]), Err(Errno::BadDescriptor));
    assert_eq!(program.seek(ROOT, 0, 0), Err(Errno::IsDirectory));
    for name in ["sock_shutdown", "sock_accept"] {
        let index = preview1_index(name).unwrap();
        let mut arguments = vec![u64::from(RESULT); PREVIEW1[index].parameters.len()];
        arguments[0] = file.into();
        assert_eq!(program.call(name, &arguments), Err(Errno::NotSocket), "{name}");
    }
    // Numbers are given out and taken back.
    program.call("fd_renumber", &[file.into(), reading.into()]).unwrap();
    assert_eq!(program.read(reading, 4).unwrap(), b"0123");
    program.close(reading).unwrap();
    assert_eq!(program.read(reading, 4), Err(Errno::BadDescriptor));
    assert_eq!(program.open_to_read("a"), Ok(file));
    program.close(ROOT).unwrap();
    assert_eq!(program.open_to_read("a"), Err(Errno::BadDescriptor));
}

#[test]
fn a_file_is_ready_at_once() {
    let mut program = program();
    let file = program.open_to_read("text").unwrap();
    program.seek(file, 3, 0).unwrap();
    let mut subscription = [0_u8; 48];
    subscription[..8].copy_from_slice(&7_u64.to_le_bytes());
    subscription[8] = 1;
    subscription[16..20].copy_from_slice(&file.to_le_bytes());
    program.put(DATA, &subscription);
    program.call("poll_oneoff", &[DATA.into(), VECTORS.into(), 1, RESULT.into()]).unwrap();
    assert_eq!(program.u32(RESULT), 1);
    assert_eq!((program.u64(VECTORS), program.u16(VECTORS + 8)), (7, 0));
    assert_eq!(program.u64(VECTORS + 16), TEXT.len() as u64 - 3);
}

#[test]
fn nothing_changes_it() {
    const REFUSED: Answer<()> = Err(Errno::ReadOnlyFileSystem);
    let mut program = program();
    for path in ["text", "new", "none", "none/new"] {
        for how in 0..16 {
            for rights in [0, READING, EVERYTHING, rights::FD_WRITE, rights::FD_DATASYNC] {
                let answer = program.open_with(ROOT, path.as_bytes(), FOLLOW, how, rights, 0);
                let writes = rights & rights::INTENT_TO_WRITE != 0;
                if how & DIRECTORY == 0 && (how & (CREATE | TRUNCATE) != 0 || writes) {
                    assert_eq!(answer, Err(Errno::ReadOnlyFileSystem), "{path} {how} {rights:#x}");
                }
                if let Ok(file) = answer {
                    assert!(program.write(file, b"x").is_err());
                    program.close(file).unwrap();
                }
            }
        }
        for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
            assert_eq!(program.named(name, path), REFUSED, "{name} {path}");
        }
        let before = [ROOT.into(), 0];
        let set_times = "path_filestat_set_times";
        assert_eq!(program.path_call(set_times, path.as_bytes(), &before, &[0, 0, 10]), REFUSED);
        assert_eq!(program.rename(path, "x"), REFUSED);
        assert_eq!(program.link(path, "x"), REFUSED);
        assert_eq!(program.symlink("text", path), REFUSED);
    }
    let file = program.open_to_read("text").unwrap();
    let directory = program.open_directory("none").unwrap();
    for fd in [file, directory, ROOT] {
        let fd = u64::from(fd);
        assert_eq!(program.call("fd_allocate", &[fd, 0, 100]), REFUSED);
        assert_eq!(program.call("fd_filestat_set_size", &[fd, 1]), REFUSED);
        assert_eq!(program.call("fd_filestat_set_times", &[fd, 12, 12, 5]), REFUSED);
        let all = [fd, rights::ALL, rights::ALL];
        assert_eq!(program.call("fd_fdstat_set_rights", &all), Err(Errno::NotCapable));
        assert!(program.write(fd as u32, b"x").is_err());
    }
}

#[test]
fn nothing_of_it_leaves_or_joins_a_granted_directory() {
    let mut program = Program::new();
    let granted = program.folder.path().join("granted");
    let policy = policy().record(RecordKind::EmbeddedDirectory, 0, b"/usr/lib");
    program.wasi = policy.directory(&granted, ".", 0).start(&["program"], &[]).unwrap();
    program.open("file", CREATE).unwrap();
    // The host's directory comes first, wherever its record is; nothing else was added.
    assert!(program.path("file").exists());
    for (from, to) in [(SECOND, ROOT), (ROOT, SECOND)] {
        for name in [b"text", b"file"] {
            let rename = program.two_paths("path_rename", (from, None, name), (to, b"x"));
            assert_eq!(rename, Err(Errno::ReadOnlyFileSystem));
            let link = program.two_paths("path_link", (from, Some(0), name), (to, b"x"));
            assert_eq!(link, Err(Errno::ReadOnlyFileSystem));
        }
    }
    assert_eq!(names(&granted), ["file"]);
}

#[test]
fn damage_is_an_absence() {
    let good = tree();
    for at in 0..good.len().min(6 * ENTRY_BYTES) {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            let policy = Policy::default().record(RecordKind::Embedded, 0, &bytes);
            let mut program = Program::new();
            program.wasi = policy.start(&["program"], &[]).unwrap();
            for path in ["file", "usr", "usr/lib", "usr/lib/text", "usr/lib/none"] {
                if let Ok(file) = program.open_to_read(path) {
                    let _ = program.read(file, 100);
                    let arguments = [file.into(), DATA.into(), 1000, 0, RESULT.into()];
                    let _ = program.call("fd_readdir", &arguments);
                }
            }
        }
    }
    // A directory that the tree does not have.
    let policy = policy().record(RecordKind::EmbeddedDirectory, 0, b"/usr/bin");
    assert!(policy.start(&[], &[]).is_err());
    let policy = Policy::default().record(RecordKind::EmbeddedDirectory, 0, b"/usr");
    assert!(policy.start(&[], &[]).is_err());
}
