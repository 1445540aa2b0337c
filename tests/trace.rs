//! System-call traces, as `strace` writes them: what an executable asks of the kernel on a program's behalf.
//! On Linux, of executables of this machine's own kind.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, unused_imports))]

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::ExitCode;
use wasm2native_tests::case::{self, Case, Outcome};
use wasm2native_tests::directive::CProgram;
use wasm2native_tests::run::{Finished, Run, find_program};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{c_compiler, golden, tool};

fn main() -> ExitCode {
    let mut cases = Vec::new();
    if cfg!(target_os = "linux") {
        cases.push(Case::new("nothing_is_reached_without_grants", without_grants));
        let programs = golden::files(&tool::tests().join("wasi"), "c");
        for (name, path) in programs.expect("tests/wasi is readable") {
            let name = format!("{name}_keeps_to_the_list");
            cases.push(Case::new(name, move || keeps_to_the_list(&path)));
        }
    }
    case::main("trace", cases)
}

/// A system call in a trace.
struct Traced {
    name: String,
    line: String,
}

/// What a run asked of the kernel, or why that cannot be seen here.
fn trace(scratch: &Scratch, run: impl FnOnce(Run) -> Run) -> Result<Result<Vec<Traced>, String>> {
    if find_program("strace").is_none() {
        return Ok(Err("there is no `strace`".to_owned()));
    }
    let strace = Run::program("strace").clear_environment().folder(scratch.path());
    let finished = run(strace.arguments(["-f", "-o", "trace", "./program"])).run()?;
    let trace = scratch.read("trace").unwrap_or_default();
    let mut calls = Vec::new();
    for line in String::from_utf8_lossy(&trace).lines() {
        // The number of the process comes first.
        let line = line.trim_start_matches(|byte: char| byte.is_ascii_digit()).trim_start();
        if let Some((name, _)) = line.split_once('(')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            calls.push(Traced { name: name.to_owned(), line: line.to_owned() });
        }
    }
    if calls.len() < 5 {
        return refused(&finished).map(Err);
    }
    Ok(Ok(calls))
}

/// Tells a system that lets nobody be traced from a program that failed.
fn refused(finished: &Finished) -> Result<String> {
    let stderr = finished.stderr_text();
    ensure!(stderr.contains("ptrace"), "{}; {stderr}", finished.ending);
    Ok("nobody is traced here".to_owned())
}

/// Asks for files by every descriptor that there could be, and for variables.
const PROBE: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "/etc/passwd../../etc/passwd")
  (func $try (param $fd i32) (param $path i32) (param $length i32)
    (drop (call $open (local.get $fd) (i32.const 1) (local.get $path) (local.get $length)
      (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 100)))
    (drop (call $stat
      (local.get $fd) (i32.const 1) (local.get $path) (local.get $length) (i32.const 200)))
    (drop (call $unlink (local.get $fd) (local.get $path) (local.get $length))))
  (func (export "_start")
    (local $fd i32)
    (loop $next
      (call $try (local.get $fd) (i32.const 0) (i32.const 11))
      (call $try (local.get $fd) (i32.const 11) (i32.const 16))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $fd) (i32.const 20))))
    (drop (call $random (i32.const 300) (i32.const 8)))
    ;; Standard streams are closed without opening anything in their place.
    (drop (call $close (i32.const 0)))
    (drop (call $close (i32.const 1)))
    (drop (call $close (i32.const 2)))))"#;

/// Calls that reach something by a name, or start something.
const REACHING: &[&str] = &[
    "accept",
    "bind",
    "clone",
    "clone3",
    "connect",
    "creat",
    "execve",
    "execveat",
    "faccessat",
    "fork",
    "linkat",
    "memfd_create",
    "mkdirat",
    "newfstatat",
    "open",
    "openat",
    "openat2",
    "ptrace",
    "readlink",
    "readlinkat",
    "rename",
    "renameat",
    "renameat2",
    "socket",
    "socketpair",
    "stat",
    "statx",
    "symlinkat",
    "truncate",
    "unlink",
    "unlinkat",
    "vfork",
];

fn without_grants() -> Result<Outcome> {
    let scratch = Scratch::new()?;
    scratch.write("program.wat", PROBE)?;
    tool::succeed(["build", "-q", "program.wat", "-o", "program"], scratch.path())?;
    let calls = match trace(&scratch, |run| run)? {
        Ok(calls) => calls,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let (first, others) = calls.split_first().context("a first call")?;
    ensure!(first.name == "execve", "it begins with {}", first.line);
    for call in others {
        ensure!(!REACHING.contains(&call.name.as_str()), "{}", call.line);
    }
    Ok(Outcome::Passed)
}

/// What programs may ask for behind the wall; which of it, their imports tell.
const LISTED: &[&str] = &[
    "accept4",
    "clock_getres",
    "clock_gettime",
    "close",
    "dup2",
    "dup3",
    "exit",
    "exit_group",
    "fadvise64",
    "fallocate",
    "fcntl",
    "fdatasync",
    "fstat",
    "fsync",
    "ftruncate",
    "getdents64",
    "getpid",
    "getrandom",
    "getsockopt",
    "gettid",
    "ioctl",
    "linkat",
    "lseek",
    "madvise",
    "mkdirat",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "newfstatat",
    "openat",
    "openat2",
    "pipe",
    "pipe2",
    "poll",
    "ppoll",
    "pread64",
    "preadv",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readlinkat",
    "readv",
    "recvmsg",
    "renameat",
    "renameat2",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "sendmsg",
    "shutdown",
    "symlinkat",
    "tgkill",
    "tkill",
    "unlinkat",
    "utimensat",
    "write",
    "writev",
];

/// Behind the last step of the wall, nothing is asked for that is not on the list, and nothing refused for
/// that: no call of a program that works ends in `EPERM` or `EACCES`.
fn keeps_to_the_list(path: &Path) -> Result<Outcome> {
    if c_compiler::zig().is_none() {
        return Ok(Outcome::Skipped(c_compiler::NO_ZIG.to_owned()));
    }
    let scratch = Scratch::new()?;
    c_compiler::compile("wasm32-wasi", [path], "program.wasm", scratch.path())?;
    let CProgram { flags, arguments, stdin } = CProgram::read(path)?;
    let build = ["build", "-q", "program.wasm", "-o", "program"].map(str::to_owned);
    tool::succeed(build.into_iter().chain(flags), scratch.path())?;
    let calls = match trace(&scratch, |run| run.arguments(&arguments).stdin(stdin))? {
        Ok(calls) => calls,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let wall = calls.iter().position(|call| call.name == "seccomp").context("there is no wall")?;
    let (wall, behind) = calls.split_at(wall + 1);
    if !wall.last().is_some_and(|call| call.line.ends_with("= 0")) {
        return Ok(Outcome::Skipped("this kernel raises no wall".to_owned()));
    }
    for call in behind {
        ensure!(LISTED.contains(&call.name.as_str()), "not on the list: {}", call.line);
        let is_refused = ["= -1 EPERM", "= -1 EACCES"].iter().any(|end| call.line.contains(end));
        ensure!(!is_refused, "refused: {}", call.line);
    }
    ensure!(behind.len() > 3, "nothing was traced behind the wall");
    Ok(Outcome::Passed)
}
