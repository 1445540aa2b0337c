//! Turns a program's pointers and lengths into accesses that cannot leave its linear memory.
//!
//! It stands alone because it is the only place where a number that the program chose becomes an
//! address: sandbox-critical. Invariants: every access is checked against the memory's current length;
//! values are little-endian on every host; no reference into linear memory is ever made, since the
//! program's pieces may overlap and, with threads, change at any moment.

#![allow(unsafe_code)]

use crate::errno::{Errno, Result};
use core::marker::PhantomData;
use core::ptr;

/// A program's linear memory for the time of one host call.
pub struct GuestMemory<'a> {
    base: *mut u8,
    length_bytes: u64,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl<'a> From<&'a mut [u8]> for GuestMemory<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        Self { base: bytes.as_mut_ptr(), length_bytes: bytes.len() as u64, borrowed: PhantomData }
    }
}

impl GuestMemory<'_> {
    /// A program without a memory, where every pointer is out of range.
    pub fn none() -> Self {
        Self { base: ptr::dangling_mut(), length_bytes: 0, borrowed: PhantomData }
    }

    /// The memory at `base`, of `length_bytes` bytes; at most 4 GiB of it can be reached.
    ///
    /// # Safety
    /// - `base` is valid for reads and writes of `length_bytes` bytes as long as the value lives.
    /// - No Rust reference to any of these bytes is used meanwhile.
    pub unsafe fn from_raw_parts(base: *mut u8, length_bytes: u64) -> Self {
        Self { base, length_bytes, borrowed: PhantomData }
    }

    /// The address of `length` bytes at `pointer`.
    ///
    /// # Errors
    /// [`Errno::Fault`] when any of them is outside.
    pub(crate) fn region(&self, pointer: u32, length: u32) -> Result<*mut u8> {
        if u64::from(pointer) + u64::from(length) > self.length_bytes {
            return Err(Errno::Fault);
        }
        // SAFETY: the offset is at most the memory's length, by the check above.
        Ok(unsafe { self.base.add(pointer as usize) })
    }

    /// The address of `count` elements of `element_bytes` bytes each.
    ///
    /// # Errors
    /// [`Errno::Fault`] when any of them is outside.
    pub(crate) fn array(&self, pointer: u32, count: u32, element_bytes: u32) -> Result<*mut u8> {
        let length = count.checked_mul(element_bytes).ok_or(Errno::Fault)?;
        self.region(pointer, length)
    }

    /// Copies bytes out of the memory.
    pub(crate) fn read<const N: usize>(&self, pointer: u32) -> Result<[u8; N]> {
        let source = self.region(pointer, N as u32)?;
        let mut bytes = [0; N];
        // SAFETY: `region` has checked the source; the destination is a local of that size.
        unsafe { ptr::copy_nonoverlapping(source, bytes.as_mut_ptr(), N) };
        Ok(bytes)
    }

    /// Fills `buffer` from the memory at `pointer`.
    pub(crate) fn read_into(&self, pointer: u32, buffer: &mut [u8]) -> Result<()> {
        let length = u32::try_from(buffer.len()).map_err(|_| Errno::Fault)?;
        let source = self.region(pointer, length)?;
        // SAFETY: `region` has checked the source; the destination is not linear memory.
        unsafe { ptr::copy_nonoverlapping(source, buffer.as_mut_ptr(), buffer.len()) };
        Ok(())
    }

    /// Copies `bytes` into the memory.
    pub(crate) fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        let destination = self.region(pointer, length)?;
        // SAFETY: `region` has checked the destination; the source is not linear memory.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), destination, bytes.len()) };
        Ok(())
    }

    /// Writes a `u32`.
    pub(crate) fn write_u32(&mut self, pointer: u32, value: u32) -> Result<()> {
        self.write(pointer, &value.to_le_bytes())
    }

    /// Writes a `u64`.
    pub(crate) fn write_u64(&mut self, pointer: u32, value: u64) -> Result<()> {
        self.write(pointer, &value.to_le_bytes())
    }
}
