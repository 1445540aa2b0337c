//! Reads and writes between files and linear memory: one system call each, without a copy. A single piece
//! of memory goes by the calls for one, which cost the kernel less; a list of none goes as one that is
//! empty, since not every system takes a list of none.
//!
//! It stands alone because here addresses of linear memory go to the kernel. Invariant: every vector was
//! checked against the memory's length in this same host call.

use super::retry;
use crate::errno::Result;
use std::os::fd::{AsRawFd, BorrowedFd};

/// So many vectors are passed to the kernel at most (`UIO_MAXIOV`, `IOV_MAX` elsewhere): a call with
/// more transfers only part of what it could, as every call may.
const MAXIMUM_VECTORS: usize = 1024;
/// So many bytes are passed at most: Linux transfers no more in one call, and macOS refuses more.
const MAXIMUM_BYTES: usize = 0x7fff_f000;
/// So many need no allocation: what C libraries pass to write a buffer and what follows it. The room for more
/// costs every call.
const INLINE_VECTORS: usize = 2;

const NO_VECTOR: libc::iovec = libc::iovec { iov_base: core::ptr::null_mut(), iov_len: 0 };

/// Pieces of linear memory, in the form that the kernel takes.
pub(crate) struct Vectors {
    first: [libc::iovec; INLINE_VECTORS],
    /// All of them, when they are more.
    all: Vec<libc::iovec>,
    count: usize,
    /// How many bytes more are passed.
    bytes_left: usize,
}

impl Vectors {
    /// Room for `count` vectors, or as many as one call takes.
    pub(crate) fn with_count(count: u32) -> Self {
        let count = (count as usize).min(MAXIMUM_VECTORS);
        let all = if count > INLINE_VECTORS { vec![NO_VECTOR; count] } else { Vec::new() };
        let first = [NO_VECTOR; INLINE_VECTORS];
        Self { first, all, count, bytes_left: MAXIMUM_BYTES }
    }

    /// How many vectors to set.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Sets the vector at `index`, if there is one. Each is set once, in order.
    pub(crate) fn set(&mut self, index: usize, base: *mut u8, length: usize) {
        let length = length.min(self.bytes_left);
        self.bytes_left -= length;
        let vectors = if self.all.is_empty() { &mut self.first[..] } else { &mut self.all[..] };
        if let Some(vector) = vectors.get_mut(index) {
            *vector = libc::iovec { iov_base: base.cast(), iov_len: length };
        }
    }

    /// Copies as much of `bytes` into the pieces as fits, and says how many bytes that are.
    pub(crate) fn fill(&self, bytes: &[u8]) -> u32 {
        let vectors = if self.all.is_empty() { &self.first[..] } else { &self.all[..] };
        let mut rest = bytes;
        for vector in vectors.iter().take(self.count) {
            let length = vector.iov_len.min(rest.len());
            // SAFETY: the piece was checked to be in linear memory, which `bytes` is not.
            unsafe {
                core::ptr::copy_nonoverlapping(rest.as_ptr(), vector.iov_base.cast(), length)
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        (bytes.len() - rest.len()) as u32
    }

    /// The vectors, for a call.
    pub(super) fn as_ptr(&self) -> *const libc::iovec {
        if self.all.is_empty() { self.first.as_ptr() } else { self.all.as_ptr() }
    }
}

/// Which way and where in the file.
#[derive(Clone, Copy)]
pub(crate) enum Transfer {
    Read,
    Write,
    ReadAt(u64),
    WriteAt(u64),
}

/// Reads or writes, and says how many bytes.
pub(crate) fn transfer(
    file: BorrowedFd<'_>,
    vectors: &Vectors,
    direction: Transfer,
) -> Result<u32> {
    let file = file.as_raw_fd();
    let (pointer, count) = (vectors.as_ptr(), vectors.count as libc::c_int);
    if count <= 1 {
        let libc::iovec { iov_base: base, iov_len: length } = vectors.first[0];
        // SAFETY: as below.
        let bytes = retry(|| unsafe {
            match direction {
                Transfer::Read => libc::read(file, base, length),
                Transfer::Write => libc::write(file, base, length),
                Transfer::ReadAt(offset) => {
                    libc::pread(file, base, length, offset.cast_signed() as libc::off_t)
                }
                Transfer::WriteAt(offset) => {
                    libc::pwrite(file, base, length, offset.cast_signed() as libc::off_t)
                }
            }
        })?;
        return Ok(u32::try_from(bytes).unwrap_or(u32::MAX));
    }
    // SAFETY: `pointer` has `count` vectors, and each is in linear memory, which stays as it is during
    // the call. An offset beyond the host's range becomes negative, which the kernel refuses.
    let bytes = retry(|| unsafe {
        match direction {
            Transfer::Read => libc::readv(file, pointer, count),
            Transfer::Write => libc::writev(file, pointer, count),
            Transfer::ReadAt(offset) => {
                libc::preadv(file, pointer, count, offset.cast_signed() as libc::off_t)
            }
            Transfer::WriteAt(offset) => {
                libc::pwritev(file, pointer, count, offset.cast_signed() as libc::off_t)
            }
        }
    })?;
    Ok(u32::try_from(bytes).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_passed_than_every_system_takes() {
        for count in [INLINE_VECTORS as u32, 20] {
            let mut vectors = Vectors::with_count(count);
            for index in 0..vectors.count() {
                vectors.set(index, core::ptr::dangling_mut(), 0x5000_0000);
            }
            // SAFETY: there are `count` vectors.
            let all = unsafe { core::slice::from_raw_parts(vectors.as_ptr(), vectors.count()) };
            let lengths: Vec<_> = all.iter().map(|vector| vector.iov_len).collect();
            assert_eq!(lengths[..2], [0x5000_0000, 0x2fff_f000]);
            assert_eq!(lengths.iter().sum::<usize>(), MAXIMUM_BYTES);
        }
    }
}
