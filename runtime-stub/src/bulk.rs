//! Copies and fills runs of bytes for `memory.copy`, `memory.init` and `memory.fill`.
//!
//! The C library's functions are made to be small. Short runs are done here with two possibly
//! overlapping pieces, which needs no loop and no knowledge of alignment; long ones by
//! what the architecture is best at: string instructions where they are good, else more pieces.

use crate::arch::{
    LONG_COPY_BYTES, LONG_FILL_BYTES, Piece, compiled_abi, copy_quickly, fill_quickly, splat,
};
use std::ptr;

const PIECE_BYTES: usize = size_of::<Piece>();

/// Four pieces, which are read before any of them is written.
const BLOCK_BYTES: usize = 4 * PIECE_BYTES;

compiled_abi! {
    /// [`wasm2native_abi::runtime::Libcall::MemoryCopy`].
    pub(crate) unsafe fn memory_copy(destination: *mut u8, source: *const u8, size_bytes: u64) {
        // SAFETY: compiled code has checked both ranges.
        unsafe { copy(destination, source, size_bytes as usize) };
    }
}

/// # Safety
/// - Both ranges are valid; they may overlap.
pub(crate) unsafe fn copy(destination: *mut u8, source: *const u8, size: usize) {
    // SAFETY: every access is within `size` bytes of the two starts. Where ranges may overlap,
    // everything is read before anything is written, or the order protects what is still to be read.
    unsafe {
        match size {
            0 => {}
            1..=3 => {
                let (first, middle) = (source.read(), source.add(size / 2).read());
                let last = source.add(size - 1).read();
                destination.write(first);
                destination.add(size / 2).write(middle);
                destination.add(size - 1).write(last);
            }
            4..=7 => copy_pair::<u32>(destination, source, size),
            8..=15 => copy_pair::<u64>(destination, source, size),
            16..=32 => copy_pair::<Piece>(destination, source, size),
            33..=64 => {
                let ends = size - 2 * PIECE_BYTES;
                let (first, second) = (load(source, 0), load(source, PIECE_BYTES));
                let (third, fourth) = (load(source, ends), load(source, ends + PIECE_BYTES));
                store(destination, 0, first);
                store(destination, PIECE_BYTES, second);
                store(destination, ends, third);
                store(destination, ends + PIECE_BYTES, fourth);
            }
            _ => copy_run(destination, source, size),
        }
    }
}

/// Copies between one and two `T`s.
///
/// # Safety
/// - As [`copy`]; `size` is between one and two sizes of `T`.
unsafe fn copy_pair<T>(destination: *mut u8, source: *const u8, size: usize) {
    let last = size - size_of::<T>();
    // SAFETY: by the caller's promise.
    unsafe {
        let (head, tail) =
            (source.cast::<T>().read_unaligned(), source.add(last).cast::<T>().read_unaligned());
        destination.cast::<T>().write_unaligned(head);
        destination.add(last).cast::<T>().write_unaligned(tail);
    }
}

/// The piece at `offset`.
///
/// # Safety
/// - It is valid for reads.
#[inline(always)]
unsafe fn load(start: *const u8, offset: usize) -> Piece {
    // SAFETY: by the caller's promise.
    unsafe { start.add(offset).cast::<Piece>().read_unaligned() }
}

/// Writes the piece at `offset`.
///
/// # Safety
/// - It is valid for writes.
#[inline(always)]
unsafe fn store(start: *mut u8, offset: usize, piece: Piece) {
    // SAFETY: by the caller's promise.
    unsafe { start.add(offset).cast::<Piece>().write_unaligned(piece) };
}

/// Copies the block at `offset`.
///
/// # Safety
/// - It is valid, in both places.
#[inline(always)]
unsafe fn copy_block(destination: *mut u8, source: *const u8, offset: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        let (a, b) = (load(source, offset), load(source, offset + PIECE_BYTES));
        let c = load(source, offset + 2 * PIECE_BYTES);
        let d = load(source, offset + 3 * PIECE_BYTES);
        store(destination, offset, a);
        store(destination, offset + PIECE_BYTES, b);
        store(destination, offset + 2 * PIECE_BYTES, c);
        store(destination, offset + 3 * PIECE_BYTES, d);
    }
}

/// Copies more than two pieces. Apart, since it needs registers that short runs would save for nothing.
///
/// # Safety
/// - As [`copy`].
#[inline(never)]
unsafe fn copy_run(destination: *mut u8, source: *const u8, size: usize) {
    let distance = destination.addr().wrapping_sub(source.addr());
    let last = size - PIECE_BYTES;
    // SAFETY: by the caller's promise. Forward is right unless the destination begins within the
    // source, which an unsigned distance below `size` says. The piece that the other end's loop
    // would overwrite first is read before it.
    unsafe {
        if distance >= size {
            let overlaps_closely = distance.wrapping_neg() < size;
            if size >= LONG_COPY_BYTES
                && !overlaps_closely
                && copy_quickly(destination, source, size)
            {
                return;
            }
            let tail = load(source, last);
            let mut offset = 0;
            while offset + BLOCK_BYTES < last {
                copy_block(destination, source, offset);
                offset += BLOCK_BYTES;
            }
            while offset < last {
                store(destination, offset, load(source, offset));
                offset += PIECE_BYTES;
            }
            store(destination, last, tail);
        } else {
            let head = load(source, 0);
            let mut offset = last;
            while offset > BLOCK_BYTES {
                // The block ends where the piece at `offset` ends.
                offset -= BLOCK_BYTES;
                copy_block(destination, source, offset + PIECE_BYTES);
            }
            while offset > 0 {
                store(destination, offset, load(source, offset));
                offset = offset.saturating_sub(PIECE_BYTES);
            }
            store(destination, 0, head);
        }
    }
}

compiled_abi! {
    /// [`wasm2native_abi::runtime::Libcall::MemoryFill`].
    pub(crate) unsafe fn memory_fill(destination: *mut u8, byte: u32, size_bytes: u64) {
        // SAFETY: compiled code has checked the range.
        unsafe { fill(destination, byte as u8, size_bytes as usize) };
    }
}

/// # Safety
/// - The range is valid for writes.
pub(crate) unsafe fn fill(destination: *mut u8, byte: u8, size: usize) {
    // SAFETY: every access is within `size` bytes of the start.
    unsafe {
        match size {
            0 => {}
            1..=3 => {
                // Volatile, or the compiler would call the C library for it.
                ptr::write_volatile(destination, byte);
                ptr::write_volatile(destination.add(size / 2), byte);
                ptr::write_volatile(destination.add(size - 1), byte);
            }
            4..=7 => {
                let word = u32::from_ne_bytes([byte; 4]);
                destination.cast::<u32>().write_unaligned(word);
                destination.add(size - 4).cast::<u32>().write_unaligned(word);
            }
            8..=15 => {
                let word = u64::from_ne_bytes([byte; 8]);
                destination.cast::<u64>().write_unaligned(word);
                destination.add(size - 8).cast::<u64>().write_unaligned(word);
            }
            _ => fill_run(destination, byte, size),
        }
    }
}

/// Fills one piece or more.
///
/// # Safety
/// - As [`fill`].
#[inline(never)]
unsafe fn fill_run(destination: *mut u8, byte: u8, size: usize) {
    let piece = splat(byte);
    // The two ends, which may overlap, grow until they meet: few branches for the sizes that programs
    // fill most.
    // SAFETY: by the caller's promise; every piece and block ends at `size` or before.
    unsafe {
        if size <= 2 * PIECE_BYTES {
            store(destination, 0, piece);
            store(destination, size - PIECE_BYTES, piece);
            return;
        }
        if size <= BLOCK_BYTES {
            store(destination, 0, piece);
            store(destination, PIECE_BYTES, piece);
            store(destination, size - 2 * PIECE_BYTES, piece);
            store(destination, size - PIECE_BYTES, piece);
            return;
        }
        if size >= LONG_FILL_BYTES && fill_quickly(destination, byte, size) {
            return;
        }
        fill_block(destination, 0, piece);
        fill_block(destination, size - BLOCK_BYTES, piece);
        if size <= 2 * BLOCK_BYTES {
            return;
        }
        fill_block(destination, BLOCK_BYTES, piece);
        fill_block(destination, size - 2 * BLOCK_BYTES, piece);
        let mut offset = 2 * BLOCK_BYTES;
        while offset + 2 * BLOCK_BYTES < size {
            fill_block(destination, offset, piece);
            offset += BLOCK_BYTES;
        }
    }
}

/// Fills the block at `offset`.
///
/// # Safety
/// - It is valid for writes.
#[inline(always)]
unsafe fn fill_block(destination: *mut u8, offset: usize, piece: Piece) {
    // SAFETY: by the caller's promise.
    unsafe {
        store(destination, offset, piece);
        store(destination, offset + PIECE_BYTES, piece);
        store(destination, offset + 2 * PIECE_BYTES, piece);
        store(destination, offset + 3 * PIECE_BYTES, piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [u64; 25] = [
        0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65, 100, 128, 200, 300, 1023, 1024,
        2048, 5000,
    ];

    #[test]
    fn copies_are_those_of_the_standard_library() {
        for size in SIZES {
            for (to, from) in [
                (0, 0),
                (0, 1),
                (1, 0),
                (5, 0),
                (0, 5),
                (16, 0),
                (33, 0),
                (0, 33),
                (6000, 0),
                (0, 6000),
            ] {
                let mut bytes: Vec<u8> = (0..12000_u32).map(|n| (n % 251) as u8).collect();
                let mut expected = bytes.clone();
                expected.copy_within(from..from + size as usize, to);
                let start = bytes.as_mut_ptr();
                // SAFETY: both ranges lie in the vector.
                unsafe { memory_copy(start.add(to), start.add(from), size) };
                assert!(bytes == expected, "{size} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn fills_touch_their_range_only() {
        for size in SIZES {
            let mut bytes = vec![1_u8; 6000];
            // SAFETY: the range lies in the vector.
            unsafe { memory_fill(bytes.as_mut_ptr().add(3), 0x1ff, size) };
            let end = 3 + size as usize;
            assert!(bytes[..3].iter().chain(&bytes[end..]).all(|&byte| byte == 1));
            assert!(bytes[3..end].iter().all(|&byte| byte == 0xff), "{size}");
        }
    }
}
