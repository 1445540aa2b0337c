//! The build id: a note with the hash of everything else in the file, by which debuggers, profilers
//! and crash collectors tell executables apart. Source: the GNU extension as described in `ld`'s
//! manual (`--build-id`); ELF gABI chapter 5, "Note Section".

use crate::bytes::ByteOrder;
use crate::error::Error;
use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
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

/// Whether the build id in `file` is what [`fill_in`] would write.
pub(crate) fn has_own_identity(file: &[u8]) -> Result<bool, Error> {
    let header = FileHeader64::<Endianness>::parse(file).map_err(Error::unreadable)?;
    let endian = header.endian().map_err(Error::unreadable)?;
    for segment in header.program_headers(endian, file).map_err(Error::unreadable)? {
        let Some(mut notes) = segment.notes(endian, file).map_err(Error::unreadable)? else {
            continue;
        };
        while let Some(note) = notes.next().map_err(Error::unreadable)? {
            let id = note.desc();
            if note.n_type(endian) != elf::NT_GNU_BUILD_ID || id.len() != ID_BYTES {
                continue;
            }
            let start = id.as_ptr().addr() - file.as_ptr().addr();
            let mut hash = Sha256::new();
            hash.update(&file[..start]);
            hash.update([0; ID_BYTES]);
            hash.update(&file[start + ID_BYTES..]);
            return Ok(hash.finalize()[..ID_BYTES] == *id);
        }
    }
    Err(Error::unreadable("it has no build id"))
}
