//! The read-only section: bytes in the target's order, with references that the linker completes.
//!
//! Invariant: references inside the section are constants; references out of it are 32-bit PC-relative
//! relocations (see [`wasm2native_abi::relative`]). Nothing here is an absolute address.

/// A place outside of the read-only section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// An offset in the code.
    Code(u64),
    /// An offset in the instance blocks.
    Data(u64),
    /// An offset in the memory images.
    Image(u64),
}

/// A 32-bit PC-relative reference to be completed by the linker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// Where it is in the section.
    pub(crate) offset: u64,
    /// What it refers to.
    pub(crate) target: Outside,
    /// Added to the target's address, besides its offset.
    pub(crate) addend: i64,
}

/// A section being written.
pub(crate) struct ReadOnly {
    bytes: Vec<u8>,
    references: Vec<Reference>,
    big_endian: bool,
}

impl ReadOnly {
    /// An empty section.
    pub(crate) fn new(big_endian: bool) -> Self {
        Self { bytes: Vec::new(), references: Vec::new(), big_endian }
    }

    /// The offset of what is written next.
    pub(crate) fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Writes zeros up to a multiple of `align`, which the next offset then is.
    pub(crate) fn align(&mut self, align: usize) -> u64 {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
        self.offset()
    }

    /// Writes bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a number.
    pub(crate) fn u32(&mut self, value: u32) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes(&bytes);
    }

    /// Writes a number.
    pub(crate) fn u64(&mut self, value: u64) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes(&bytes);
    }

    /// Writes many numbers.
    pub(crate) fn u32s(&mut self, values: impl Iterator<Item = u32>) {
        for value in values {
            self.u32(value);
        }
    }

    /// Writes a reference to an offset of this section.
    pub(crate) fn inside(&mut self, target: u64) {
        let distance = target.wrapping_sub(self.offset());
        // The section is smaller than what 32 bits reach.
        self.u32(distance as u32);
    }

    /// Writes a reference to a place elsewhere.
    pub(crate) fn outside(&mut self, target: Outside) {
        self.references.push(Reference { offset: self.offset(), target, addend: 0 });
        self.u32(0);
    }

    /// Writes an absent reference.
    pub(crate) fn absent(&mut self) {
        self.u32(0);
    }

    /// Writes a reference to `count` elements from an offset of this section.
    pub(crate) fn slice(&mut self, start: u64, count: usize) {
        self.inside(start);
        self.u32(u32::try_from(count).expect("the section is limited"));
    }

    /// Writes a packed function reference (see [`wasm2native_abi::program`]): the distance of the code
    /// at `code_offset` from the reference base, which is offset 0 of this section, and the signature's
    /// identity.
    pub(crate) fn packed(&mut self, code_offset: u64, identity: u32) {
        if self.big_endian {
            self.u32(identity);
        }
        let offset = self.offset();
        let addend = i64::try_from(offset).expect("the section is limited");
        self.references.push(Reference { offset, target: Outside::Code(code_offset), addend });
        self.u32(0);
        if !self.big_endian {
            self.u32(identity);
        }
    }

    /// The section's bytes, and what the linker has to complete.
    pub(crate) fn finish(self) -> (Vec<u8>, Vec<Reference>) {
        (self.bytes, self.references)
    }
}
