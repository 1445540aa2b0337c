//! IBM Z: calls that newer architectures have not.

use super::table::{CLOSE, Call, POLL, RENAME, call};

/// How the kernel calls the convention of native calls: big-endian, unlike the others.
pub(super) const CONVENTION: u32 = 0x8000_0000 | libc::EM_S390 as u32;

/// All numbers are native ones.
pub(super) const FIRST_FOREIGN_NUMBER: Option<u32> = None;

pub(super) const CALLS: [Call; 4] = [
    call(libc::SYS_pipe, CLOSE),
    call(libc::SYS_dup2, CLOSE),
    call(libc::SYS_renameat, RENAME),
    call(libc::SYS_poll, POLL),
];
