//! The build id: a note with the hash of everything else in the file, by which debuggers, profilers
//! and crash collectors tell executables apart. Source: the GNU extension as described in `ld`'s
//! manual (`--build-id`); ELF gABI chapter 5, "Note Section".

use crate::bytes::ByteOrder;
use object::elf;
use sha2::{Digest, Sha256};

/// Size of the id: what tools expect of a hash.
const ID_BYTES: usize = 20;
const NAME: [u8; 4] = *b"GNU\0";
/// Size of the note.
pub(super) const NOTE_BYTES: u64 = 12 + NAME.len() as u64 + ID_BYTES as u64;

/// The note with an id of zeros.
pub(super) fn empty_note(order: ByteOrder) -> Vec<u8> {
    let mut note = Vec::with_capacity(NOTE_BYTES as usize);
    note.extend_from_slice(&order.u32(NAME.len() as u32));
    note.extend_from_slice(&order.u32(ID_BYTES as u32));
    note.extend_from_slice(&order.u32(elf::NT_GNU_BUILD_ID));
    note.extend_from_slice(&NAME);
    note.resize(NOTE_BYTES as usize, 0);
    note
}

/// Fills in the id of the note that ends at `note_end` in `file`, which is complete but for it.
pub(super) fn fill_in(file: &mut [u8], note_end: usize) {
    let hash = Sha256::digest(&*file);
    file[note_end - ID_BYTES..note_end].copy_from_slice(&hash[..ID_BYTES]);
}
