//! Re-reads the signature of a finished executable and compares every page with its hash, so that a
//! defect of this linker is an error and not a file that the system kills.
//!
//! It reads at the offsets of `cs_blobs.h` and shares no arithmetic with the writer.

use super::signature::{
    ALIGN_BYTES, DIRECTORY_MAGIC, DIRECTORY_VERSION, EXECUTABLE_FLAGS, FLAGS, HASH_BYTES,
    HASH_TYPE, MAGIC, PAGE_BYTES_LOG2,
};
use crate::bytes::{array, range};
use crate::error::Error;
use sha2::{Digest, Sha256};

/// Checks the signature, `size_bytes` at `file_offset` of `file`, whose `__TEXT` has `text_bytes` from
/// the start of the file.
pub(super) fn verify(
    file: &[u8],
    file_offset: u64,
    size_bytes: u64,
    text_bytes: u64,
) -> Result<(), Error> {
    let invalid = |what: &str| Error::invalid(format_args!("the signature's {what}"));
    let blob = range(file, file_offset, size_bytes).ok_or_else(|| invalid("place"))?;
    if file_offset + size_bytes != file.len() as u64
        || !file_offset.is_multiple_of(ALIGN_BYTES)
        || !size_bytes.is_multiple_of(ALIGN_BYTES)
    {
        return Err(invalid("place is not the end of the file"));
    }
    let word = |bytes: &[u8], offset| array(bytes, offset).map(u32::from_be_bytes);
    let wide = |bytes: &[u8], offset| array(bytes, offset).map(u64::from_be_bytes);
    if word(blob, 0) != Some(MAGIC)
        || word(blob, 4).map(u64::from) != Some(size_bytes)
        || word(blob, 8) != Some(1)
        || word(blob, 12) != Some(0)
    {
        return Err(invalid("outer blob"));
    }
    let start = word(blob, 16).map_or(u64::MAX, u64::from);
    let directory_bytes = size_bytes.saturating_sub(start);
    let directory = range(blob, start, directory_bytes).ok_or_else(|| invalid("directory"))?;
    let hashes_offset = word(directory, 16).map_or(u64::MAX, u64::from);
    let pages = file[..file_offset as usize].chunks(1 << PAGE_BYTES_LOG2);
    let form = [
        (0, DIRECTORY_MAGIC),
        (4, directory.len() as u32),
        (8, DIRECTORY_VERSION),
        (12, FLAGS),
        (24, 0),
        (28, pages.len() as u32),
        (32, file_offset as u32),
        (36, u32::from_be_bytes([HASH_BYTES as u8, HASH_TYPE, 0, PAGE_BYTES_LOG2])),
        (40, 0),
        (44, 0),
        (48, 0),
        (52, 0),
    ];
    if form.into_iter().any(|(offset, expected)| word(directory, offset) != Some(expected))
        || [(56, 0), (64, 0), (72, text_bytes), (80, EXECUTABLE_FLAGS)]
            .into_iter()
            .any(|(offset, expected)| wide(directory, offset) != Some(expected))
    {
        return Err(invalid("directory"));
    }
    let identifier = word(directory, 20).map_or(u64::MAX, u64::from);
    let identifier = range(directory, identifier, hashes_offset.saturating_sub(identifier));
    if identifier.is_none_or(|bytes| !bytes.contains(&0)) {
        return Err(invalid("identifier"));
    }
    let hashes = hashes_offset
        .checked_add(pages.len() as u64 * HASH_BYTES)
        .filter(|&end| end == directory_bytes)
        .and_then(|end| range(directory, hashes_offset, end - hashes_offset))
        .ok_or_else(|| invalid("table of hashes"))?;
    for (page, hash) in pages.zip(hashes.chunks(HASH_BYTES as usize)) {
        if Sha256::digest(page)[..] != *hash {
            return Err(invalid("hash of a page"));
        }
    }
    Ok(())
}
