//! The wall on Linux: Landlock keeps files to what was granted, seccomp keeps system calls to what the
//! program's imports need, and two settings of the process keep executables from giving it privileges and
//! pages from becoming executable.
//!
//! Each part stands by itself, so that what one kernel lacks leaves the others. The order matters: the first
//! setting is what an unprivileged process needs for the rest, and behind the last part there is no system
//! call left to raise any other with. Sources: the kernel's `Documentation/userspace-api/landlock.rst`,
//! `seccomp_filter.rst` and `no_new_privs.rst`; `PR_SET_MDWE` in the manual page `prctl(2)`.

#![allow(unsafe_code)]

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "s390x", path = "s390x.rs")]
mod architecture;
mod filter;
mod landlock;
mod seccomp;
mod table;

use super::{Active, HostCalls, Measure, Plan};
use crate::Wasi;
use wasm2native_abi::policy::Sandbox;

/// What `--sandbox require` insists on.
pub(super) const REQUIRED: &[Measure] =
    &[Measure::NoNewPrivileges, Measure::Landlock, Measure::Seccomp];

/// `PR_MDWE_REFUSE_EXEC_GAIN` (`linux/prctl.h`).
const MDWE_REFUSE_EXEC_GAIN: libc::c_ulong = 1;

/// Raises what the kernel has.
pub(super) fn raise(wasi: &Wasi, plan: &Plan) -> Active {
    let mut active = Active::default();
    active.add(Measure::NoNewPrivileges, set(libc::PR_SET_NO_NEW_PRIVS, 1));
    active.add(Measure::NoExecutableGain, set(libc::PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN));
    let version = landlock::restrict(wasi.grants(), plan.host_calls, plan.mode == Sandbox::Require);
    active.landlock_version = version.unwrap_or(0);
    active.add(Measure::Landlock, version.is_some());
    active.add(Measure::Seccomp, seccomp::restrict(plan.host_calls.and(own_calls(wasi))));
    active
}

/// What the shim itself does as if the program did: removing its private temporary directory at the end.
fn own_calls(wasi: &Wasi) -> HostCalls {
    const REMOVE_TREE: HostCalls = HostCalls::named(&[
        "fd_close",
        "fd_readdir",
        "path_open",
        "path_rename",
        "path_unlink_file",
    ]);
    if wasi.temporary.is_some() { REMOVE_TREE } else { HostCalls::always() }
}

/// Changes a setting of the process that can only be made stricter.
fn set(setting: libc::c_int, value: libc::c_ulong) -> bool {
    const NOTHING: libc::c_ulong = 0;
    // SAFETY: passes numbers only.
    unsafe { libc::prctl(setting, value, NOTHING, NOTHING, NOTHING) == 0 }
}
