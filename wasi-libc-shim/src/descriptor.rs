//! `fd_close`, `fd_renumber`, `fd_prestat_*` and `fd_fdstat_set_rights`: descriptors themselves.
//!
//! It stands alone as one area of WASI. Invariant: rights are only ever removed.

use crate::Wasi;
use crate::errno::{Errno, Result};
use crate::memory::GuestMemory;
use crate::rights::{self, Rights};

pub(crate) fn close(wasi: &mut Wasi, fd: u32) -> Result<()> {
    wasi.descriptors.remove(fd)?.object.close()
}

pub(crate) fn renumber(wasi: &mut Wasi, from: u32, to: u32) -> Result<()> {
    if let Some(replaced) = wasi.descriptors.renumber(from, to)? {
        // As `dup2`, which does not say what closing the old file met.
        let _ = replaced.object.close();
    }
    Ok(())
}

fn preopened_name(wasi: &Wasi, fd: u32) -> Result<&[u8]> {
    // `badf` ends a C library's search for granted directories.
    wasi.descriptors.get(fd)?.preopened.as_deref().ok_or(Errno::BadDescriptor)
}

/// Writes the 8 bytes of a `prestat`: a directory, and the length of its name.
pub(crate) fn prestat_get(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    result: u32,
) -> Result<()> {
    let length = preopened_name(wasi, fd)?.len() as u64;
    memory.write_u64(result, length << 32)
}

pub(crate) fn prestat_dir_name(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buffer: u32,
    length: u32,
) -> Result<()> {
    let name = preopened_name(wasi, fd)?;
    memory.region(buffer, length)?;
    if name.len() > length as usize {
        return Err(Errno::NameTooLong);
    }
    memory.write(buffer, name)
}

pub(crate) fn fdstat_set_rights(
    wasi: &mut Wasi,
    fd: u32,
    base: Rights,
    inheriting: Rights,
) -> Result<()> {
    let file = wasi.descriptors.get_mut(fd)?;
    let added = base & !file.rights_base | inheriting & !file.rights_inheriting;
    if added & rights::ALL != 0 {
        return Err(Errno::NotCapable);
    }
    file.rights_base &= base;
    file.rights_inheriting &= inheriting;
    Ok(())
}
