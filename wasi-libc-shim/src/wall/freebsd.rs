//! The wall on FreeBSD: Capsicum. Behind `cap_enter` the kernel knows no path but one that begins at an open
//! directory and stays beneath it, which is all that the shim ever asks for; a directory that was granted to
//! be read is also held to that by its descriptor, and so is what is opened through it.
//!
//! Sources: the manual pages `capsicum(4)`, `cap_enter(2)`, `cap_rights_limit(2)`, `rights(4)`.

#![allow(unsafe_code)]

use super::{Access, Active, Grant, Measure, Plan};
use crate::Wasi;
use std::os::fd::AsRawFd;

/// What `--sandbox require` insists on.
pub(super) const REQUIRED: &[Measure] = &[Measure::CapabilityMode];

/// What the shim does with directories, and what is in them, that are read only. The bits of each constant
/// that tell in which word of the set it stands are all those of the first.
const READING: u64 = libc::CAP_READ
    | libc::CAP_SEEK
    | libc::CAP_LOOKUP
    | libc::CAP_FCNTL
    | libc::CAP_FSTAT
    | libc::CAP_FSTATFS
    | libc::CAP_FSYNC
    // For the kernel, opening a directory to search it is opening a file to execute it.
    | libc::CAP_FEXECVE;
/// Waiting for files and asking whether they are terminals: the second word.
const ASKING: u64 = libc::CAP_EVENT | libc::CAP_IOCTL;

/// Raises it.
pub(super) fn raise(wasi: &Wasi, _plan: &Plan) -> Active {
    let mut active = Active::default();
    // Links and `..` would lead nowhere any more.
    if wasi.is_unconfined() {
        return active;
    }
    // SAFETY: the call has no preconditions.
    active.add(Measure::CapabilityMode, unsafe { libc::cap_enter() } == 0);
    if active.has(Measure::CapabilityMode) {
        wasi.grants().for_each(limit);
    }
    active
}

/// Takes the rights to change anything from what is only read, and from the directory in which something is
/// by its name: nothing else is done through that one, and what is of other names there is left to the shim.
/// A system that refuses leaves the shim's own check, as for everything that rights do not tell apart.
fn limit(grant: Grant<'_>) {
    let (Access::Directory { write: false, .. } | Access::Name { write: false, .. }) = grant.access
    else {
        return;
    };
    // SAFETY: the structure is two words; the descriptor is open.
    unsafe {
        let mut rights: libc::cap_rights_t = core::mem::zeroed();
        let (version, end) = (libc::CAP_RIGHTS_VERSION, 0_u64);
        libc::__cap_rights_init(version, &raw mut rights, READING, ASKING, end);
        libc::cap_rights_limit(grant.file.as_raw_fd(), &raw const rights);
    }
}
