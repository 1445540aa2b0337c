//! Seccomp: the kernel refuses all system calls but those that the program's imports need.
//!
//! Source: `Documentation/userspace-api/seccomp_filter.rst` of the kernel and the manual page `seccomp(2)`.

use super::filter::{Filter, Own};
use super::table::{CALLS, COUNT, Call};
use crate::wall::HostCalls;

/// Restricts the calling thread to the calls that these functions need. Says whether the kernel did.
pub(super) fn restrict(host_calls: HostCalls) -> bool {
    let mut calls = [CALLS[0]; COUNT];
    let mut count = 0;
    for call in CALLS.iter().filter(|call| call.needed_by.meets(host_calls)) {
        if let Some(place) = calls.get_mut(count) {
            *place = *call;
            count += 1;
        }
    }
    calls.get(..count).is_some_and(install)
}

fn install(calls: &[Call]) -> bool {
    // SAFETY: both calls give a number. (The standard library names `gettid` weakly, as in a stub it is not.)
    let own = unsafe {
        Own {
            process: libc::getpid().cast_unsigned(),
            thread: libc::syscall(libc::SYS_gettid) as u32,
        }
    };
    let mut filter = Filter::new(calls, own);
    let Some(instructions) = filter.instructions() else { return false };
    let program = libc::sock_fprog {
        len: instructions.len() as libc::c_ushort,
        filter: instructions.as_mut_ptr(),
    };
    // Kernels before 5.16 slow a process with a filter down, so that it cannot guess at the contents of
    // other memory of the same process; they are asked not to: there is no other program in it.
    let flags = [libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0];
    flags.into_iter().any(|flags| {
        // SAFETY: the structure refers to as many instructions as it says.
        unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const program,
            ) == 0
        }
    })
}
