//! ELF only: keeps the room for more program headers.

use wasm2native_abi::stub::RESERVED_HEADERS;

/// Size in bytes of an ELF program header.
const PROGRAM_HEADER_BYTES: usize = 56;
/// Size in bytes of the note's content: the note begins with 16 bytes of its own.
const NOTE_BYTES: usize = RESERVED_HEADERS * PROGRAM_HEADER_BYTES - 16;

/// A note without meaning, in the place where more program headers will be (ELF gABI, note section).
#[repr(C, align(8))]
struct Note {
    name_bytes: u32,
    content_bytes: u32,
    kind: u32,
    name: [u8; 4],
    content: [u8; NOTE_BYTES],
}

#[used]
#[cfg_attr(not(test), unsafe(link_section = ".note.w2n.phdrs"))]
static RESERVED: Note = Note {
    name_bytes: 4,
    content_bytes: NOTE_BYTES as u32,
    kind: 1,
    name: *b"w2n\0",
    content: [0; NOTE_BYTES],
};
