//! Reads and writes between files and linear memory.
//!
//! It stands alone because here addresses of linear memory go to the system. The system takes one piece
//! at a time: a call goes on to the next piece only where that cannot wait, and small pieces that are
//! written are put together first, for one call. Invariant: every vector was checked against the
//! memory's length in this same host call.

use super::error::{Answer, Status, check};
use super::object::{Borrowed, Kind};
use super::{console, native, poll, socket};
use crate::errno::{Errno, Result};
use core::ptr;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_POSITION_INFORMATION, FilePositionInformation, NtReadFile, NtWriteFile,
};
use windows_sys::Win32::Foundation::{
    STATUS_END_OF_FILE, STATUS_PENDING, STATUS_PIPE_BROKEN, STATUS_PIPE_CLOSING, STATUS_PIPE_EMPTY,
};
use windows_sys::Win32::Networking::WinSock::WSABUF;
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

/// A call with more vectors transfers only part of what it could, as every call may.
const MAXIMUM_VECTORS: usize = 1024;
/// So many need no allocation.
const INLINE_VECTORS: usize = 8;
/// Vectors that are written are put together up to this size.
const GATHERED_BYTES: usize = 4096;

const NO_VECTOR: WSABUF = WSABUF { len: 0, buf: ptr::null_mut() };

/// Pieces of linear memory, in the form that the system takes for sockets.
pub(crate) struct Vectors {
    first: [WSABUF; INLINE_VECTORS],
    /// All of them, when they are more.
    all: Vec<WSABUF>,
    count: usize,
}

impl Vectors {
    /// Room for `count` vectors, or as many as one call takes.
    pub(crate) fn with_count(count: u32) -> Self {
        let count = (count as usize).min(MAXIMUM_VECTORS);
        let all = if count > INLINE_VECTORS { vec![NO_VECTOR; count] } else { Vec::new() };
        Self { first: [NO_VECTOR; INLINE_VECTORS], all, count }
    }

    /// How many vectors to set.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Sets the vector at `index`, if there is one.
    pub(crate) fn set(&mut self, index: usize, base: *mut u8, length: usize) {
        let vectors = if self.all.is_empty() { &mut self.first[..] } else { &mut self.all[..] };
        if let Some(vector) = vectors.get_mut(index) {
            // A length of linear memory has 32 bits.
            *vector = WSABUF { len: length as u32, buf: base };
        }
    }

    /// Copies as much of `bytes` into the pieces as fits, and says how many bytes that are.
    pub(crate) fn fill(&self, bytes: &[u8]) -> u32 {
        let mut rest = bytes.get(..u32::MAX as usize).unwrap_or(bytes);
        let mut filled = 0;
        for piece in self.pieces() {
            let length = (piece.len as usize).min(rest.len());
            // SAFETY: the piece was checked to be in linear memory, which `bytes` is not.
            unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), piece.buf, length) };
            rest = rest.get(length..).unwrap_or_default();
            filled += length as u32;
        }
        filled
    }

    /// The vectors, for a call.
    pub(super) fn pieces(&self) -> &[WSABUF] {
        let vectors = if self.all.is_empty() { &self.first[..] } else { &self.all[..] };
        vectors.get(..self.count).unwrap_or_default()
    }
}

/// Which way and where in the file.
#[derive(Clone, Copy)]
pub(crate) enum Transfer {
    Read,
    Write,
    ReadAt(u64),
    WriteAt(u64),
}

/// Reads or writes, and says how many bytes.
pub(crate) fn transfer(file: Borrowed<'_>, vectors: &Vectors, direction: Transfer) -> Result<u32> {
    let position = match direction {
        Transfer::Read | Transfer::Write => None,
        Transfer::ReadAt(offset) | Transfer::WriteAt(offset) => {
            let offset = i64::try_from(offset).map_err(|_| Errno::Invalid)?;
            if !file.is_disk() {
                return Err(Errno::NotSeekable);
            }
            Some(offset)
        }
    };
    let reads = matches!(direction, Transfer::Read | Transfer::ReadAt(_));
    match (file.kind, reads) {
        (Kind::Drives, _) => Err(Errno::IsDirectory),
        (Kind::Socket, true) => Ok(socket::receive(file, vectors, false, false)?.0),
        (Kind::Socket, false) => socket::send(file, vectors),
        (_, true) if file.nonblock.get() && !poll::is_readable(file) => Err(Errno::Again),
        (Kind::Disk, _) => {
            let Some(position) = position else { return pieces(file, vectors, reads, None) };
            // The system moves the file's own position along.
            // SAFETY: the handle is open, and the structure that of the class.
            let former: FILE_POSITION_INFORMATION =
                unsafe { native::query(file.handle(), FilePositionInformation)? };
            let result = pieces(file, vectors, reads, Some(position));
            // SAFETY: as above.
            unsafe { native::set(file.handle(), FilePositionInformation, &former)? };
            result
        }
        (_, true) => {
            let wanted = vectors.pieces().iter().find(|piece| piece.len > 0);
            wanted.map_or(Ok(0), |piece| match file.kind {
                Kind::Console => console::read(file, piece),
                _ => Ok(read(file, piece, None)?),
            })
        }
        (Kind::Console, false) => console::write(file, vectors),
        (_, false) => pieces(file, vectors, false, None),
    }
}

/// Reads or writes all pieces in order until one is not transferred as a whole.
fn pieces(
    file: Borrowed<'_>,
    vectors: &Vectors,
    reads: bool,
    mut position: Option<i64>,
) -> Result<u32> {
    let mut gathered = [0_u8; GATHERED_BYTES];
    let whole = if reads { None } else { gather(vectors, &mut gathered) };
    let one = whole.map(|length| [WSABUF { len: length, buf: gathered.as_mut_ptr() }]);
    let mut done = 0_u32;
    for piece in one.as_ref().map_or(vectors.pieces(), |one| &one[..]) {
        if piece.len == 0 {
            continue;
        }
        let moved = if reads { read(file, piece, position) } else { write(file, piece, position) };
        match moved {
            Ok(moved) => {
                // Vectors may overlap, so that their lengths may add up to more.
                done = done.saturating_add(moved);
                position = position.map(|position| position.saturating_add(moved.into()));
                if moved < piece.len {
                    break;
                }
            }
            // What was done is told first; the error comes again.
            Err(_) if done > 0 => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// Copies several small pieces into `buffer`, and says how many bytes these are.
fn gather(vectors: &Vectors, buffer: &mut [u8; GATHERED_BYTES]) -> Option<u32> {
    let pieces = vectors.pieces();
    let filled = pieces.iter().filter(|piece| piece.len > 0).count();
    let length: u64 = pieces.iter().map(|piece| u64::from(piece.len)).sum();
    if filled < 2 || length > GATHERED_BYTES as u64 {
        return None;
    }
    let mut start = buffer.as_mut_ptr();
    for piece in pieces {
        // SAFETY: the pieces are in linear memory, and all of them fit the buffer.
        unsafe {
            ptr::copy_nonoverlapping(piece.buf, start, piece.len as usize);
            start = start.add(piece.len as usize);
        }
    }
    Some(length as u32)
}

/// Waits for a call to end that did not when it returned.
fn finish(file: Borrowed<'_>, answer: i32, status: &IO_STATUS_BLOCK) -> Answer<u32> {
    let mut answer = answer;
    if answer == STATUS_PENDING {
        // SAFETY: the handle is open; the system has written the status block when the wait is over.
        answer = unsafe {
            WaitForSingleObject(file.handle(), INFINITE);
            ptr::read_volatile(&raw const status.Anonymous.Status)
        };
    }
    check(answer)?;
    // SAFETY: as above.
    Ok(unsafe { ptr::read_volatile(&raw const status.Information) } as u32)
}

/// Reads into one piece; 0 is the end.
fn read(file: Borrowed<'_>, piece: &WSABUF, position: Option<i64>) -> Answer<u32> {
    let mut status = IO_STATUS_BLOCK::default();
    let position = position.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the piece is in linear memory, which stays as it is during the call, as does all else.
    let answer = unsafe {
        NtReadFile(
            file.handle(),
            ptr::null_mut(),
            None,
            ptr::null(),
            &raw mut status,
            piece.buf.cast(),
            piece.len,
            position,
            ptr::null(),
        )
    };
    match finish(file, answer, &status) {
        Err(Status(
            STATUS_END_OF_FILE | STATUS_PIPE_BROKEN | STATUS_PIPE_CLOSING | STATUS_PIPE_EMPTY,
        )) => Ok(0),
        result => result,
    }
}

/// Writes one piece.
fn write(file: Borrowed<'_>, piece: &WSABUF, position: Option<i64>) -> Answer<u32> {
    /// A position that means the end (`FILE_WRITE_TO_END_OF_FILE`).
    const END: i64 = -1;
    let position = match position {
        _ if file.is_disk() && file.append.get() => Some(END),
        position => position,
    };
    let mut status = IO_STATUS_BLOCK::default();
    let position = position.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: as in `read`.
    let answer = unsafe {
        NtWriteFile(
            file.handle(),
            ptr::null_mut(),
            None,
            ptr::null(),
            &raw mut status,
            piece.buf.cast(),
            piece.len,
            position,
            ptr::null(),
        )
    };
    finish(file, answer, &status)
}
