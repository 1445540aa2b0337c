//! The functions of the stub that compiled code calls: libcalls (the runtime's helpers) and host
//! calls (WASI, and the test suite's host module).
//!
//! Libcalls take and return plain values in the convention of [`crate::program::EntryCode`]. Host
//! calls all have the type [`HostCode`]. In object files each is an undefined symbol named
//! [`RuntimeFunction::symbol`]; in a stub it is the element of
//! [`crate::stub::StubHeader::functions`] at its index.

use crate::instance::{InstanceHeader, Slot};
use crate::wasi;

/// The code of a host call: reads its arguments from the slots and writes its result to the first.
/// There is at least one slot.
#[cfg(target_arch = "x86_64")]
pub type HostCode = unsafe extern "sysv64" fn(vmctx: *mut InstanceHeader, slots: *mut Slot);
/// The code of a host call: reads its arguments from the slots and writes its result to the first.
/// There is at least one slot.
#[cfg(not(target_arch = "x86_64"))]
pub type HostCode = unsafe extern "C" fn(vmctx: *mut InstanceHeader, slots: *mut Slot);

/// A libcall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Libcall {
    /// `(*mut MemoryDescriptor, delta_pages: u64) -> u64`: the former size in pages, or `u64::MAX`
    /// when the memory cannot grow. New bytes are zero.
    MemoryGrow = 0,
    /// `(*mut TableDescriptor, delta: u64, initial: u64) -> u64`: the former length, or `u64::MAX`
    /// when the table cannot grow.
    TableGrow = 1,
    /// `(destination: *mut u8, source: *const u8, size_bytes: u64)`: as `memmove`. The caller has
    /// checked the bounds.
    MemoryCopy = 2,
    /// `(destination: *mut u8, byte: u32, size_bytes: u64)`: as `memset`. The caller has checked the
    /// bounds.
    MemoryFill = 3,
    /// `(destination: *mut u64, value: u64, count: u64)`: stores `value` `count` times. The caller has
    /// checked the bounds.
    TableFill = 4,
}

impl Libcall {
    /// All libcalls, in index order.
    pub const ALL: [Self; 5] =
        [Self::MemoryGrow, Self::TableGrow, Self::MemoryCopy, Self::MemoryFill, Self::TableFill];

    /// Its symbol in object files.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::MemoryGrow => "w2n_memory_grow",
            Self::TableGrow => "w2n_table_grow",
            Self::MemoryCopy => "w2n_memory_copy",
            Self::MemoryFill => "w2n_memory_fill",
            Self::TableFill => "w2n_table_fill",
        }
    }
}

/// A function of the host module that exists only in the test suite's stub, where it implements the
/// printing imports of the suite's `spectest` module: it ignores its arguments.
pub const SPECTEST_PRINT_SYMBOL: &str = "w2n_spectest_print";

/// A function that exists only in the stub with a planted hole, by which the tests show what the kernel's
/// wall holds back: seven `i64`, the number of a system call and its arguments, to the kernel's answer as
/// an `i64`, negative for an error. The number -1 is no system call: the answer is the address of the
/// program's memory.
pub const HOLE_SYSCALL_SYMBOL: &str = "w2n_hole_syscall";

/// Any function that the stub provides, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuntimeFunction(u32);

impl RuntimeFunction {
    const FIRST_WASI: u32 = Libcall::ALL.len() as u32;
    const SPECTEST_PRINT: u32 = Self::FIRST_WASI + wasi::COUNT as u32;
    const HOLE_SYSCALL: u32 = Self::SPECTEST_PRINT + 1;
    /// How many there are.
    pub const COUNT: usize = Self::HOLE_SYSCALL as usize + 1;

    /// The libcall.
    pub const fn libcall(libcall: Libcall) -> Self {
        Self(libcall as u32)
    }

    /// The WASI function at `index` among all [`wasi::COUNT`].
    ///
    /// # Panics
    /// When there is no such function.
    pub const fn wasi(index: usize) -> Self {
        assert!(index < wasi::COUNT);
        Self(Self::FIRST_WASI + index as u32)
    }

    /// The test suite's printing function.
    pub const fn spectest_print() -> Self {
        Self(Self::SPECTEST_PRINT)
    }

    /// The planted hole's system call.
    pub const fn hole_syscall() -> Self {
        Self(Self::HOLE_SYSCALL)
    }

    /// Its index in [`crate::stub::StubHeader::functions`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The function at `index` in [`crate::stub::StubHeader::functions`], if any.
    pub const fn from_index(index: usize) -> Option<Self> {
        if index < Self::COUNT { Some(Self(index as u32)) } else { None }
    }

    /// Its symbol in object files.
    pub fn symbol(self) -> &'static str {
        if self.0 < Self::FIRST_WASI {
            Libcall::ALL[self.index()].symbol()
        } else if self.0 == Self::HOLE_SYSCALL {
            HOLE_SYSCALL_SYMBOL
        } else {
            wasi::at((self.0 - Self::FIRST_WASI) as usize)
                .map_or(SPECTEST_PRINT_SYMBOL, |function| function.symbol)
        }
    }

    /// The function with this symbol, if any.
    pub fn by_symbol(symbol: &str) -> Option<Self> {
        (0..Self::COUNT as u32).map(Self).find(|function| function.symbol() == symbol)
    }
}
