//! The instance block: the mutable state of one module instance that compiled code reads and writes.
//!
//! One block per instance, in writable data of the program, laid out by [`BlockLayout`]:
//! [`InstanceHeader`], then a [`MemoryDescriptor`] per defined memory, a [`TableDescriptor`] per
//! defined table, a 16-byte [`Slot`] per defined global, and one byte per passive segment that says
//! whether it was dropped. Imported items live in the block of the instance that defines them.

use crate::program::InstanceDescriptor;

/// One WebAssembly value, little end first for integers whatever the target: the low bytes of `bits`
/// are read with the target's own byte order by width, see [`Slot::from_u64`].
///
/// Arguments and results of entry points and host calls, and globals, each occupy one slot:
/// `i32`/`f32` in the first four bytes, `i64`/`f64`/references in the first eight, `v128` in all
/// sixteen (lane 0 first, little-endian), each in the target's byte order but `v128`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Slot {
    bytes: [u8; 16],
}

impl Slot {
    /// All bits zero: every type's default value.
    pub const ZERO: Self = Self { bytes: [0; 16] };

    /// A slot that holds a 32-bit value (`i32`, or the bits of an `f32`).
    pub fn from_u32(value: u32) -> Self {
        let mut slot = Self::ZERO;
        slot.bytes[..4].copy_from_slice(&value.to_ne_bytes());
        slot
    }

    /// A slot that holds a 64-bit value (`i64`, the bits of an `f64`, or a reference).
    pub fn from_u64(value: u64) -> Self {
        let mut slot = Self::ZERO;
        slot.bytes[..8].copy_from_slice(&value.to_ne_bytes());
        slot
    }

    /// A slot that holds a `v128` given as its little-endian bytes.
    pub fn from_v128(bytes: [u8; 16]) -> Self {
        Self { bytes }
    }

    /// The 32-bit value held.
    pub fn as_u32(self) -> u32 {
        u32::from_ne_bytes([self.bytes[0], self.bytes[1], self.bytes[2], self.bytes[3]])
    }

    /// The 64-bit value held.
    pub fn as_u64(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.bytes;
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }

    /// The sixteen bytes held, little-endian lanes.
    pub fn as_v128(self) -> [u8; 16] {
        self.bytes
    }
}

/// The first bytes of an instance block. The stub fills it before any code of the instance runs.
#[repr(C, align(16))]
pub struct InstanceHeader {
    /// The read-only description of this instance.
    pub descriptor: *const InstanceDescriptor,
    /// The memory that host functions work on (exported as `memory`), or null when there is none.
    pub host_memory: *mut MemoryDescriptor,
}

/// A linear memory as compiled code sees it.
///
/// Offsets of the fields are constants below, since the compiler may run where pointers differ.
#[repr(C, align(16))]
pub struct MemoryDescriptor {
    /// Address of byte 0. Constant after start-up when `strategy` is guard.
    pub base: *mut u8,
    /// Accessible bytes; grows, never shrinks. At most 2^48.
    pub length_bytes: u64,
    /// `length_bytes` may grow to here: the smaller of the module's maximum and the builder's limit.
    pub maximum_bytes: u64,
    /// Address space reserved behind `base`, guard included.
    pub reserved_bytes: u64,
    /// Binary logarithm of the memory's page size: 16 unless the module says otherwise.
    pub page_size_log2: u32,
    /// A [`MemoryStrategy`] as a number.
    pub strategy: u32,
    /// For future use; zero.
    pub unused: u64,
}

/// How accesses to a linear memory are kept inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MemoryStrategy {
    /// 4 GiB and a guard are reserved at a fixed address; only offsets past the guard are checked.
    Guard = 0,
    /// Every access is compared with the length; the memory may move when it grows.
    Check = 1,
}

/// A table as compiled code sees it. Every element is 8 bytes: a packed function reference (see
/// [`crate::program`]) or a host reference; zero is null for both.
#[repr(C, align(16))]
pub struct TableDescriptor {
    /// Address of element 0.
    pub base: *mut u64,
    /// Elements.
    pub length: u64,
    /// `length` may grow to here.
    pub maximum: u64,
    /// Elements for which storage exists behind `base`.
    pub capacity: u64,
}

/// Offset of [`MemoryDescriptor::base`].
pub const MEMORY_BASE_OFFSET: u32 = 0;
/// Offset of [`MemoryDescriptor::length_bytes`].
pub const MEMORY_LENGTH_OFFSET: u32 = 8;
/// Offset of [`TableDescriptor::base`].
pub const TABLE_BASE_OFFSET: u32 = 0;
/// Offset of [`TableDescriptor::length`].
pub const TABLE_LENGTH_OFFSET: u32 = 8;

/// Size of [`InstanceHeader`] on every (64-bit) target.
pub const HEADER_BYTES: u32 = 16;
/// Size of [`MemoryDescriptor`] on every target.
pub const MEMORY_DESCRIPTOR_BYTES: u32 = 48;
/// Size of [`TableDescriptor`] on every target.
pub const TABLE_DESCRIPTOR_BYTES: u32 = 32;
/// Size of a global.
pub const GLOBAL_BYTES: u32 = 16;
/// Alignment of an instance block.
pub const BLOCK_ALIGN: u32 = 16;

#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::{offset_of, size_of};
    assert!(size_of::<InstanceHeader>() == HEADER_BYTES as usize);
    assert!(size_of::<MemoryDescriptor>() == MEMORY_DESCRIPTOR_BYTES as usize);
    assert!(size_of::<TableDescriptor>() == TABLE_DESCRIPTOR_BYTES as usize);
    assert!(size_of::<Slot>() == GLOBAL_BYTES as usize);
    assert!(offset_of!(MemoryDescriptor, base) == MEMORY_BASE_OFFSET as usize);
    assert!(offset_of!(MemoryDescriptor, length_bytes) == MEMORY_LENGTH_OFFSET as usize);
    assert!(offset_of!(TableDescriptor, base) == TABLE_BASE_OFFSET as usize);
    assert!(offset_of!(TableDescriptor, length) == TABLE_LENGTH_OFFSET as usize);
};

/// Where everything lies in the instance block of a module that defines so many of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockLayout {
    /// Defined (not imported) memories.
    pub memories: u32,
    /// Defined tables.
    pub tables: u32,
    /// Defined globals.
    pub globals: u32,
    /// Data segments, of any mode.
    pub data_segments: u32,
    /// Element segments, of any mode.
    pub element_segments: u32,
}

impl BlockLayout {
    /// Offset of the descriptor of the defined memory `index`.
    pub fn memory(&self, index: u32) -> u32 {
        HEADER_BYTES + index * MEMORY_DESCRIPTOR_BYTES
    }

    /// Offset of the descriptor of the defined table `index`.
    pub fn table(&self, index: u32) -> u32 {
        self.memory(self.memories) + index * TABLE_DESCRIPTOR_BYTES
    }

    /// Offset of the defined global `index`.
    pub fn global(&self, index: u32) -> u32 {
        self.table(self.tables) + index * GLOBAL_BYTES
    }

    /// Offset of the byte that is non-zero once data segment `index` was dropped.
    pub fn data_dropped(&self, index: u32) -> u32 {
        self.global(self.globals) + index
    }

    /// Offset of the byte that is non-zero once element segment `index` was dropped.
    pub fn element_dropped(&self, index: u32) -> u32 {
        self.data_dropped(self.data_segments) + index
    }

    /// Size of the block.
    pub fn size_bytes(&self) -> u32 {
        self.element_dropped(self.element_segments).next_multiple_of(BLOCK_ALIGN)
    }
}
