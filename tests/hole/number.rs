//! Linux' numbers on x86-64, where there is a stub with a hole (`asm/unistd_64.h` and the headers of what
//! they are arguments of).

pub(crate) const WRITE: i64 = 1;
pub(crate) const MMAP: i64 = 9;
pub(crate) const MPROTECT: i64 = 10;
pub(crate) const GETPID: i64 = 39;
pub(crate) const SOCKET: i64 = 41;
pub(crate) const CONNECT: i64 = 42;
pub(crate) const FORK: i64 = 57;
pub(crate) const EXECVE: i64 = 59;
pub(crate) const KILL: i64 = 62;
pub(crate) const TRUNCATE: i64 = 76;
pub(crate) const RENAME: i64 = 82;
pub(crate) const LINK: i64 = 86;
pub(crate) const SYMLINK: i64 = 88;
pub(crate) const PTRACE: i64 = 101;
pub(crate) const PRCTL: i64 = 157;
pub(crate) const TKILL: i64 = 200;
pub(crate) const GETDENTS64: i64 = 217;
pub(crate) const OPENAT: i64 = 257;
pub(crate) const MKDIRAT: i64 = 258;
pub(crate) const UNLINKAT: i64 = 263;
pub(crate) const RENAMEAT: i64 = 264;
pub(crate) const UNSHARE: i64 = 272;
pub(crate) const PROCESS_VM_READV: i64 = 310;
pub(crate) const MEMFD_CREATE: i64 = 319;
pub(crate) const EXECVEAT: i64 = 322;
pub(crate) const PIDFD_SEND_SIGNAL: i64 = 424;
pub(crate) const IO_URING_SETUP: i64 = 425;
pub(crate) const PIDFD_OPEN: i64 = 434;
pub(crate) const OPENAT2: i64 = 437;

/// The first number of the x32 convention.
pub(crate) const X32: i64 = 0x4000_0000;

pub(crate) const HERE: i64 = -100;
pub(crate) const READ_ONLY: i64 = 0;
pub(crate) const WRITE_ONLY: i64 = 1;
pub(crate) const READ_WRITE: i64 = 2;
pub(crate) const CREATE: i64 = 0o100;
pub(crate) const TRUNCATED: i64 = 0o1000;
pub(crate) const EMPTY_PATH: i64 = 0x1000;
pub(crate) const PROTECT_READ: i64 = 1;
pub(crate) const PROTECT_WRITE: i64 = 2;
pub(crate) const PROTECT_EXECUTE: i64 = 4;
/// Private and anonymous.
pub(crate) const FRESH: i64 = 0x22;
pub(crate) const SET_DUMPABLE: i64 = 4;
pub(crate) const UNSHARE_FILE_SYSTEM: i64 = 0x200;
pub(crate) const INTERNET: i64 = 2;
pub(crate) const STREAM: i64 = 1;
pub(crate) const KILLED: i64 = 9;
/// How a process ends that made a call by a foreign convention.
pub(crate) const BAD_SYSTEM_CALL: i32 = 31;
