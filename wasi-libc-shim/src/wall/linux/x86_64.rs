//! x86-64: calls that newer architectures have not, and the numbers of other conventions.

use super::table::{CLOSE, Call, POLL, RENAME, call};

/// How the kernel calls the convention of native calls.
pub(super) const CONVENTION: u32 = 0xc000_0000 | libc::EM_X86_64 as u32;

/// Numbers from here on are those of the x32 convention, which the kernel does not call by another name.
pub(super) const FIRST_FOREIGN_NUMBER: Option<u32> = Some(0x4000_0000);

pub(super) const CALLS: [Call; 4] = [
    call(libc::SYS_pipe, CLOSE),
    call(libc::SYS_dup2, CLOSE),
    call(libc::SYS_renameat, RENAME),
    call(libc::SYS_poll, POLL),
];
