//! `fd_readdir`: the entries of an open directory.
//!
//! It stands alone as one area of WASI. A cookie is the number of entries before the place that it
//! stands for, which fits C libraries that keep it in 32 bits; the host's own position there, which
//! keeps its meaning while other entries come and go, is kept with the descriptor. Invariants: cookie 0
//! reads anew; an entry's cookie leads behind that entry; the buffer is filled to its end unless the
//! directory's end is reached before.

use crate::Wasi;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::host;
use crate::memory::GuestMemory;
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

    let positions = &mut directory.entry_positions;
    if cookie == 0 {
        positions.clear();
    }
    // Entries before this one were seen; a cookie beyond leads on from there.
    let mut index = cookie.min(positions.len() as u64);
    let position = match usize::try_from(index) {
        Ok(index @ 1..) => positions.get(index - 1).copied().unwrap_or(0),
        _ => 0,
    };
    // An entry `..` does not tell about a directory that the program cannot reach.
    let own_inode = host::file_status(directory.handle.borrow())?.inode;
    let mut used = 0;
    let mut outcome = Ok(());
    host::read_directory(directory.handle.borrow(), position, |inode, kind, name, next| {
        index += 1;
        if index > positions.len() as u64 {
            positions.push(next);
        }
        if index <= cookie {
            return ControlFlow::Continue(());
        }
        let inode = if name == b".." { own_inode } else { inode };
        let mut entry = [0; DIRENT_BYTES];
        entry[..8].copy_from_slice(&index.to_le_bytes());
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
    })?;
    outcome?;
    memory.write_u32(result, used)
}
