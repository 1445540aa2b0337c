//! What a descriptor stands for: a file of the host's, or something that is only the program's.
//!
//! It stands alone so that the areas of WASI need not know which it is. Invariants: what is not the
//! host's is never changed through this; it never waits.

use crate::embedded::Embedded;
use crate::errno::{Errno, Result};
use crate::file_type::FileStatus;
use crate::host::{self, Advice, Borrowed, Handle, StatusFlags, Transfer, Vectors, Whence};

/// What is open.
pub(crate) enum Object {
    /// A file of the host's, of whatever type.
    Host(Handle),
    /// A file or directory that is part of the executable.
    Embedded(Embedded),
}

impl Object {
    /// The host's file.
    ///
    /// # Errors
    /// `rofs` when it is none: what still needs one by then would change it.
    pub(crate) fn host(&self) -> Result<Borrowed<'_>> {
        match self {
            Self::Host(handle) => Ok(handle.borrow()),
            Self::Embedded(_) => Err(Errno::ReadOnlyFileSystem),
        }
    }

    /// Reads or writes, and says how many bytes.
    pub(crate) fn transfer(&self, vectors: &Vectors, direction: Transfer) -> Result<u32> {
        match self {
            Self::Host(handle) => host::transfer(handle.borrow(), vectors, direction),
            Self::Embedded(embedded) => embedded.transfer(vectors, direction),
        }
    }

    /// Moves the position, and says where it is then.
    pub(crate) fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        match self {
            Self::Host(handle) => host::seek(handle.borrow(), offset, whence),
            Self::Embedded(embedded) => embedded.seek(offset, whence),
        }
    }

    /// Tells what will be done with a range.
    pub(crate) fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<()> {
        match self {
            Self::Host(handle) => host::advise(handle.borrow(), offset, length, advice),
            Self::Embedded(_) if i64::try_from(offset.max(length)).is_err() => Err(Errno::Invalid),
            Self::Embedded(_) => Ok(()),
        }
    }

    /// Waits until what was written is on the disk.
    pub(crate) fn synchronize(&self) -> Result<()> {
        match self {
            Self::Host(handle) => host::synchronize(handle.borrow()),
            Self::Embedded(_) => Ok(()),
        }
    }

    /// Waits until the data that was written is on the disk.
    pub(crate) fn synchronize_data(&self) -> Result<()> {
        match self {
            Self::Host(handle) => host::synchronize_data(handle.borrow()),
            Self::Embedded(_) => Ok(()),
        }
    }

    pub(crate) fn status(&self) -> Result<FileStatus> {
        match self {
            Self::Host(handle) => host::file_status(handle.borrow()),
            Self::Embedded(embedded) => Ok(embedded.status()),
        }
    }

    /// The flags that can change while it is open.
    pub(crate) fn status_flags(&self) -> Result<StatusFlags> {
        match self {
            Self::Host(handle) => host::status_flags(handle.borrow()),
            Self::Embedded(embedded) => Ok(embedded.status_flags()),
        }
    }

    pub(crate) fn set_status_flags(&mut self, flags: StatusFlags) -> Result<()> {
        match self {
            Self::Host(handle) => host::set_status_flags(handle.borrow(), flags),
            Self::Embedded(embedded) => {
                embedded.set_status_flags(flags);
                Ok(())
            }
        }
    }

    /// Closes it, with the error that the host reports only now, if any.
    pub(crate) fn close(self) -> Result<()> {
        match self {
            Self::Host(handle) => handle.close(),
            Self::Embedded(_) => Ok(()),
        }
    }
}
