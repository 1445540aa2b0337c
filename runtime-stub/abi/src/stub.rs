//! The stub's header: where the linker finds the stub's functions, and where it leaves the way to
//! the program.
//!
//! The stub holds one [`StubHeader`] in a section of its own ([`SECTION`]); its function pointers are
//! found through the image's own relocations, which every format has, so that the stub needs no
//! symbol table and link-time optimisation may rename what it likes.

/// First bytes of a [`StubHeader`].
pub const STUB_MAGIC: [u8; 8] = *b"w2nstub\0";

/// The stub's section that holds the header, in ELF (PE: [`SECTION_PE`], Mach-O:
/// [`SECTION_MACHO`] in the segment `__DATA`).
pub const SECTION: &str = ".w2n.stub";
/// See [`SECTION`].
pub const SECTION_PE: &str = ".w2nstub";
/// See [`SECTION`].
pub const SECTION_MACHO: &str = "__w2n_stub";

/// ELF only: a note section directly behind the program headers, which the linker overwrites with
/// additional program headers.
pub const RESERVED_HEADERS_SECTION: &str = ".note.w2n.phdrs";
/// How many program headers [`RESERVED_HEADERS_SECTION`] has room for.
pub const RESERVED_HEADERS: usize = 8;

/// A reference that the linker fills in: the distance in bytes from the reference to the target, in
/// the target's byte order; 0 when there is nothing.
#[repr(C)]
pub struct Link {
    /// Distance from this field's address.
    pub distance_bytes: i64,
    /// Size of what is referred to.
    pub size_bytes: u64,
}

/// What linker and stub know of each other.
#[repr(C, align(16))]
pub struct StubHeader<const FUNCTIONS: usize> {
    /// [`STUB_MAGIC`].
    pub magic: [u8; 8],
    /// [`crate::ABI_VERSION`] of the stub.
    pub abi_version: u32,
    /// Number of `functions`: [`crate::runtime::RuntimeFunction::COUNT`].
    pub function_count: u32,
    /// To the [`crate::program::ProgramHeader`].
    pub program: Link,
    /// To the encoded policy, see [`crate::policy`].
    pub policy: Link,
    /// To the test suite's script, see [`crate::script`].
    pub script: Link,
    /// The functions that compiled code may call, in the order of
    /// [`crate::runtime::RuntimeFunction`].
    pub functions: [*const (); FUNCTIONS],
}

// SAFETY: the header is never written at run time.
#[allow(unsafe_code)]
unsafe impl<const FUNCTIONS: usize> Sync for StubHeader<FUNCTIONS> {}

/// Offset of [`StubHeader::program`].
pub const PROGRAM_LINK_OFFSET: u64 = 16;
/// Offset of [`StubHeader::policy`].
pub const POLICY_LINK_OFFSET: u64 = 32;
/// Offset of [`StubHeader::script`].
pub const SCRIPT_LINK_OFFSET: u64 = 48;
/// Offset of [`StubHeader::functions`].
pub const FUNCTIONS_OFFSET: u64 = 64;

#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(StubHeader<1>, program) == PROGRAM_LINK_OFFSET as usize);
    assert!(offset_of!(StubHeader<1>, policy) == POLICY_LINK_OFFSET as usize);
    assert!(offset_of!(StubHeader<1>, script) == SCRIPT_LINK_OFFSET as usize);
    assert!(offset_of!(StubHeader<1>, functions) == FUNCTIONS_OFFSET as usize);
};
