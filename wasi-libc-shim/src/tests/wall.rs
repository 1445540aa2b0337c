//! The second wall: that it lets through what the program's imports need and nothing else.
//!
//! A wall is a thread's, and its threads', until they end: each test raises one in a thread of its own, and
//! looks at what came of it from outside.

#![allow(unsafe_code)]

use super::arguments::{
    call as call_at, granting, guest, libc as place_of, open_at, read, start, text, world, write,
};
use super::embedded::entries;
use super::*;
use crate::wall::{HostCalls, Measure, Plan};
use std::ffi::CString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use wasm2native_abi::policy::{ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, Sandbox};

/// Set in the process that makes every host call of every test behind a wall.
const VARIABLE: &str = "WASI_LIBC_SHIM_TEST_WALL";

/// Whether host calls are to be made behind a wall.
pub(super) fn is_up() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

fn plan(mode: Sandbox, host_calls: HostCalls) -> Plan {
    Plan { mode, host_calls }
}

/// Does what follows in a thread of its own behind a wall.
fn behind<T: Send>(wasi: &Wasi, host_calls: HostCalls, act: impl FnOnce() -> T + Send) -> T {
    let thread = || {
        wasi.raise_wall(&plan(Sandbox::Require, host_calls)).unwrap();
        act()
    };
    std::thread::scope(|scope| scope.spawn(thread).join().unwrap())
}

/// What a program has that imports these functions.
fn importing(names: &[&str]) -> HostCalls {
    let mut bytes = [0; 8];
    for index in names.iter().map(|name| preview1_index(name).unwrap()) {
        bytes[index / 8] |= 1 << (index % 8);
    }
    let policy = Policy::default().record(RecordKind::HostCalls, 0, &bytes);
    Plan::read(&Records::new(&policy.0)).unwrap().host_calls
}

/// Does what follows as a program behind a wall, in a thread of its own.
fn program_behind(
    program: &mut Program,
    host_calls: HostCalls,
    act: impl FnOnce(&mut Program) + Send,
) {
    let thread = || {
        program.wasi.raise_wall(&plan(Sandbox::Require, host_calls)).unwrap();
        act(program);
    };
    std::thread::scope(|scope| scope.spawn(thread).join().unwrap());
}

/// Makes a host call in a program that imports that function only.
pub(super) fn call(wasi: &mut Wasi, index: usize, memory: &mut [u8], slots: &[Slot]) -> Outcome {
    let by_hand = crate::host::BY_HAND.get();
    let thread = || {
        crate::host::BY_HAND.set(by_hand);
        wasi.raise_wall(&plan(Sandbox::Require, HostCalls::only(index))).unwrap();
        // SAFETY: the memory is not touched while the value lives.
        let mut memory =
            unsafe { GuestMemory::from_raw_parts(memory.as_mut_ptr(), memory.len() as u64) };
        crate::call(wasi, index, &mut memory, slots)
    };
    std::thread::scope(|scope| scope.spawn(thread).join().unwrap())
}

/// Why no wall can be raised here, if so.
#[allow(clippy::print_stderr, reason = "the only way to say that a test is skipped")]
fn unavailable() -> bool {
    let wasi = Policy::default().start(&["program"], &[]).unwrap();
    let raise = || wasi.raise_wall(&plan(Sandbox::Require, HostCalls::ALL)).is_err();
    let missing = std::thread::scope(|scope| scope.spawn(raise).join().unwrap());
    if missing {
        eprintln!("skipped: this kernel raises no wall");
    }
    missing
}

#[test]
fn every_host_call_needs_no_more_than_its_own_line() {
    if is_up() || unavailable() {
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "tests::wall"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The error of a system call.
fn error(result: i64) -> Option<i32> {
    (result == -1).then(|| io::Error::last_os_error().raw_os_error().unwrap())
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

fn open(directory: i32, path: &CString, flags: i32) -> Option<i32> {
    // SAFETY: the path ends with a NUL.
    error(unsafe { libc::openat(directory, path.as_ptr(), flags, 0o600) }.into())
}

#[test]
fn files_outside_and_changes_below_read_only_are_refused_by_the_kernel() {
    if unavailable() {
        return;
    }
    for (flags, writes) in [(0, None), (READ_ONLY, Some(libc::EACCES))] {
        let program = Program::with_flags(&[flags]);
        std::fs::write(program.path("file"), "contents").unwrap();
        let inside = c_path(&program.path("file"));
        let made = c_path(&program.path("made"));
        let moved = c_path(&program.path("moved"));
        let outside = c_path(&program.outside("canary"));
        let new_outside = c_path(&program.outside("new"));
        behind(&program.wasi, HostCalls::ALL, || {
            let here = libc::AT_FDCWD;
            assert_eq!(open(here, &inside, libc::O_RDONLY), None);
            assert_eq!(open(here, &inside, libc::O_RDWR), writes);
            assert_eq!(open(here, &inside, libc::O_WRONLY | libc::O_TRUNC), writes);
            assert_eq!(open(here, &made, libc::O_WRONLY | libc::O_CREAT), writes);
            assert_eq!(open(here, &outside, libc::O_RDONLY), Some(libc::EACCES));
            assert_eq!(open(here, &outside, libc::O_WRONLY), Some(libc::EACCES));
            let create = libc::O_WRONLY | libc::O_CREAT;
            assert_eq!(open(here, &new_outside, create), Some(libc::EACCES));
            // SAFETY: the paths end with a NUL.
            unsafe {
                let (from, to) = (inside.as_ptr(), moved.as_ptr());
                assert_eq!(error(libc::renameat(here, from, here, to).into()), writes);
                let to = new_outside.as_ptr();
                assert!(error(libc::linkat(here, moved.as_ptr(), here, to, 0).into()).is_some());
                let removed = libc::unlinkat(here, outside.as_ptr(), 0);
                assert_eq!(error(removed.into()), Some(libc::EACCES));
            }
        });
        assert_eq!(std::fs::read(program.outside("canary")).unwrap(), b"canary");
        assert_eq!(names(&program.folder.path().join("outside")), ["canary"]);
        if writes.is_some() {
            assert_eq!(std::fs::read(program.path("file")).unwrap(), b"contents");
        }
    }
}

/// A folder with files, of which an argument names one for everything, and what the kernel says behind the
/// wall of such a program to one who makes system calls of his own.
struct Neighbours {
    program: Program,
}

/// How a file is opened to be made.
const MAKE: i32 = libc::O_WRONLY | libc::O_CREAT;
const LIST: i32 = libc::O_RDONLY | libc::O_DIRECTORY;

impl Neighbours {
    fn of(name: &str) -> Self {
        let mut program = world();
        let named = text(&program.outside(name));
        start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&named]);
        Self { program }
    }

    /// What is said to opening each of these, by what follows for a program that imports `names`.
    fn check(&self, names: &[&str], expected: &[(&str, i32, Option<i32>)]) {
        let path = |name: &str| c_path(&self.program.outside(name));
        let opened: Vec<_> =
            expected.iter().map(|&(name, flags, answer)| (path(name), flags, answer)).collect();
        behind(&self.program.wasi, importing(names), || {
            for (path, flags, answer) in &opened {
                assert_eq!(open(libc::AT_FDCWD, path, *flags), *answer, "{path:?} {flags:o}");
            }
        });
    }
}

/// What the kernel says to what was not granted.
const REFUSED: Option<i32> = Some(libc::EACCES);

#[test]
fn neighbours_of_a_named_file_stay_out_of_reach_of_who_cannot_make_it_again() {
    if unavailable() {
        return;
    }
    let neighbours = Neighbours::of("a");
    let others = ["path_create_directory", "path_remove_directory", "path_symlink", "path_link"];
    for imports in [&["path_open"][..], &[&["path_open"], &others[..]].concat()] {
        let expected = [
            ("a", libc::O_RDWR | libc::O_TRUNC, None),
            ("secret", libc::O_RDONLY, REFUSED),
            ("secret", libc::O_RDWR, REFUSED),
            ("secret", libc::O_WRONLY | libc::O_TRUNC, REFUSED),
            ("dir/file", libc::O_WRONLY, REFUSED),
            ("new", MAKE, REFUSED),
            ("", LIST, REFUSED),
            ("dir", LIST, REFUSED),
        ];
        neighbours.check(imports, &expected);
    }
    // What is open of the directory itself does not list it either.
    let around = neighbours.program.wasi.descriptors.granted().find_map(|(_, directory)| {
        let (_, target) = directory.designated.as_ref()?.names().next()?;
        Some(target.parent.as_raw_fd() as usize)
    });
    let listing = system_call(libc::SYS_getdents64, [around.unwrap(), 0, 0, 0]);
    assert_eq!(listing, Some(libc::EBADF));
    let new = c_path(&neighbours.program.outside("new"));
    let directory = c_path(&neighbours.program.outside("empty"));
    std::fs::create_dir(neighbours.program.outside("empty")).unwrap();
    let folder = c_path(&neighbours.program.outside("folder"));
    behind(&neighbours.program.wasi, HostCalls::ALL, || {
        // It may be made again as what it is, which the kernel binds to no name.
        assert_eq!(open(libc::AT_FDCWD, &new, MAKE), None);
        // SAFETY: the paths end with a NUL.
        unsafe {
            let removed = libc::unlinkat(libc::AT_FDCWD, directory.as_ptr(), libc::AT_REMOVEDIR);
            assert_eq!(error(removed.into()), REFUSED);
            let made = libc::mkdirat(libc::AT_FDCWD, folder.as_ptr(), 0o700);
            assert_eq!(error(made.into()), REFUSED);
        }
    });
    let all: Vec<&str> = PREVIEW1.iter().map(|function| function.name).collect();
    neighbours.check(&all, &[("", LIST, REFUSED), ("dir", LIST, REFUSED)]);
    assert_eq!(std::fs::read(neighbours.program.outside("secret")).unwrap(), b"secret");
}

#[test]
fn neighbours_of_a_named_directory_stay_out_of_reach_of_who_cannot_make_it_again() {
    if unavailable() {
        return;
    }
    let neighbours = Neighbours::of("dir");
    let expected = [
        ("dir/file", libc::O_RDWR, None),
        ("dir/new", MAKE, None),
        ("dir", LIST, None),
        ("secret", libc::O_RDONLY, REFUSED),
        ("secret", libc::O_WRONLY, REFUSED),
        ("new", MAKE, REFUSED),
        ("", LIST, REFUSED),
    ];
    let others = ["path_rename", "path_unlink_file", "path_create_directory", "path_link"];
    for imports in [&["path_open"][..], &[&["path_open"], &others[..]].concat()] {
        neighbours.check(imports, &expected);
    }
    neighbours.check(&["path_open", "path_remove_directory"], &expected);
}

#[test]
fn around_a_name_where_nothing_is_files_may_be_made_by_who_makes_files() {
    if unavailable() {
        return;
    }
    let neighbours = Neighbours::of("missing");
    let rename = ["path_open", "path_rename"];
    for imports in [&rename[..1], &rename] {
        neighbours.check(imports, &[("missing", MAKE, None), ("", LIST, REFUSED)]);
        std::fs::remove_file(neighbours.program.outside("missing")).unwrap();
    }
    let other = [("missing", MAKE, REFUSED), ("secret", libc::O_WRONLY, REFUSED)];
    neighbours.check(&["path_unlink_file"], &other);
    neighbours.check(&["path_create_directory"], &other);
    assert!(!neighbours.program.outside("missing").exists());
}

#[test]
fn named_files_are_changed_removed_replaced_and_made_again() {
    if unavailable() {
        return;
    }
    let mut program = world();
    let [a, b, missing, fresh] =
        ["a", "b", "missing", "fresh"].map(|name| text(&program.outside(name)));
    let policy = granting(ARGUMENTS_READ_WRITE).directory(&program.path(""), "work", 0);
    std::fs::write(program.path("temporary"), "replaced").unwrap();
    start(&mut program, &policy, &[&a, &b, &missing, &fresh]);
    program_behind(&mut program, HostCalls::ALL, |program| {
        let rename = |program: &mut Program, old: &str, new: &str| {
            let (old, new) = (place_of(program, old), place_of(program, new));
            let (from, to) = ((old.0, None, old.1.as_bytes()), (new.0, new.1.as_bytes()));
            program.two_paths("path_rename", from, to)
        };
        write(program, &a).unwrap();
        call_at(program, "path_unlink_file", &a).unwrap();
        assert_eq!(read(program, &a), Err(Errno::NoEntry));
        write(program, &a).unwrap();
        assert_eq!(read(program, &a).unwrap(), guest(&a));
        // As programs do that replace a file at once.
        rename(program, "work/temporary", &b).unwrap();
        assert_eq!(read(program, &b).unwrap(), "replaced");
        write(program, &b).unwrap();
        rename(program, &b, &missing).unwrap();
        assert_eq!(read(program, &b), Err(Errno::NoEntry));
        let file = place_of(program, &missing);
        let file = open_at(program, file, 0, EVERYTHING).unwrap();
        program.call("fd_filestat_set_size", &[file.into(), 1]).unwrap();
        let (old, new) = (place_of(program, &missing), place_of(program, &fresh));
        let (from, to) = ((old.0, Some(0), old.1.as_bytes()), (new.0, new.1.as_bytes()));
        program.two_paths("path_link", from, to).unwrap();
        assert_eq!(read(program, &fresh).unwrap().len(), 1);
        rename(program, &a, "work/moved").unwrap();
        assert_eq!(read(program, "work/moved").unwrap(), guest(&a));
    });
    assert_eq!(
        names(&program.outside("")),
        ["canary", "dangling", "dir", "fresh", "link", "missing", "secret"]
    );
}

#[test]
fn named_directories_are_made_listed_and_removed() {
    if unavailable() {
        return;
    }
    let mut program = world();
    let made = text(&program.outside("missing"));
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&made]);
    program_behind(&mut program, HostCalls::ALL, |program| {
        call_at(program, "path_create_directory", &made).unwrap();
        write(program, &format!("{made}/new")).unwrap();
        let at = place_of(program, &made);
        let directory = open_at(program, at, DIRECTORY, READING).unwrap();
        assert!(entries(program, directory, 0).iter().any(|entry| entry.3 == "new"));
        call_at(program, "path_unlink_file", &format!("{made}/new")).unwrap();
        call_at(program, "path_remove_directory", &made).unwrap();
    });
    assert!(!program.outside("missing").exists());
    let dir = text(&program.outside("dir"));
    start(&mut program, &granting(ARGUMENTS_READ_WRITE), &[&dir]);
    program_behind(&mut program, HostCalls::ALL, |program| {
        for file in ["sub/deep", "file", "up"] {
            call_at(program, "path_unlink_file", &format!("{dir}/{file}")).unwrap();
        }
        call_at(program, "path_remove_directory", &format!("{dir}/sub")).unwrap();
        // By its name in the first directory: in its own it has none.
        for name in ["path_remove_directory", "path_create_directory"] {
            program.path_call(name, dir.as_bytes(), &[ROOT.into()], &[]).unwrap();
        }
        // What the kernel lets through for a directory is not for others of its name.
        let new = format!("{dir}/new");
        assert_eq!(program.open(&new, CREATE), Err(Errno::Access));
    });
    assert_eq!(names(&program.outside("dir")), [""; 0]);
}

#[test]
fn a_directory_that_is_named_to_be_read_is_listed() {
    if unavailable() {
        return;
    }
    let mut program = world();
    // Where something else is `/` already it is known by its name only.
    let policy = granting(ARGUMENTS_READ_ONLY).directory(&program.path(""), ".", 0);
    start(&mut program, &policy, &["/"]);
    program_behind(&mut program, HostCalls::ALL, |program| {
        let directory = program.open_with(ROOT, b"/", FOLLOW, DIRECTORY, READING, 0).unwrap();
        assert!(entries(program, directory, 0).iter().any(|entry| entry.3 == "proc"));
    });
}

#[test]
fn a_rule_that_cannot_be_made_is_no_wall() {
    if unavailable() {
        return;
    }
    let mut program = world();
    let a = text(&program.outside("a"));
    for flags in [ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE] {
        start(&mut program, &granting(flags), &[&a]);
        let wasi = &program.wasi;
        let raise = |mode| {
            let raise = || wasi.raise_wall(&plan(mode, HostCalls::ALL));
            without(&[libc::SYS_openat], libc::ENOSYS, raise)
        };
        let active = raise(Sandbox::Auto).unwrap();
        assert!(!active.has(Measure::Landlock) && active.has(Measure::Seccomp));
        let refused = raise(Sandbox::Require).unwrap_err();
        assert!(refused.sentence().ends_with("landlock"), "{refused}");
    }
    // What has gone meanwhile needs none.
    start(&mut program, &granting(ARGUMENTS_READ_ONLY), &[&a]);
    std::fs::remove_file(program.outside("a")).unwrap();
    behind(&program.wasi, HostCalls::ALL, || ());
}

/// Makes a system call with numbers for arguments.
fn system_call(number: libc::c_long, arguments: [usize; 4]) -> Option<i32> {
    let [a, b, c, d] = arguments;
    // SAFETY: the callers pass addresses only to calls that are refused.
    error(unsafe { libc::syscall(number, a, b, c, d) })
}

#[test]
fn what_nobody_needs_is_refused_whatever_is_imported() {
    if unavailable() {
        return;
    }
    let program = Program::new();
    let parent = std::os::unix::process::parent_id() as usize;
    let (own, signal) = (std::process::id() as usize, libc::SIGTERM as usize);
    let executable = (libc::PROT_READ | libc::PROT_EXEC) as usize;
    behind(&program.wasi, HostCalls::ALL, || {
        for (number, arguments) in [
            (libc::SYS_execve, [0; 4]),
            (libc::SYS_execveat, [0; 4]),
            (libc::SYS_clone, [0; 4]),
            (libc::SYS_clone3, [0; 4]),
            (libc::SYS_ptrace, [0; 4]),
            (libc::SYS_process_vm_readv, [0; 4]),
            (libc::SYS_process_vm_writev, [0; 4]),
            (libc::SYS_mount, [0; 4]),
            (libc::SYS_bpf, [0; 4]),
            (libc::SYS_socket, [libc::AF_INET as usize, libc::SOCK_STREAM as usize, 0, 0]),
            (libc::SYS_connect, [0; 4]),
            (libc::SYS_io_uring_setup, [1, 0, 0, 0]),
            (libc::SYS_userfaultfd, [0; 4]),
            (libc::SYS_memfd_create, [c"x".as_ptr().addr(), 0, 0, 0]),
            (libc::SYS_pidfd_open, [own, 0, 0, 0]),
            (libc::SYS_kill, [parent, 0, 0, 0]),
            (libc::SYS_tkill, [parent, signal, 0, 0]),
            (libc::SYS_tgkill, [parent, parent, signal, 0]),
            (libc::SYS_prctl, [libc::PR_GET_DUMPABLE as usize, 0, 0, 0]),
            (libc::SYS_seccomp, [libc::SECCOMP_SET_MODE_FILTER as usize, 0, 0, 0]),
            (libc::SYS_fcntl, [0, libc::F_DUPFD as usize, 0, 0]),
            (libc::SYS_ioctl, [0, libc::TIOCSTI as usize, 0, 0]),
            (libc::SYS_mprotect, [0, 0, executable, 0]),
        ] {
            assert_eq!(system_call(number, arguments), Some(libc::EPERM), "{number}");
        }
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh mapping, which is refused.
        unsafe {
            let mapped = libc::mmap(core::ptr::null_mut(), 4096, libc::PROT_EXEC, flags, -1, 0);
            assert_eq!(mapped, libc::MAP_FAILED);
        }
    });
}

#[test]
fn a_call_is_refused_to_a_program_that_imports_no_function_for_it() {
    if unavailable() {
        return;
    }
    let program = Program::new();
    let sched_yield = HostCalls::only(preview1_index("sched_yield").unwrap());
    behind(&program.wasi, sched_yield, || {
        assert_eq!(system_call(libc::SYS_sched_yield, [0; 4]), None);
        // None that removing a temporary directory needs: another test may have one meanwhile.
        for number in [libc::SYS_mkdirat, libc::SYS_read, libc::SYS_getrandom, libc::SYS_pipe2] {
            assert_eq!(system_call(number, [usize::MAX; 4]), Some(libc::EPERM), "{number}");
        }
    });
}

/// Does what follows in a thread of its own where these system calls fail.
pub(super) fn without<T: Send>(
    numbers: &[libc::c_long],
    error: libc::c_int,
    act: impl FnOnce() -> T + Send,
) -> T {
    let thread = || {
        refuse(numbers, error);
        act()
    };
    std::thread::scope(|scope| scope.spawn(thread).join().unwrap())
}

/// Has the kernel answer these calls with an error, in the calling thread.
fn refuse(numbers: &[libc::c_long], error: libc::c_int) {
    let instruction =
        |code: u32, k: u32, jt: u8| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    let mut program = vec![instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0)];
    for (index, &number) in numbers.iter().enumerate() {
        let distance = (numbers.len() - index) as u8;
        program.push(instruction(libc::BPF_JMP | libc::BPF_JEQ, number as u32, distance));
    }
    program.push(instruction(libc::BPF_RET, libc::SECCOMP_RET_ALLOW, 0));
    program.push(instruction(libc::BPF_RET, libc::SECCOMP_RET_ERRNO | error as u32, 0));
    let length = program.len() as u16;
    let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    // SAFETY: the structure refers to as many instructions as it says.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        assert_eq!(libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program), 0);
    }
}

#[test]
fn what_a_kernel_lacks_is_missing_or_required() {
    if unavailable() {
        return;
    }
    let program = Program::new();
    let cases = [
        (libc::SYS_landlock_create_ruleset, Measure::Landlock),
        (libc::SYS_seccomp, Measure::Seccomp),
        (libc::SYS_landlock_add_rule, Measure::Landlock),
    ];
    for (number, measure) in cases {
        let wasi = &program.wasi;
        let raise = |mode| {
            move || {
                refuse(&[number], libc::ENOSYS);
                wasi.raise_wall(&plan(mode, HostCalls::ALL))
            }
        };
        std::thread::scope(|scope| {
            let active = scope.spawn(raise(Sandbox::Auto)).join().unwrap().unwrap();
            assert!(!active.has(measure) && active.has(Measure::NoNewPrivileges));
            let others = [Measure::Landlock, Measure::Seccomp];
            assert_eq!(others.iter().filter(|&&other| active.has(other)).count(), 1);
            let refused = scope.spawn(raise(Sandbox::Require)).join().unwrap().unwrap_err();
            assert!(refused.sentence().ends_with(measure.name()), "{refused}");
            let off = scope.spawn(raise(Sandbox::Off)).join().unwrap().unwrap();
            assert_eq!(off.measures().count(), 0);
        });
    }
}

#[test]
fn records_of_a_policy_are_read() {
    let policy = Policy::default();
    let read = |policy: &Policy| Plan::read(&Records::new(&policy.0));
    let plan = read(&policy).unwrap();
    assert_eq!((plan.mode, plan.host_calls), (Sandbox::Auto, HostCalls::ALL));
    let policy = policy.record(RecordKind::Sandbox, Sandbox::Require as u16, b"");
    let policy = policy.record(RecordKind::HostCalls, 0, &[0, 2]);
    let plan = read(&policy).unwrap();
    assert_eq!((plan.mode, plan.host_calls), (Sandbox::Require, HostCalls::only(9)));
    assert!(read(&policy.record(RecordKind::Sandbox, 3, b"")).is_err());
}
