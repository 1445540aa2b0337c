//! The files that are part of an executable: how the compiler lays a tree out and the stub reads it.
//!
//! It stands alone because both sides need it and neither trusts the other's arithmetic: reading is
//! checked, so that damage is an absence and never a fault. All numbers are little-endian on every
//! target and unaligned. The tree is a table of [`ENTRY_BYTES`] each, then names and contents in any
//! order, to which offsets from the start of the tree refer. Entry 0 is the root directory; the entries of
//! one directory stand side by side, in ascending order of their names' bytes, behind their directory.

/// Bytes of one entry.
pub const ENTRY_BYTES: usize = 32;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// A directory, with the index of its first entry and how many it has.
    Directory {
        /// Index of the first entry in it.
        first: u64,
        /// How many there are.
        count: u64,
    },
    /// A file.
    File(&'a [u8]),
}

/// One line of the table: little-endian numbers of 4, 4, 8, 8 and 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 0 for a directory, 1 for a file.
    pub kind: u32,
    /// Bytes of the name.
    pub name_bytes: u32,
    /// Offset of the name.
    pub name_offset: u64,
    /// Index of a directory's first entry, or offset of a file's contents.
    pub first: u64,
    /// Number of a directory's entries, or bytes of a file's contents.
    pub size: u64,
}

impl Entry {
    /// [`Self::kind`] of a directory.
    pub const DIRECTORY: u32 = 0;
    /// [`Self::kind`] of a file.
    pub const FILE: u32 = 1;

    /// The entry's bytes.
    pub fn encode(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..4].copy_from_slice(&self.kind.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.name_bytes.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.name_offset.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..].copy_from_slice(&self.size.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let long = |at: usize| {
            let mut long = [0; 8];
            long.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(long)
        };
        let words = long(0);
        Self {
            kind: words as u32,
            name_bytes: (words >> 32) as u32,
            name_offset: long(8),
            first: long(16),
            size: long(24),
        }
    }
}

/// A tree of embedded files.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    bytes: &'a [u8],
}

impl<'a> Tree<'a> {
    /// A tree in `bytes`; an empty one has an empty root.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn slice(&self, offset: u64, size: u64) -> Option<&'a [u8]> {
        let (offset, size) = (usize::try_from(offset).ok()?, usize::try_from(size).ok()?);
        self.bytes.get(offset..)?.get(..size)
    }

    fn entry(&self, index: u64) -> Option<Entry> {
        let bytes = self.slice(index.checked_mul(ENTRY_BYTES as u64)?, ENTRY_BYTES as u64)?;
        Some(Entry::decode(bytes.first_chunk()?))
    }

    /// What the entry at `index` is; `None` when there is none. Entry 0 is always there.
    pub fn node(&self, index: u64) -> Option<Node<'a>> {
        let Some(entry) = self.entry(index) else {
            return (index == 0).then_some(Node::Directory { first: 0, count: 0 });
        };
        match entry.kind {
            // Entries stand behind their directory, so that no walk runs in a circle.
            Entry::DIRECTORY if entry.first > index || entry.size == 0 => {
                Some(Node::Directory { first: entry.first, count: entry.size })
            }
            Entry::FILE => self.slice(entry.first, entry.size).map(Node::File),
            _ => None,
        }
    }

    /// The name of the entry at `index`; empty for the root and for what is not there.
    pub fn name(&self, index: u64) -> &'a [u8] {
        let entry = self.entry(index);
        entry
            .and_then(|entry| self.slice(entry.name_offset, entry.name_bytes.into()))
            .unwrap_or(&[])
    }

    /// The index of the entry called `name` in the directory at `directory`.
    pub fn find(&self, directory: u64, name: &[u8]) -> Option<u64> {
        let Node::Directory { first, count } = self.node(directory)? else { return None };
        let (mut low, mut high) = (first, first.checked_add(count)?);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(middle).cmp(name) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}
