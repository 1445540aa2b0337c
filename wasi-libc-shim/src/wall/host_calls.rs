//! Sets of host calls: what a program imports, and what a system call is needed for.

use crate::call::index_of;
use wasm2native_abi::wasi::PREVIEW1;

/// A set of functions of [`PREVIEW1`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCalls(u64);

/// Set in every set: what is needed whatever a program imports.
const ALWAYS: u64 = 1 << 63;
const _: () = assert!(PREVIEW1.len() < 63);

impl HostCalls {
    /// All of them.
    pub const ALL: Self = Self(u64::MAX);

    /// The set that a policy encodes: bit `i % 8` of byte `i / 8` stands for the function at index `i`.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let set = bytes.iter().take(8).rev().fold(0, |set, &byte| set << 8 | u64::from(byte));
        Self(set | ALWAYS)
    }

    /// The set with the function at `index` only.
    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn only(index: usize) -> Self {
        Self(1 << index | ALWAYS)
    }

    /// What every program needs.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "others have no such list"))]
    pub(super) const fn always() -> Self {
        Self(ALWAYS)
    }

    /// The functions with these names, when this is compiled.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "others have no such list"))]
    pub(super) const fn named(names: &[&str]) -> Self {
        let (mut set, mut index) = (0, 0);
        while index < names.len() {
            set |= 1 << index_of(&PREVIEW1, names[index]);
            index += 1;
        }
        Self(set)
    }

    /// Those of both sets.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "others have no such list"))]
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any function is in both sets.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "others have no such list"))]
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
