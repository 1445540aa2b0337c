//! RISC-V: the calls of every architecture are all that it has.

use super::table::Call;

/// How the kernel calls the convention of native calls.
pub(super) const CONVENTION: u32 = 0xc000_0000 | libc::EM_RISCV as u32;

/// All numbers are native ones.
pub(super) const FIRST_FOREIGN_NUMBER: Option<u32> = None;

pub(super) const CALLS: [Call; 0] = [];
