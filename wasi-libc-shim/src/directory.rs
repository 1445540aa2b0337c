//! `fd_readdir`: the entries of an open directory.
//!
//! It stands alone as one area of WASI. A cookie is the number of entries before the place that it
//! stands for, which fits C libraries that keep it in 32 bits; what makes it keep its meaning while other
//! entries come and go is kept with the descriptor ([`crate::host::Listing`]). Invariants: cookie 0 reads anew;
//! an entry's cookie leads behind that entry; the buffer is filled to its end unless the directory's end
//! is reached before.

use crate::Wasi;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::memory::GuestMemory;
use crate::object::Object;
use crate::rights;
use core::ops::ControlFlow;

/// Bytes of a `dirent`, before the name.
const DIRENT_BYTES: usize = 24;

pub(crate) fn readdir(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buffer: u32,
    length: u32,
    cookie: u64,
    result: u32,
) -> Result<()> {
    let directory = wasi.descriptors.get_mut(fd)?;
    if directory.file_type != FileType::Directory {
        return Err(Errno::NotDirectory);
    }
    directory.require(rights::FD_READDIR)?;
    memory.region(buffer, length)?;
    memory.region(result, 4)?;

    let mut used = 0;
    let mut outcome = Ok(());
    let mut write = |inode, kind, name: &[u8], next_cookie: u64| {
        // An entry `..` does not tell about a directory that the program cannot reach.
        let inode = match name {
            b".." => match directory.object.status() {
                Ok(status) => status.inode,
                Err(error) => {
                    outcome = Err(error);
                    return ControlFlow::Break(());
                }
            },
            _ => inode,
        };
        let mut entry = [0; DIRENT_BYTES];
        entry[..8].copy_from_slice(&next_cookie.to_le_bytes());
        entry[8..16].copy_from_slice(&inode.to_le_bytes());
        entry[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
        entry[20] = kind as u8;
        for part in [&entry[..], name] {
            let room = (length - used) as usize;
            let part = part.get(..room).unwrap_or(part);
            outcome = memory.write(buffer + used, part);
            used += part.len() as u32;
        }
        if used == length || outcome.is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    match &directory.object {
        Object::Host(handle) => directory.listing.read(handle.borrow(), cookie, write)?,
        Object::Embedded(embedded) => {
            let first = embedded.list(cookie, &mut write);
            if let (Some(first), Some(designated)) = (first, &directory.designated) {
                designated.list(first, cookie, write);
            }
        }
    }
    outcome?;
    memory.write_u32(result, used)
}
