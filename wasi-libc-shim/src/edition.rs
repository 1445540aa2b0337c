//! The two editions of WASI that programs import, and what differs between them: the numbers of `whence`,
//! the bytes of a `filestat` and those of a `subscription`.
//!
//! It stands alone so that all else is written once, in the words of preview 1. Sources: the witx texts
//! of `wasi_snapshot_preview1` and `wasi_unstable`.

use crate::host::Whence;

/// An edition of WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// `wasi_snapshot_preview1`.
    Preview1,
    /// `wasi_unstable`, which is called preview 0.
    Unstable,
}

impl Edition {
    /// From where an `fd_seek` counts, by its `whence`.
    pub(crate) fn whence(self, number: u32) -> Option<Whence> {
        match (self, number) {
            (Self::Preview1, 0) | (Self::Unstable, 2) => Some(Whence::Start),
            (Self::Preview1, 1) | (Self::Unstable, 0) => Some(Whence::Current),
            (Self::Preview1, 2) | (Self::Unstable, 1) => Some(Whence::End),
            _ => None,
        }
    }

    /// Bytes of a `subscription`.
    pub(crate) fn subscription_bytes(self) -> u32 {
        match self {
            Self::Preview1 => 48,
            Self::Unstable => 56,
        }
    }

    /// Where a `subscription_clock` has its `id`, from the start of the subscription: preview 0 has a
    /// number of the program's own before it, which means nothing to anybody else.
    pub(crate) fn clock_offset(self) -> u32 {
        match self {
            Self::Preview1 => 16,
            Self::Unstable => 24,
        }
    }
}
