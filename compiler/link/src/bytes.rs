//! Numbers at offsets of byte slices, in either byte order, checked.
//!
//! It stands alone so that nothing else in the crate indexes bytes with numbers that a file gave.

/// `value` rounded up to a multiple of `alignment`, a power of two; nothing when that overflows.
pub(crate) fn align_up(value: u64, alignment: u64) -> Option<u64> {
    debug_assert!(alignment.is_power_of_two());
    Some(value.checked_add(alignment - 1)? & !(alignment - 1))
}

/// The `N` bytes at `offset`, if there are.
pub(crate) fn array<const N: usize>(bytes: &[u8], offset: u64) -> Option<[u8; N]> {
    bytes.get(usize::try_from(offset).ok()?..)?.first_chunk::<N>().copied()
}

/// The `N` bytes at `offset` for writing, if there are.
pub(crate) fn array_mut<const N: usize>(bytes: &mut [u8], offset: u64) -> Option<&mut [u8; N]> {
    bytes.get_mut(usize::try_from(offset).ok()?..)?.first_chunk_mut::<N>()
}

/// The `size` bytes at `offset`, if there are.
pub(crate) fn range(bytes: &[u8], offset: u64, size: u64) -> Option<&[u8]> {
    let end = usize::try_from(offset.checked_add(size)?).ok()?;
    bytes.get(usize::try_from(offset).ok()?..end)
}

/// The byte order of a target's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub(crate) fn read_u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    pub(crate) fn read_u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }

    pub(crate) fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub(crate) fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub(crate) fn u64(self, value: u64) -> [u8; 8] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}
