//! `args_*` and `environ_*`: the lists of strings that a program starts with.
//!
//! It stands alone as one area of WASI. Invariant: both are fixed when the program starts, so that the
//! sizes that it asked for stay true.

use crate::errno::{Errno, Result};
use crate::memory::GuestMemory;

/// Writes how many strings there are and how many bytes they take, with a NUL behind each.
pub(crate) fn sizes_get(
    strings: &[Vec<u8>],
    memory: &mut GuestMemory<'_>,
    count: u32,
    size_bytes: u32,
) -> Result<()> {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    memory.write_u32(count, u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?)?;
    memory.write_u32(size_bytes, u32::try_from(bytes).map_err(|_| Errno::Overflow)?)
}

/// Writes the strings to `buffer` and a pointer to each to `pointers`.
pub(crate) fn get(
    strings: &[Vec<u8>],
    memory: &mut GuestMemory<'_>,
    pointers: u32,
    buffer: u32,
) -> Result<()> {
    // Wider than a pointer, so that a list that ends at 4 GiB does not go on at 0.
    let mut pointers = u64::from(pointers);
    let mut buffer = u64::from(buffer);
    for string in strings {
        let at = u32::try_from(buffer).map_err(|_| Errno::Fault)?;
        memory.write_u32(u32::try_from(pointers).map_err(|_| Errno::Fault)?, at)?;
        memory.write(at, string)?;
        buffer += string.len() as u64;
        memory.write(u32::try_from(buffer).map_err(|_| Errno::Fault)?, &[0])?;
        buffer += 1;
        pointers += 4;
    }
    Ok(())
}
