//! Directories as descriptors: their entries, renumbering, what was granted.

use super::*;
use std::collections::BTreeMap;

/// Entries read with a buffer of `length` bytes: name → (type, inode), and the number of calls.
fn entries(program: &mut Program, fd: u32, length: u32) -> (BTreeMap<String, (u8, u64)>, usize) {
    let (mut found, mut cookie, mut calls) = (BTreeMap::new(), 0, 0);
    loop {
        let arguments = [fd.into(), DATA.into(), length.into(), cookie, RESULT.into()];
        program.call("fd_readdir", &arguments).unwrap();
        calls += 1;
        let used = program.u32(RESULT);
        assert!(used <= length);
        let (mut at, mut whole) = (0, 0);
        while at + 24 <= used {
            let bytes = program.u32(DATA + at + 16);
            if at + 24 + bytes > used {
                break;
            }
            let name = String::from_utf8(program.bytes(DATA + at + 24, bytes).to_vec()).unwrap();
            let kind = program.memory[(DATA + at + 20) as usize];
            cookie = program.u64(DATA + at);
            let before = found.insert(name.clone(), (kind, program.u64(DATA + at + 8)));
            assert!(before.is_none(), "{name} twice");
            at += 24 + bytes;
            whole += 1;
        }
        if used < length {
            return (found, calls);
        }
        assert!(whole > 0, "a buffer of {length} bytes holds an entry");
    }
}

#[test]
fn all_entries_are_listed_whatever_the_buffer() {
    let mut program = Program::new();
    std::fs::create_dir(program.path("folder")).unwrap();
    machine::symlink("x", program.path("link"));
    for number in 0..300 {
        std::fs::write(program.path(&format!("file number {number}")), "").unwrap();
    }
    let directory = program.open_directory(".").unwrap();
    for length in [64, 100, 1000, 4096, 60_000] {
        let (found, calls) = entries(&mut program, directory, length);
        assert_eq!(found.len(), 304);
        assert!(calls >= 300 * 40 / length as usize);
        let inode = |name| machine::status(&program.path(name)).inode;
        assert_eq!(found["."], (3, inode(".")));
        assert_eq!(found[".."], (3, inode(".")), "nothing about what lies above");
        assert_eq!(found["folder"], (3, inode("folder")));
        assert_eq!(found["link"], (machine::listed_link_type(), inode("link")));
        assert_eq!(found["file number 299"], (4, inode("file number 299")));
    }
}

#[test]
fn a_cookie_leads_on_after_changes() {
    let mut program = Program::new();
    for number in 0..50 {
        std::fs::write(program.path(&format!("{number:02}")), "").unwrap();
    }
    let directory = program.open_directory(".").unwrap();
    let read = |program: &mut Program, cookie: u64, length: u64| {
        let arguments = [directory.into(), DATA.into(), length, cookie, RESULT.into()];
        program.call("fd_readdir", &arguments).unwrap();
        let used = program.u32(RESULT);
        let (mut found, mut at) = (Vec::new(), 0);
        while at + 24 <= used {
            let bytes = program.u32(DATA + at + 16);
            let Some(name) =
                program.memory.get((DATA + at + 24) as usize..).filter(|_| at + 24 + bytes <= used)
            else {
                break;
            };
            let name = String::from_utf8(name[..bytes as usize].to_vec()).unwrap();
            found.push((program.u64(DATA + at), name));
            at += 24 + bytes;
        }
        found
    };
    let all = read(&mut program, 0, 10_000);
    assert_eq!(all.len(), 52);
    let (cookie, _) = all[20];
    // What was seen goes; what follows stays and something is added.
    for (_, name) in &all[..20] {
        let _ = std::fs::remove_file(program.path(name));
    }
    let rest = read(&mut program, cookie, 10_000);
    let names = |entries: &[(u64, String)]| -> Vec<String> {
        entries.iter().map(|(_, name)| name.clone()).collect()
    };
    assert_eq!(names(&rest), names(&all[21..]));
    // The same place again, through a shorter buffer, and a cookie that nobody gave out.
    assert_eq!(read(&mut program, cookie, 100)[0].1, rest[0].1);
    assert_eq!(read(&mut program, 1 << 60, 10_000), []);
    assert_eq!(
        read(&mut program, 0, 10_000).len(),
        52 - 20 + all[..20].iter().filter(|(_, n)| n.starts_with('.')).count()
    );
}

/// More entries than the host reads at once: cookies lead back and forth between its pieces, one entry at
/// a time and many, and go on to do so while entries go.
#[test]
fn cookies_lead_anywhere_in_a_large_directory() {
    let mut program = Program::new();
    let name = |number: usize| format!("a name of some length {number:04}");
    for number in 0..3000 {
        std::fs::write(program.path(&name(number)), "").unwrap();
    }
    let directory = program.open_directory(".").unwrap();
    // The name and the cookie of the first entry behind a cookie.
    let first = |program: &mut Program, cookie: u64, length: u32| {
        let arguments = [directory.into(), DATA.into(), length.into(), cookie, RESULT.into()];
        program.call("fd_readdir", &arguments).unwrap();
        let used = program.u32(RESULT);
        (used > 24).then(|| {
            let bytes = program.u32(DATA + 16).min(used - 24);
            (program.bytes(DATA + 24, bytes).to_vec(), program.u64(DATA))
        })
    };
    let mut all = Vec::new();
    let mut cookie = 0;
    while let Some((name, next)) = first(&mut program, cookie, 60) {
        all.push((name, cookie));
        cookie = next;
    }
    assert_eq!(all.len(), 3002);
    for (name, _) in all.iter().take(1000) {
        let _ = std::fs::remove_file(program.path(core::str::from_utf8(name).unwrap()));
    }
    let mut place = 1000;
    for step in 0..300 {
        place = 1000 + (place + step * 7919) % 2002;
        let length = [60, 4096, 50_000][step % 3];
        let (name, cookie) = &all[place];
        assert_eq!(first(&mut program, *cookie, length).unwrap().0, *name, "{place} {step}");
    }
    assert_eq!(first(&mut program, cookie, 4096), None);
    assert_eq!(entries(&mut program, directory, 4096).0.len(), 2002 + dots(&all));
}

/// How many of the first 1000 names are `.` and `..`, which cannot be removed.
fn dots(all: &[(Vec<u8>, u64)]) -> usize {
    all.iter().take(1000).filter(|(name, _)| name.starts_with(b".")).count()
}

#[test]
fn an_entry_is_cut_where_the_buffer_ends() {
    let mut program = Program::new();
    for length in 0..60 {
        program.memory[DATA as usize..][..100].fill(0xaa);
        let arguments = [ROOT.into(), DATA.into(), length, 0, RESULT.into()];
        program.call("fd_readdir", &arguments).unwrap();
        assert_eq!(u64::from(program.u32(RESULT)), length.min(24 + 1 + 24 + 2));
        assert_eq!(program.memory[DATA as usize + length as usize], 0xaa);
    }
}

#[test]
fn only_a_directory_has_entries() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    let arguments = |fd: u32, buffer: u32| [fd.into(), buffer.into(), 100, 0, RESULT.into()];
    assert_eq!(program.call("fd_readdir", &arguments(file, DATA)), Err(Errno::NotDirectory));
    assert_eq!(program.call("fd_readdir", &arguments(99, DATA)), Err(Errno::BadDescriptor));
    assert_eq!(program.call("fd_readdir", &arguments(ROOT, u32::MAX)), Err(Errno::Fault));
    let bare = program.open_with(ROOT, b".", 0, DIRECTORY, 0, 0).unwrap();
    assert_eq!(program.call("fd_readdir", &arguments(bare, DATA)), Err(Errno::NotCapable));
}

#[test]
fn granted_directories_say_their_names() {
    let mut program = Program::new();
    program.call("fd_prestat_get", &[ROOT.into(), RESULT.into()]).unwrap();
    assert_eq!((program.u32(RESULT), program.u32(RESULT + 4)), (0, 1));
    let name = |program: &mut Program, length| {
        program.call("fd_prestat_dir_name", &[ROOT.into(), DATA.into(), length])
    };
    assert_eq!(name(&mut program, 0), Err(Errno::NameTooLong));
    name(&mut program, 1).unwrap();
    assert_eq!(program.bytes(DATA, 1), b".");
    name(&mut program, 5).unwrap();
    let opened = program.open_directory(".").unwrap();
    for fd in [0, opened, 77] {
        let arguments = [fd.into(), RESULT.into()];
        assert_eq!(program.call("fd_prestat_get", &arguments), Err(Errno::BadDescriptor));
    }
}

#[test]
fn renumbering_replaces_and_closes() {
    let mut program = Program::new();
    let one = program.open("one", CREATE).unwrap();
    let two = program.open("two", CREATE).unwrap();
    let renumber = |program: &mut Program, from: u32, to: u32| {
        program.call("fd_renumber", &[from.into(), to.into()])
    };
    renumber(&mut program, one, two).unwrap();
    program.write(two, b"through two").unwrap();
    assert_eq!(std::fs::read(program.path("one")).unwrap(), b"through two");
    assert_eq!(program.close(one), Err(Errno::BadDescriptor));
    for (from, to) in [(one, two), (two, one), (two, u32::MAX), (u32::MAX, two), (99, 99)] {
        assert_eq!(renumber(&mut program, from, to), Err(Errno::BadDescriptor), "{from} {to}");
    }
    assert_eq!(renumber(&mut program, two, two), Ok(()));
    assert_eq!(program.write(two, b"!"), Ok(1));
    // Over a granted directory: it stays what it has become.
    renumber(&mut program, two, ROOT).unwrap();
    assert_eq!(program.write(ROOT, b"!"), Ok(1));
    let arguments = [ROOT.into(), RESULT.into()];
    assert_eq!(program.call("fd_prestat_get", &arguments), Err(Errno::BadDescriptor));
}

#[test]
fn a_granted_directory_can_be_moved_and_closed() {
    let mut program = Program::with_flags(&[0, 0]);
    let file = program.open("file", CREATE).unwrap();
    program.call("fd_renumber", &[ROOT.into(), file.into()]).unwrap();
    program.call("fd_prestat_get", &[file.into(), RESULT.into()]).unwrap();
    program.close(SECOND).unwrap();
    assert_eq!(program.open("file", 0), Err(Errno::BadDescriptor));
    assert_eq!(program.open_with(file, b"file", 0, 0, READING, 0), Ok(ROOT));
}

#[test]
fn numbers_are_given_out_lowest_first() {
    let mut program = Program::new();
    let numbers: Vec<u32> = (0..5).map(|_| program.open("file", CREATE).unwrap()).collect();
    assert_eq!(numbers, [4, 5, 6, 7, 8]);
    program.close(7).unwrap();
    program.close(5).unwrap();
    assert_eq!(program.open("file", 0), Ok(5));
    assert_eq!(program.open("file", 0), Ok(7));
    assert_eq!(program.open("file", 0), Ok(9));
}
