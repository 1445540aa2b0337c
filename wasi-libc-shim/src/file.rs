//! `fd_*` on the contents and status of open files: read, write, seek, size, times, flags.
//!
//! It stands alone as one area of WASI. Invariants: data goes straight between the file and linear
//! memory; where a call has a result, the place for it is checked before anything is done.

use crate::Wasi;
use crate::descriptor_table::Descriptor;
use crate::edition::Edition;
use crate::errno::{Errno, Result};
use crate::file_type::{FileType, SetTime};
use crate::host::{self, Advice, SetTimes, StatusFlags, Transfer, Vectors, Whence};
use crate::memory::GuestMemory;
use crate::path::GuestTimes;
use crate::rights;

/// A list of `iovec` in linear memory.
#[derive(Clone, Copy)]
pub(crate) struct GuestVectors {
    pub(crate) pointer: u32,
    pub(crate) count: u32,
}

/// Bytes of an `iovec`: a pointer and a length.
const IOVEC_BYTES: u32 = 8;

impl GuestVectors {
    /// Room for what [`Self::read`] finds, which stays in its place: it is too large to be moved each time.
    pub(crate) fn room(self) -> Vectors {
        Vectors::with_count(self.count)
    }

    /// Takes the pieces of linear memory that the list names, all checked, into its [`Self::room`].
    pub(crate) fn read(self, memory: &GuestMemory<'_>, vectors: &mut Vectors) -> Result<()> {
        memory.array(self.pointer, self.count, IOVEC_BYTES)?;
        for index in 0..vectors.count() {
            let [a, b, c, d, e, f, g, h] =
                memory.read::<8>(self.pointer + index as u32 * IOVEC_BYTES)?;
            let length = u32::from_le_bytes([e, f, g, h]);
            let base = memory.region(u32::from_le_bytes([a, b, c, d]), length)?;
            vectors.set(index, base, length as usize);
        }
        Ok(())
    }
}

impl Wasi {
    /// The open file `fd`, which is no directory, for something that needs `rights`.
    fn file(&self, fd: u32, rights: rights::Rights) -> Result<&Descriptor> {
        let file = self.descriptors.get(fd)?;
        if file.file_type == FileType::Directory {
            return Err(Errno::IsDirectory);
        }
        file.require(rights)?;
        Ok(file)
    }

    /// The open file `fd`, for something about where its contents lie, which needs `rights`: engines agree
    /// that a directory is no descriptor for that.
    fn contents(&self, fd: u32, rights: rights::Rights) -> Result<&Descriptor> {
        match self.file(fd, rights) {
            Err(Errno::IsDirectory) => Err(Errno::BadDescriptor),
            result => result,
        }
    }
}

/// `fd_read`, `fd_pread`, `fd_write` and `fd_pwrite`; in the frame of its only caller, as that is itself.
#[inline(always)]
pub(crate) fn transfer(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    vectors: GuestVectors,
    direction: Transfer,
    result: u32,
) -> Result<()> {
    let (right, positioned, writes) = match direction {
        Transfer::Read => (rights::FD_READ, false, false),
        Transfer::Write => (rights::FD_WRITE, false, true),
        Transfer::ReadAt(_) => (rights::FD_READ, true, false),
        Transfer::WriteAt(_) => (rights::FD_WRITE, true, true),
    };
    let file = wasi.file(fd, right)?;
    // «If `rights::fd_seek` is set, includes the right to invoke `fd_pread`».
    if positioned && file.rights_base & rights::FD_SEEK == 0 {
        return Err(without_seek(file));
    }
    memory.region(result, 4)?;
    let mut room = vectors.room();
    vectors.read(memory, &mut room)?;
    let bytes = file.object.transfer(&room, direction)?;
    if writes {
        match file.after_write {
            AfterWrite::Nothing => {}
            AfterWrite::Data => file.object.synchronize_data()?,
            AfterWrite::All => file.object.synchronize()?,
        }
    }
    memory.write_u32(result, bytes)
}

/// Why a file without the right to seek does not: terminals and sockets never have it, and every system
/// answers for them as here.
fn without_seek(file: &Descriptor) -> Errno {
    match file.file_type {
        FileType::RegularFile | FileType::BlockDevice => Errno::NotCapable,
        _ => Errno::NotSeekable,
    }
}

/// `fd_seek`, and `fd_tell`, which seeks nowhere.
pub(crate) fn seek(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: i64,
    whence: Option<Whence>,
    result: u32,
) -> Result<()> {
    let file = wasi.file(fd, 0)?;
    let whence = whence.ok_or(Errno::Invalid)?;
    // «`fd_tell`, or `fd_seek` in such a way that the file offset remains unaltered».
    let tells = offset == 0 && matches!(whence, Whence::Current);
    let enough = rights::FD_SEEK | if tells { rights::FD_TELL } else { 0 };
    if file.rights_base & enough == 0 {
        return Err(without_seek(file));
    }
    memory.region(result, 8)?;
    let position = file.object.seek(offset, whence)?;
    memory.write_u64(result, position)
}

pub(crate) fn advise(wasi: &Wasi, fd: u32, offset: u64, length: u64, advice: u32) -> Result<()> {
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Invalid),
    };
    wasi.contents(fd, rights::FD_ADVISE)?.object.advise(offset, length, advice)
}

pub(crate) fn allocate(wasi: &Wasi, fd: u32, offset: u64, length: u64) -> Result<()> {
    refuse_read_only(wasi, fd)?;
    let file = wasi.contents(fd, rights::FD_ALLOCATE)?;
    // As `posix_fallocate`: some space, and an end that a file can have.
    if length == 0 {
        return Err(Errno::Invalid);
    }
    let end = offset.checked_add(length).filter(|&end| i64::try_from(end).is_ok());
    end.ok_or(Errno::FileTooBig)?;
    host::allocate(file.object.host()?, offset, length)
}

pub(crate) fn datasync(wasi: &Wasi, fd: u32) -> Result<()> {
    wasi.descriptors.with_rights(fd, rights::FD_DATASYNC)?.object.synchronize_data()
}

pub(crate) fn sync(wasi: &Wasi, fd: u32) -> Result<()> {
    wasi.descriptors.with_rights(fd, rights::FD_SYNC)?.object.synchronize()
}

pub(crate) fn filestat_get(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    edition: Edition,
    fd: u32,
    result: u32,
) -> Result<()> {
    let file = wasi.descriptors.with_rights(fd, rights::FD_FILESTAT_GET)?;
    file.object.status()?.write(memory, edition, result)
}

pub(crate) fn filestat_set_size(wasi: &Wasi, fd: u32, size_bytes: u64) -> Result<()> {
    refuse_read_only(wasi, fd)?;
    host::set_size(wasi.file(fd, rights::FD_FILESTAT_SET_SIZE)?.object.host()?, size_bytes)
}

pub(crate) fn filestat_set_times(wasi: &Wasi, fd: u32, times: GuestTimes) -> Result<()> {
    refuse_read_only(wasi, fd)?;
    let times = set_times_flags(times)?;
    let file = wasi.descriptors.with_rights(fd, rights::FD_FILESTAT_SET_TIMES)?;
    host::set_file_times(file.object.host()?, times)
}

fn refuse_read_only(wasi: &Wasi, fd: u32) -> Result<()> {
    if wasi.descriptors.get(fd)?.read_only {
        return Err(Errno::ReadOnlyFileSystem);
    }
    Ok(())
}

/// `fstflags`: which of the times to set, and to what.
pub(crate) fn set_times_flags(times: GuestTimes) -> Result<SetTimes> {
    fn one(flags: u32, time: u64) -> Result<SetTime> {
        match flags & 3 {
            0 => Ok(SetTime::Keep),
            1 => Ok(SetTime::To(time)),
            2 => Ok(SetTime::Now),
            _ => Err(Errno::Invalid),
        }
    }
    if times.flags > 0xf {
        return Err(Errno::Invalid);
    }
    Ok(SetTimes {
        accessed: one(times.flags, times.accessed)?,
        modified: one(times.flags >> 2, times.modified)?,
    })
}

const FLAG_APPEND: u16 = 1 << 0;
pub(crate) const FLAG_DSYNC: u16 = 1 << 1;
const FLAG_NONBLOCK: u16 = 1 << 2;
pub(crate) const FLAG_RSYNC: u16 = 1 << 3;
const FLAG_SYNC: u16 = 1 << 4;
/// Those that a file keeps from its opening to its closing.
const SYNCHRONOUS: u16 = FLAG_DSYNC | FLAG_RSYNC | FLAG_SYNC;

/// `fdflags`: what they ask of the host, and those that the host cannot tell apart later.
pub(crate) fn status_flags(flags: u32) -> Result<(StatusFlags, u16)> {
    if flags > 0x1f {
        return Err(Errno::Invalid);
    }
    let flags = flags as u16;
    let status = StatusFlags {
        append: flags & FLAG_APPEND != 0,
        nonblock: flags & FLAG_NONBLOCK != 0,
        data_synchronous: flags & FLAG_DSYNC != 0,
        synchronous: flags & (FLAG_RSYNC | FLAG_SYNC) != 0,
    };
    Ok((status, flags & SYNCHRONOUS))
}

/// Writes the 24 bytes of an `fdstat`.
pub(crate) fn fdstat_get(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    result: u32,
) -> Result<()> {
    let file = wasi.descriptors.get(fd)?;
    let mut flags = file.synchronous;
    // Nothing to ask for a directory, of which C libraries ask this before each open.
    if file.file_type != FileType::Directory {
        let status = file.object.status_flags()?;
        flags |= if status.append { FLAG_APPEND } else { 0 };
        flags |= if status.nonblock { FLAG_NONBLOCK } else { 0 };
    }
    let words = [
        u64::from(file.file_type as u8) | u64::from(flags) << 16,
        file.rights_base,
        file.rights_inheriting,
    ];
    let mut bytes = [0; 24];
    for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    memory.write(result, &bytes)
}

pub(crate) fn fdstat_set_flags(wasi: &mut Wasi, fd: u32, flags: u32) -> Result<()> {
    let file = wasi.descriptors.get_mut(fd)?;
    file.require(rights::FD_FDSTAT_SET_FLAGS)?;
    let (status, synchronous) = status_flags(flags)?;
    file.object.set_status_flags(status)?;
    file.set_synchronous(synchronous);
    Ok(())
}

/// What makes a write synchronous where the host's file was not opened so: no system changes that on an
/// open file.
#[derive(Clone, Copy)]
pub(crate) enum AfterWrite {
    Nothing,
    Data,
    All,
}

impl Descriptor {
    /// Sets `dsync`, `rsync` and `sync`. What the file was opened with stays in force beneath.
    fn set_synchronous(&mut self, flags: u16) {
        const ALL: u16 = FLAG_RSYNC | FLAG_SYNC;
        self.synchronous = flags;
        self.after_write = if self.file_type != FileType::RegularFile {
            AfterWrite::Nothing
        } else if flags & ALL != 0 && self.opened_synchronous & ALL == 0 {
            AfterWrite::All
        } else if flags != 0 && self.opened_synchronous == 0 {
            AfterWrite::Data
        } else {
            AfterWrite::Nothing
        };
    }
}
