//! What WASI says about a file: its type, its status and how both lie in linear memory.
//!
//! It stands alone so that areas and hosts share the words. Source: `filetype`, `filestat` in the witx
//! text.

use crate::edition::Edition;
use crate::errno::Result;
use crate::memory::GuestMemory;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FileType {
    /// None of the others; a pipe, for example.
    Unknown = 0,
    #[cfg_attr(windows, allow(dead_code, reason = "this system has none"))]
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDatagram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl FileType {
    /// Whether it is one of the two kinds of socket.
    pub(crate) fn is_socket(self) -> bool {
        matches!(self, Self::SocketDatagram | Self::SocketStream)
    }

    /// Whether it is a directory or may stand for one.
    pub(crate) fn may_lead_to_directory(self) -> bool {
        matches!(self, Self::Directory | Self::SymbolicLink | Self::Unknown)
    }
}

/// The status of a file; times in nanoseconds since 1970.
pub(crate) struct FileStatus {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    /// Not everybody may read it.
    pub(crate) is_private: bool,
    pub(crate) links: u64,
    pub(crate) size_bytes: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl FileStatus {
    /// Whether both are of one file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Writes a `filestat`: 64 bytes, or the 56 of preview 0, where the number of links has 32 bits and
    /// follows the file's type.
    pub(crate) fn write(
        &self,
        memory: &mut GuestMemory<'_>,
        edition: Edition,
        pointer: u32,
    ) -> Result<()> {
        let words = [
            self.device,
            self.inode,
            self.file_type as u64,
            self.links,
            self.size_bytes,
            self.accessed,
            self.modified,
            self.changed,
        ];
        let mut bytes = [0; 64];
        for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        if edition == Edition::Unstable {
            let links = u32::try_from(self.links).unwrap_or(u32::MAX);
            bytes.copy_within(32.., 24);
            bytes[20..24].copy_from_slice(&links.to_le_bytes());
            return memory.write(pointer, &bytes[..56]);
        }
        memory.write(pointer, &bytes)
    }
}

/// How to set one of a file's times.
#[derive(Clone, Copy)]
pub(crate) enum SetTime {
    /// Leave it.
    Keep,
    /// To the present.
    Now,
    /// To so many nanoseconds since 1970.
    To(u64),
}
