//! The part of the program's read-only data that compiled code refers to: the reference array of
//! function references, contents of tables, passive segments. Its layout is fixed before translation,
//! so that code can name an address in it by offset.
//!
//! Invariant: the reference array is at offset 0, so that an element anywhere in the section is a
//! PC-relative reference whose addend is its own offset (see [`wasm2native_abi::program`]).

use super::FunctionNumber;
use crate::Error;
use crate::signature::SignatureId;

/// A function reference, or null.
pub(crate) type Reference = Option<(FunctionNumber, SignatureId)>;

/// Bytes of a packed reference.
pub(crate) const REFERENCE_BYTES: u64 = 8;

/// A piece of read-only data.
pub(crate) enum Piece<'p> {
    /// Packed references.
    References(Vec<Reference>),
    /// Bytes of a data segment.
    Bytes(&'p [u8]),
}

impl Piece<'_> {
    /// What its offset is a multiple of.
    pub(crate) fn align_bytes(&self) -> u64 {
        match self {
            Self::References(_) => REFERENCE_BYTES,
            // IBM Z's instructions that form an address reach even ones only.
            Self::Bytes(_) => 2,
        }
    }
}

/// Read-only data, laid out.
#[derive(Default)]
pub(crate) struct Constants<'p> {
    pieces: Vec<(u32, Piece<'p>)>,
    size_bytes: u64,
}

impl<'p> Constants<'p> {
    /// Places packed references and returns their offset.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub(crate) fn add_references(&mut self, references: Vec<Reference>) -> Result<u32, Error> {
        let size = references.len() as u64 * REFERENCE_BYTES;
        self.add(Piece::References(references), size)
    }

    /// Places bytes and returns their offset.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub(crate) fn add_bytes(&mut self, bytes: &'p [u8]) -> Result<u32, Error> {
        self.add(Piece::Bytes(bytes), bytes.len() as u64)
    }

    fn add(&mut self, piece: Piece<'p>, size_bytes: u64) -> Result<u32, Error> {
        let offset = self.size_bytes.next_multiple_of(piece.align_bytes());
        let end = offset + size_bytes;
        if end > super::SECTION_LIMIT_BYTES {
            let limit_bytes = super::SECTION_LIMIT_BYTES;
            return Err(Error::TooLarge { what: "read-only data", limit_bytes });
        }
        self.size_bytes = end;
        let offset = u32::try_from(offset).expect("below the limit");
        self.pieces.push((offset, piece));
        Ok(offset)
    }

    /// All pieces with their offsets, ascending.
    pub(crate) fn pieces(&self) -> &[(u32, Piece<'p>)] {
        &self.pieces
    }
}
