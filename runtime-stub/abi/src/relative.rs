//! Self-relative references: how read-only tables refer to code and data without absolute addresses.
//!
//! A reference holds the distance from its own address to what it refers to, so that the image may be
//! loaded anywhere and the tables stay read-only and shared. A distance of zero means "absent". An
//! object file expresses one with the architecture's ordinary 32-bit PC-relative data relocation.

use core::marker::PhantomData;

/// A 32-bit self-relative reference to a `T`; zero is "absent".
///
/// Not `Copy` or movable in spirit: its value means something only at its own address.
#[repr(C)]
pub struct Relative<T> {
    distance_bytes: i32,
    target: PhantomData<*const T>,
}

impl<T> Relative<T> {
    /// The address referred to, or null when absent. Computing it is safe; using it is not.
    pub fn as_ptr(&self) -> *const T {
        if self.distance_bytes == 0 {
            return core::ptr::null();
        }
        // What is referred to is no part of this field, and may be written through the result: an
        // address derived from a shared reference would let the optimiser drop such writes.
        let place = core::ptr::from_ref(self).expose_provenance();
        core::ptr::with_exposed_provenance(place.wrapping_add_signed(self.distance_bytes as isize))
    }

    /// Whether nothing is referred to.
    pub fn is_absent(&self) -> bool {
        self.distance_bytes == 0
    }
}

// SAFETY: a `Relative` is a plain integer; sharing it shares nothing that it refers to.
#[allow(unsafe_code)]
unsafe impl<T> Sync for Relative<T> {}

/// A self-relative reference to `count` consecutive `T`s.
#[repr(C)]
pub struct RelativeSlice<T> {
    start: Relative<T>,
    count: u32,
}

impl<T> RelativeSlice<T> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        if self.start.is_absent() { 0 } else { self.count as usize }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements.
    ///
    /// # Safety
    /// - `self` stands where the linker placed it, in an image of this ABI's version.
    /// - The elements are not written while the slice is alive.
    #[allow(unsafe_code)]
    pub unsafe fn as_slice(&self) -> &[T] {
        if self.is_empty() {
            return &[];
        }
        // SAFETY: the caller vouches for the image, in which `start` refers to `count` elements.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.count as usize) }
    }
}
