//! Copies and fills runs of bytes for `memory.copy`, `memory.init` and `memory.fill`.
//!
//! The C library's functions are made to be small. Short runs are done here with two possibly
//! overlapping pieces, which needs no loop and no knowledge of alignment; long ones by the
//! processor's own string instructions where it has good ones.

use crate::arch::{compiled_abi, copy_quickly, fill_quickly};
use std::ptr;

/// From here on filling by a string instruction is fastest.
const LONG_FILL_BYTES: usize = 1024;

/// From here on copying by a string instruction is fastest: below, where data are in a cache, a loop
/// over blocks takes half its time when addresses are not aligned.
const LONG_COPY_BYTES: usize = 16 << 20;

/// Sixteen bytes, read and written at any address.
type Piece = [u8; 16];
const PIECE_BYTES: usize = size_of::<Piece>();

/// Four pieces, which are read before any of them is written.
type Block = [Piece; 4];
const BLOCK_BYTES: usize = size_of::<Block>();

compiled_abi! {
    /// [`wasm2native_abi::runtime::Libcall::MemoryCopy`].
    pub(crate) unsafe fn memory_copy(destination: *mut u8, source: *const u8, size_bytes: u64) {
        // SAFETY: compiled code has checked both ranges.
        unsafe { copy(destination, source, size_bytes as usize) };
    }
}

/// # Safety
/// - Both ranges are valid; they may overlap.
unsafe fn copy(destination: *mut u8, source: *const u8, size: usize) {
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

/// Copies more than two pieces.
///
/// # Safety
/// - As [`copy`].
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
            let tail = source.add(last).cast::<Piece>().read_unaligned();
            let mut offset = 0;
            while offset + BLOCK_BYTES < last {
                let block = source.add(offset).cast::<Block>().read_unaligned();
                destination.add(offset).cast::<Block>().write_unaligned(block);
                offset += BLOCK_BYTES;
            }
            while offset < last {
                let piece = source.add(offset).cast::<Piece>().read_unaligned();
                destination.add(offset).cast::<Piece>().write_unaligned(piece);
                offset += PIECE_BYTES;
            }
            destination.add(last).cast::<Piece>().write_unaligned(tail);
        } else {
            let head = source.cast::<Piece>().read_unaligned();
            let mut offset = last;
            while offset > BLOCK_BYTES {
                // The block ends where the piece at `offset` ends.
                offset -= BLOCK_BYTES;
                let place = offset + PIECE_BYTES;
                let block = source.add(place).cast::<Block>().read_unaligned();
                destination.add(place).cast::<Block>().write_unaligned(block);
            }
            while offset > 0 {
                let piece = source.add(offset).cast::<Piece>().read_unaligned();
                destination.add(offset).cast::<Piece>().write_unaligned(piece);
                offset = offset.saturating_sub(PIECE_BYTES);
            }
            destination.cast::<Piece>().write_unaligned(head);
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
unsafe fn fill(destination: *mut u8, byte: u8, size: usize) {
    let word = u64::from_ne_bytes([byte; 8]);
    // SAFETY: every access is within `size` bytes of the start.
    unsafe {
        match size {
            0..=7 => {
                for offset in 0..size {
                    // Volatile, or the compiler would call the C library for it.
                    ptr::write_volatile(destination.add(offset), byte);
                }
            }
            8..=16 => {
                destination.cast::<u64>().write_unaligned(word);
                destination.add(size - 8).cast::<u64>().write_unaligned(word);
            }
            _ => {
                if size >= LONG_FILL_BYTES && fill_quickly(destination, byte, size) {
                    return;
                }
                let piece = [word, word];
                let last = size - PIECE_BYTES;
                let mut offset = 0;
                while offset < last {
                    destination.add(offset).cast::<[u64; 2]>().write_unaligned(piece);
                    offset += PIECE_BYTES;
                }
                destination.add(last).cast::<[u64; 2]>().write_unaligned(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [u64; 20] =
        [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 100, 1023, 1024, 5000];

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
