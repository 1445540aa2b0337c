//! The code signature: the hash of every page of the file, without which a kernel for arm64 does not
//! run it. It is ad hoc: it says what the file is, not who made it.
//!
//! It has the form that Apple's own linker gives its results: a code directory alone, version 0x20400,
//! flags "ad hoc" and "linker-signed"; the latter tells `codesign` that it may put a real signature in
//! its place without being forced. Pages are of 4 KiB whatever the kernel's, as there. Numbers are
//! big-endian. The identifier is the same for all, since a name of the output would make equal inputs
//! differ. Sources: `cs_blobs.h` of the published kernel, and its checks in `ubc_subr.c`.

use crate::bytes::align_up;
use crate::error::Error;
use object::macho;
use sha2::{Digest, Sha256};

/// The signature begins at a multiple of this, as the dynamic linker requires; its size is one too.
pub(super) const ALIGN_BYTES: u64 = 16;
pub(super) const PAGE_BYTES_LOG2: u8 = 12;
pub(super) const PAGE_BYTES: u64 = 1 << PAGE_BYTES_LOG2;
pub(super) const HASH_BYTES: u64 = 32;
pub(super) const MAGIC: u32 = 0xfade_0cc0;
pub(super) const DIRECTORY_MAGIC: u32 = 0xfade_0c02;
pub(super) const DIRECTORY_VERSION: u32 = 0x2_0400;
/// `CS_ADHOC` and `CS_LINKER_SIGNED`.
pub(super) const FLAGS: u32 = 0x2 | 0x2_0000;
/// `CS_HASHTYPE_SHA256`.
pub(super) const HASH_TYPE: u8 = 2;
/// `CS_EXECSEG_MAIN_BINARY`.
pub(super) const EXECUTABLE_FLAGS: u64 = 1;

const IDENTIFIER: &[u8] = b"wasm2native";
/// The blob around all: magic number, size, number of blobs in it; kind and offset of the one.
const WRAPPER_BYTES: u64 = 12 + 8;
/// The code directory before its identifier.
const DIRECTORY_BYTES: u64 = 88;
/// `LC_CODE_SIGNATURE`.
const COMMAND_BYTES: u32 = 16;

/// Everything before the hashes.
fn head_bytes() -> u64 {
    let exact = WRAPPER_BYTES + DIRECTORY_BYTES + IDENTIFIER.len() as u64 + 1;
    align_up(exact, ALIGN_BYTES).unwrap_or(exact)
}

/// The size of the signature of a file that ends at `file_offset` but for it.
pub(super) fn size_bytes(file_offset: u64) -> u64 {
    head_bytes() + file_offset.div_ceil(PAGE_BYTES) * HASH_BYTES
}

/// The load command that refers to the signature.
pub(super) fn command(file_offset: u64, size_bytes: u64) -> Result<Vec<u8>, Error> {
    let too_large = |_| Error::TooLarge { what: "the executable" };
    let numbers = [
        macho::LC_CODE_SIGNATURE,
        COMMAND_BYTES,
        u32::try_from(file_offset).map_err(too_large)?,
        u32::try_from(size_bytes).map_err(too_large)?,
    ];
    Ok(numbers.map(u32::to_le_bytes).concat())
}

/// The signature of `file`, which is complete but for it and whose first segment has
/// `executable_bytes`.
pub(super) fn sign(file: &[u8], executable_bytes: u64) -> Vec<u8> {
    let total_bytes = size_bytes(file.len() as u64);
    let pages = file.chunks(PAGE_BYTES as usize);
    let mut bytes = Vec::with_capacity(total_bytes as usize);
    let mut numbers = |numbers: &[u32]| {
        for number in numbers {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
    };
    // `CSSLOT_CODEDIRECTORY` is 0.
    numbers(&[MAGIC, total_bytes as u32, 1, 0, WRAPPER_BYTES as u32]);
    numbers(&[DIRECTORY_MAGIC, (total_bytes - WRAPPER_BYTES) as u32, DIRECTORY_VERSION, FLAGS]);
    // Where the hashes and the identifier are; no special slots.
    let hashes = (head_bytes() - WRAPPER_BYTES) as u32;
    numbers(&[hashes, DIRECTORY_BYTES as u32, 0, pages.len() as u32, file.len() as u32]);
    numbers(&[u32::from_be_bytes([HASH_BYTES as u8, HASH_TYPE, 0, PAGE_BYTES_LOG2])]);
    // Unused; no scattering, no team; unused; the file's size again, for files from 4 GiB.
    numbers(&[0, 0, 0, 0, 0, 0]);
    for number in [0, executable_bytes, EXECUTABLE_FLAGS] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(IDENTIFIER);
    bytes.resize(head_bytes() as usize, 0);
    for page in pages {
        bytes.extend_from_slice(&Sha256::digest(page));
    }
    bytes
}

/// An identity of the image by its contents: `file` with zeros in its place and without signature.
/// Its form is that of version 8, whose bits anybody may define (RFC 9562, 5.8).
pub(super) fn uuid(file: &[u8]) -> [u8; 16] {
    let hash = Sha256::digest(file);
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&hash[..16]);
    uuid[6] = uuid[6] & 0x0f | 0x80;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}
