//! The runtime's own allocations: few, small, and on one thread.
//!
//! The C library's allocator is made for many threads and costs sixteen system calls before a program
//! has started; this one costs none, and less code. Sizes are rounded up to a power of two, with a list
//! of free blocks for each; what is larger than the largest is mapped. Invariant: one thread at a time
//! allocates, since a thread that starts another then only waits, and handlers of signals and
//! exceptions allocate nothing.

use crate::memory::{self, Protection};
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;

/// Binary logarithms of the smallest and the largest block.
const SMALLEST_LOG2: usize = 4;
const LARGEST_LOG2: usize = 15;
const CLASSES: usize = LARGEST_LOG2 - SMALLEST_LOG2 + 1;
/// Blocks are aligned to their size or to this.
const LARGEST_ALIGN: usize = 4096;
/// The first blocks come from the image's own zeros.
const FIRST_BYTES: usize = 32 << 10;
/// Later ones come from mappings of this size.
const CHUNK_BYTES: usize = 256 << 10;

#[repr(align(4096))]
struct First(#[expect(dead_code, reason = "used by address only")] [u8; FIRST_BYTES]);

struct State {
    /// Whether `next` and `left` are set up.
    started: bool,
    next: *mut u8,
    left: usize,
    free: [*mut u8; CLASSES],
    first: First,
}

/// The allocator.
pub(crate) struct Allocator(UnsafeCell<State>);

// SAFETY: one thread at a time uses it.
unsafe impl Sync for Allocator {}

impl Allocator {
    /// An allocator that has not given out anything.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(State {
            started: false,
            next: ptr::null_mut(),
            left: 0,
            free: [ptr::null_mut(); CLASSES],
            first: First([0; FIRST_BYTES]),
        }))
    }
}

/// The class of blocks for a layout; none when it is mapped by itself.
fn class(layout: Layout) -> Option<usize> {
    let bytes = layout.size().max(layout.align()).max(1 << SMALLEST_LOG2);
    if bytes > 1 << LARGEST_LOG2 || layout.align() > LARGEST_ALIGN {
        return None;
    }
    Some(bytes.next_power_of_two().trailing_zeros() as usize - SMALLEST_LOG2)
}

fn mapped_bytes(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(memory::page_bytes())
}

impl State {
    fn take(&mut self, class: usize) -> *mut u8 {
        let Some(free) = self.free.get_mut(class) else { return ptr::null_mut() };
        if !free.is_null() {
            let block = *free;
            // SAFETY: a free block begins with the next free block of its class.
            *free = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        if !self.started {
            self.started = true;
            self.next = (&raw mut self.first).cast();
            self.left = FIRST_BYTES;
        }
        let bytes = 1_usize << (class + SMALLEST_LOG2);
        let align = bytes.min(LARGEST_ALIGN);
        let mut skipped = self.next.addr().wrapping_neg() & (align - 1);
        if self.left < bytes + skipped {
            // What is left of the former one is lost, less than the largest block.
            let Some(chunk) = memory::map(CHUNK_BYTES, Protection::ReadWrite) else {
                return ptr::null_mut();
            };
            (self.next, self.left, skipped) = (chunk, CHUNK_BYTES, 0);
        }
        let block = self.next.wrapping_add(skipped);
        self.next = block.wrapping_add(bytes);
        self.left -= bytes + skipped;
        block
    }
}

// SAFETY: blocks of a class are as large and as aligned as every layout of that class asks for, and
// are given out once until they come back; larger layouts are mappings of their own.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class(layout) {
            // SAFETY: one thread at a time, and `take` does not allocate.
            Some(class) => unsafe { (*self.0.get()).take(class) },
            None if layout.align() > memory::page_bytes() => ptr::null_mut(),
            None => mapped_bytes(layout.size())
                .and_then(|bytes| memory::map(bytes, Protection::ReadWrite))
                .unwrap_or(ptr::null_mut()),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's promise.
        let block = unsafe { self.alloc(layout) };
        if class(layout).is_some() && !block.is_null() {
            // SAFETY: the block is at least that large. Mappings are zeros already.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class(layout) {
            // SAFETY: one thread at a time; the block is at least as large as a pointer and nobody's now.
            Some(class) => unsafe {
                if let Some(free) = (*self.0.get()).free.get_mut(class) {
                    block.cast::<*mut u8>().write(*free);
                    *free = block;
                }
            },
            // SAFETY: `alloc` has mapped exactly these pages.
            None => unsafe { memory::unmap(block, mapped_bytes(layout.size()).unwrap_or(0)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_apart_aligned_and_used_again() {
        let allocator = Box::new(Allocator::new());
        let mut blocks = Vec::new();
        for round in 0..3_usize {
            for size in [1, 16, 17, 100, 4000, 5000, 32768, 32769, 100_000] {
                for align in [1, 16, 64, 4096] {
                    let layout = Layout::from_size_align(size, align).unwrap();
                    // SAFETY: writes stay within the block.
                    unsafe {
                        let block = allocator.alloc_zeroed(layout);
                        assert!(block.addr().is_multiple_of(align) && !block.is_null());
                        assert!(*block == 0 && *block.add(size - 1) == 0);
                        block.write_bytes(round as u8 + 1, size);
                        blocks.push((block, layout, round as u8 + 1));
                    }
                }
            }
            for (index, (block, layout, byte)) in blocks.drain(..).enumerate() {
                // SAFETY: the block was written as a whole and is given back once.
                unsafe {
                    assert!((0..layout.size()).all(|at| *block.add(at) == byte), "{index}");
                    allocator.dealloc(block, layout);
                }
            }
        }
    }
}
