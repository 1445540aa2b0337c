//! The second wall: that it lets through what the program's imports need and nothing else.
//!
//! A wall is a thread's, and its threads', until they end: each test raises one in a thread of its own, and
//! looks at what came of it from outside.

#![allow(unsafe_code)]

use super::*;
use crate::wall::{HostCalls, Measure, Plan};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use wasm2native_abi::policy::Sandbox;

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

/// Has the kernel say that it does not know these calls, in the calling thread.
fn forget(numbers: &[libc::c_long]) {
    let instruction =
        |code: u32, k: u32, jt: u8| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    let mut program = vec![instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0)];
    for (index, &number) in numbers.iter().enumerate() {
        let distance = (numbers.len() - index) as u8;
        program.push(instruction(libc::BPF_JMP | libc::BPF_JEQ, number as u32, distance));
    }
    program.push(instruction(libc::BPF_RET, libc::SECCOMP_RET_ALLOW, 0));
    let unknown = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    program.push(instruction(libc::BPF_RET, unknown, 0));
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
                forget(&[number]);
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
