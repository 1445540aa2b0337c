//! The program header and the read-only tables that it refers to: how the stub finds everything in
//! the program that was linked into it.
//!
//! All of it is read-only data written by the compiler. A *packed function reference* is the one
//! representation of `funcref` everywhere (locals, globals, tables): the low 32 bits are the signed
//! distance of the function's first instruction from [`ProgramHeader::function_references`] (the
//! reference base), the high 32 bits are its signature's identity, unique in the program and never
//! zero. Zero is null, and matches no signature. So an indirect call needs one load, one compare and
//! one add, and an element segment is plain read-only data.

use crate::instance::{InstanceHeader, Slot};
use crate::relative::{Relative, RelativeSlice};

/// First bytes of a [`ProgramHeader`].
pub const PROGRAM_MAGIC: [u8; 8] = *b"w2nprog\0";

/// The root of a program's read-only tables; the linker tells the stub its address.
#[repr(C, align(16))]
pub struct ProgramHeader {
    /// [`PROGRAM_MAGIC`].
    pub magic: [u8; 8],
    /// [`crate::ABI_VERSION`] of the compiler.
    pub abi_version: u32,
    /// The architecture's processor features that the code uses, see [`crate::cpu`].
    pub cpu_features: u32,
    /// All compiled code, in one run of bytes.
    pub code: RelativeSlice<u8>,
    /// Ascending offsets into `code` of instructions that may trap.
    pub trap_offsets: RelativeSlice<u32>,
    /// The [`crate::trap::TrapCode`] of each element of `trap_offsets`.
    pub trap_codes: RelativeSlice<u8>,
    /// Every function by ascending offset, for backtraces.
    pub functions: RelativeSlice<FunctionEntry>,
    /// UTF-8 names that `functions` refers to.
    pub names: RelativeSlice<u8>,
    /// The base of packed function references: the packed references of all functions that are
    /// ever referred to, in no particular order.
    pub function_references: RelativeSlice<u64>,
    /// The instances, in the order in which they are instantiated.
    pub instances: RelativeSlice<InstanceDescriptor>,
    /// The functions that the stub may call.
    pub entry_points: RelativeSlice<EntryPoint>,
}

/// Where a function's code begins and what it is called.
#[repr(C)]
pub struct FunctionEntry {
    /// Offset of its first instruction in [`ProgramHeader::code`].
    pub code_offset: u32,
    /// Its index in its module's function index space, or `u32::MAX` for code that no module wrote
    /// (trampolines).
    pub function_index: u32,
    /// Offset of its name in [`ProgramHeader::names`].
    pub name_offset: u32,
    /// Length of its name; 0 when it has none.
    pub name_bytes: u32,
}

/// What the stub needs to bring one instance to life.
#[repr(C)]
pub struct InstanceDescriptor {
    /// Its block. Writable, unlike everything else here.
    pub block: Relative<InstanceHeader>,
    /// Offset in the block of the descriptor of the memory exported as `memory`, when `host_memory`
    /// is in this same instance; otherwise it refers into the block of another one.
    pub host_memory: Relative<crate::instance::MemoryDescriptor>,
    /// Defined memories, in index order.
    pub memories: RelativeSlice<MemoryDefinition>,
    /// Initial contents of defined memories that are known at build time.
    pub memory_images: RelativeSlice<MemoryImage>,
    /// Defined tables, in index order.
    pub tables: RelativeSlice<TableDefinition>,
    /// Code (`extern fn()`) that does the rest of instantiation: globals, segments, start function.
    /// It may trap. Absent when there is nothing to do.
    pub initialize: Relative<u8>,
    /// For alignment; zero.
    pub unused: u32,
}

/// A memory to create before any code runs.
#[repr(C)]
pub struct MemoryDefinition {
    /// Initial size.
    pub minimum_bytes: u64,
    /// Size that it may grow to, by the module's own word; at most 2^48.
    pub maximum_bytes: u64,
    /// Bytes behind 4 GiB that must be inaccessible for [`crate::instance::MemoryStrategy::Guard`].
    pub guard_bytes: u64,
    /// Where its descriptor is.
    pub descriptor: Relative<crate::instance::MemoryDescriptor>,
    /// See [`crate::instance::MemoryDescriptor::page_size_log2`].
    pub page_size_log2: u32,
    /// A [`crate::instance::MemoryStrategy`] as a number.
    pub strategy: u32,
    /// For alignment; zero.
    pub unused: u32,
}

/// The pages in which initial memory contents are kept, in bytes: the smallest of any system, so that
/// little is stored besides what is not zero. A system with larger ones copies.
pub const IMAGE_PAGE_BYTES: u64 = 4096;

/// A run of initial memory contents: whole pages in the image section, which the stub may move into
/// place instead of copying. Runs of a memory are ascending and do not overlap.
#[repr(C)]
pub struct MemoryImage {
    /// First byte in the memory; a multiple of [`IMAGE_PAGE_BYTES`].
    pub memory_offset: u64,
    /// A multiple of [`IMAGE_PAGE_BYTES`].
    pub size_bytes: u64,
    /// Index among the instance's defined memories.
    pub memory: u32,
    /// The contents: at a multiple of [`IMAGE_PAGE_BYTES`], in a writable private segment that nothing else uses.
    pub contents: Relative<u8>,
}

/// A table to create before any code runs.
#[repr(C)]
pub struct TableDefinition {
    /// Initial number of elements.
    pub minimum: u64,
    /// Number of elements that it may grow to.
    pub maximum: u64,
    /// Its first elements as known at build time, as packed references; null beyond.
    pub image: RelativeSlice<u64>,
    /// Where its descriptor is.
    pub descriptor: Relative<crate::instance::TableDescriptor>,
    /// Non-zero when nothing can change the table: its descriptor may refer to `image` itself, which
    /// then holds all `minimum` elements.
    pub read_only: u32,
}

/// The code of an entry point: reads its arguments from the slots and writes its results there, from
/// the first. There are as many slots as the larger of the two counts, and at least one.
///
/// The calling convention is System V's on x86-64 whatever the system, elsewhere the platform's C.
#[cfg(target_arch = "x86_64")]
pub type EntryCode = unsafe extern "sysv64" fn(slots: *mut Slot);
/// The code of an entry point: reads its arguments from the slots and writes its results there, from
/// the first. There are as many slots as the larger of the two counts, and at least one.
///
/// The calling convention is System V's on x86-64 whatever the system, elsewhere the platform's C.
#[cfg(not(target_arch = "x86_64"))]
pub type EntryCode = unsafe extern "C" fn(slots: *mut Slot);

/// What an entry point is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum EntryKind {
    /// A command's `_start`: called once, then the program exits with status 0.
    Start = 0,
    /// A reactor's `_initialize`: called before any other entry point.
    Initialize = 1,
    /// The export that the program was built to invoke, with the command line as its arguments.
    Invoke = 2,
    /// An export that the test suite's script may call.
    Script = 3,
}

/// An exported function that the stub may call.
#[repr(C)]
pub struct EntryPoint {
    /// The export's name, UTF-8.
    pub name: RelativeSlice<u8>,
    /// Its parameters, as [`ValueType`] numbers.
    pub parameters: RelativeSlice<u8>,
    /// Its results, as [`ValueType`] numbers.
    pub results: RelativeSlice<u8>,
    /// An [`EntryCode`].
    pub code: Relative<u8>,
    /// An [`EntryKind`] as a number.
    pub kind: u32,
    /// Index of its instance in [`ProgramHeader::instances`].
    pub instance: u32,
    /// For alignment; zero.
    pub unused: u32,
}

/// A value type as the binary format encodes it (core specification, 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ValueType {
    /// `i32`
    I32 = 0x7f,
    /// `i64`
    I64 = 0x7e,
    /// `f32`
    F32 = 0x7d,
    /// `f64`
    F64 = 0x7c,
    /// `v128`
    V128 = 0x7b,
    /// `funcref`
    FuncRef = 0x70,
    /// `externref`
    ExternRef = 0x6f,
}

impl ValueType {
    /// The type that the byte encodes, if any.
    pub fn from_byte(byte: u8) -> Option<Self> {
        [Self::I32, Self::I64, Self::F32, Self::F64, Self::V128, Self::FuncRef, Self::ExternRef]
            .into_iter()
            .find(|&value_type| value_type as u8 == byte)
    }
}
