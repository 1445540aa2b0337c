//! AArch64: a call that newer architectures have not.

use super::table::{Call, RENAME, call};

/// How the kernel calls the convention of native calls.
pub(super) const CONVENTION: u32 = 0xc000_0000 | libc::EM_AARCH64 as u32;

/// All numbers are native ones.
pub(super) const FIRST_FOREIGN_NUMBER: Option<u32> = None;

pub(super) const CALLS: [Call; 1] = [call(libc::SYS_renameat, RENAME)];
