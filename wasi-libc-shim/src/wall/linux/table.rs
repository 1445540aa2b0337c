//! Which system calls a program's imports need: one line for each.
//!
//! Sandbox-critical. The list is that of the shim's, the runtime's and the C library's calls behind the wall;
//! the shim's tests make every host call with only its own line allowed. Calls that programs make millions
//! of times have no check, so that the kernel decides about them once and for all (its cache of allowed
//! numbers, Linux 5.11). What is not here, nobody needs: no executing, no new processes or threads, no
//! sockets but by accepting, no mapping of files into code, nothing of other processes.

use super::architecture;
use crate::wall::HostCalls;

/// What is looked at besides the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    /// The third argument does not ask for executable pages.
    NotExecutable,
    /// The second argument is one of `fcntl`'s harmless commands.
    StatusFlags,
    /// The second argument is one of `ioctl`'s harmless requests.
    Questions,
    /// The first argument is this thread.
    OwnThread,
    /// The first argument is this process and the second is this thread.
    OwnProcessAndThread,
}

/// A system call and what it is allowed for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) number: u32,
    pub(super) check: Check,
    pub(super) needed_by: HostCalls,
}

/// A call that the functions need, whatever its arguments.
pub(super) const fn call(number: libc::c_long, needed_by: HostCalls) -> Call {
    Call { number: number as u32, check: Check::Nothing, needed_by }
}

const fn checked(number: libc::c_long, check: Check, needed_by: HostCalls) -> Call {
    Call { number: number as u32, check, needed_by }
}

/// Exit, messages, signals and memory: what happens without any host call.
pub(super) const ALWAYS: HostCalls = HostCalls::always();
pub(super) const READ: HostCalls = HostCalls::named(&["fd_read"]);
const WRITE: HostCalls = HostCalls::named(&["fd_write"]);
const READ_AT: HostCalls = HostCalls::named(&["fd_pread"]);
const WRITE_AT: HostCalls = HostCalls::named(&["fd_pwrite"]);
/// By flags, what is written is also synchronized.
const WRITES: HostCalls = WRITE.and(WRITE_AT);
/// Closing a standard stream puts something else in its place.
pub(super) const CLOSE: HostCalls = HostCalls::named(&["fd_close", "fd_renumber"]);
pub(super) const POLL: HostCalls = HostCalls::named(&["poll_oneoff"]);
const CLOCKS: HostCalls = HostCalls::named(&["clock_res_get", "clock_time_get"]);
pub(super) const RENAME: HostCalls = HostCalls::named(&["path_rename"]);
/// Whatever walks a path.
const PATHS: HostCalls = HostCalls::named(&[
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
]);
const STATUS: HostCalls =
    HostCalls::named(&["fd_filestat_get", "fd_readdir", "path_filestat_get", "path_open"]);
const FLAGS: HostCalls = HostCalls::named(&["fd_fdstat_get", "fd_fdstat_set_flags"]);
const POSITION: HostCalls = HostCalls::named(&["fd_seek", "fd_tell", "fd_readdir"]);
const TIMES: HostCalls = HostCalls::named(&["fd_filestat_set_times", "path_filestat_set_times"]);
const REMOVE: HostCalls = HostCalls::named(&["path_remove_directory", "path_unlink_file"]);

/// What every architecture has; [`architecture::CALLS`] are those that not all have.
const COMMON: &[Call] = &[
    call(libc::SYS_exit_group, ALWAYS),
    call(libc::SYS_rt_sigreturn, ALWAYS),
    call(libc::SYS_rt_sigaction, ALWAYS),
    call(libc::SYS_rt_sigprocmask, ALWAYS),
    call(libc::SYS_restart_syscall, ALWAYS),
    call(libc::SYS_write, ALWAYS),
    call(libc::SYS_munmap, ALWAYS),
    call(libc::SYS_mremap, ALWAYS),
    call(libc::SYS_madvise, ALWAYS),
    checked(libc::SYS_mmap, Check::NotExecutable, ALWAYS),
    checked(libc::SYS_mprotect, Check::NotExecutable, ALWAYS),
    // A signal that was sent for a fault is sent again, so that it takes its usual course.
    call(libc::SYS_getpid, ALWAYS),
    call(libc::SYS_gettid, ALWAYS),
    checked(libc::SYS_tkill, Check::OwnThread, ALWAYS),
    checked(libc::SYS_tgkill, Check::OwnProcessAndThread, ALWAYS),
    call(libc::SYS_read, READ),
    call(libc::SYS_readv, READ),
    call(libc::SYS_writev, WRITE),
    call(libc::SYS_pread64, READ_AT),
    call(libc::SYS_preadv, READ_AT),
    call(libc::SYS_pwrite64, WRITE_AT),
    call(libc::SYS_pwritev, WRITE_AT),
    call(libc::SYS_pwritev2, WRITE_AT),
    call(libc::SYS_close, CLOSE.and(PATHS)),
    call(libc::SYS_pipe2, CLOSE),
    call(libc::SYS_dup3, CLOSE),
    call(libc::SYS_lseek, POSITION.and(POLL)),
    call(libc::SYS_fstat, STATUS.and(POLL)),
    call(libc::SYS_getsockopt, STATUS.and(POLL)),
    checked(libc::SYS_fcntl, Check::StatusFlags, FLAGS.and(WRITE_AT)),
    // The last message of a program that failed goes to a terminal only.
    checked(libc::SYS_ioctl, Check::Questions, ALWAYS),
    // Whether an opened file is one of a process's inside.
    call(libc::SYS_fstatfs, HostCalls::named(&["path_open"])),
    // What an argument names without its having a path of its own.
    call(libc::SYS_dup, PATHS),
    call(libc::SYS_fadvise64, HostCalls::named(&["fd_advise"])),
    call(libc::SYS_fallocate, HostCalls::named(&["fd_allocate"])),
    // Writes do these too, once a program has asked for that by `fd_fdstat_set_flags`.
    call(libc::SYS_fdatasync, HostCalls::named(&["fd_datasync"]).and(WRITES)),
    call(libc::SYS_fsync, HostCalls::named(&["fd_sync"]).and(WRITES)),
    call(libc::SYS_ftruncate, HostCalls::named(&["fd_filestat_set_size"])),
    call(libc::SYS_getdents64, HostCalls::named(&["fd_readdir"])),
    call(libc::SYS_openat, PATHS),
    call(libc::SYS_openat2, PATHS),
    call(libc::SYS_newfstatat, PATHS.and(HostCalls::named(&["fd_readdir"]))),
    call(libc::SYS_readlinkat, PATHS),
    call(libc::SYS_utimensat, TIMES),
    call(libc::SYS_mkdirat, HostCalls::named(&["path_create_directory"])),
    call(libc::SYS_linkat, HostCalls::named(&["path_link"])),
    call(libc::SYS_renameat2, RENAME),
    call(libc::SYS_symlinkat, HostCalls::named(&["path_symlink"])),
    call(libc::SYS_unlinkat, REMOVE),
    // A limit of time is looked at too, where the kernel gives times by a call.
    call(libc::SYS_clock_gettime, ALWAYS),
    call(libc::SYS_clock_getres, CLOCKS),
    call(libc::SYS_ppoll, POLL),
    call(libc::SYS_sched_yield, HostCalls::named(&["sched_yield"])),
    call(libc::SYS_getrandom, HostCalls::named(&["random_get"])),
    call(libc::SYS_accept4, HostCalls::named(&["sock_accept"])),
    call(libc::SYS_recvmsg, HostCalls::named(&["sock_recv"])),
    call(libc::SYS_sendmsg, HostCalls::named(&["sock_send"])),
    call(libc::SYS_shutdown, HostCalls::named(&["sock_shutdown"])),
    // The thread's own end, which the C library asks for where the process's failed.
    call(libc::SYS_exit, ALWAYS),
    // Tests make each host call in a thread of its own, which ends behind the wall.
    #[cfg(test)]
    call(libc::SYS_futex, ALWAYS),
    #[cfg(test)]
    call(libc::SYS_sigaltstack, ALWAYS),
];

/// How many there are.
pub(super) const COUNT: usize = COMMON.len() + architecture::CALLS.len();

/// All of them, by their numbers.
pub(super) const CALLS: [Call; COUNT] = {
    let mut calls = [COMMON[0]; COUNT];
    let mut count = 0;
    while count < COUNT {
        let next = if count < COMMON.len() {
            COMMON[count]
        } else {
            architecture::CALLS[count - COMMON.len()]
        };
        let mut place = count;
        while place > 0 && calls[place - 1].number > next.number {
            calls[place] = calls[place - 1];
            place -= 1;
        }
        assert!(place == 0 || calls[place - 1].number < next.number, "a call is there twice");
        calls[place] = next;
        count += 1;
    }
    calls
};
