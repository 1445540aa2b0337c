//! The stub's header: what the linker of programs finds in this image, and where it leaves the way to
//! the program, the policy and the script.

#[cfg(all(feature = "hole", target_os = "linux"))]
use crate::hole;
use crate::{bulk, host_call, memory, table};
use std::ptr;
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::program::ProgramHeader;
use wasm2native_abi::runtime::{Libcall, RuntimeFunction};
use wasm2native_abi::stub::{Link, STUB_MAGIC, StubHeader};

/// Every function that compiled code may call.
const FUNCTIONS: [*const (); RuntimeFunction::COUNT] = {
    let mut functions = [host_call::absent as *const (); RuntimeFunction::COUNT];
    let libcalls = [
        (Libcall::MemoryGrow, memory::memory_grow as *const ()),
        (Libcall::TableGrow, table::table_grow as *const ()),
        (Libcall::MemoryCopy, bulk::memory_copy as *const ()),
        (Libcall::MemoryFill, bulk::memory_fill as *const ()),
        (Libcall::TableFill, table::table_fill as *const ()),
    ];
    assert!(libcalls.len() == Libcall::ALL.len());
    let mut index = 0;
    while index < libcalls.len() {
        functions[RuntimeFunction::libcall(libcalls[index].0).index()] = libcalls[index].1;
        index += 1;
    }
    let mut index = 0;
    while index < host_call::WASI.len() {
        functions[RuntimeFunction::wasi(index).index()] = host_call::WASI[index];
        index += 1;
    }
    #[cfg(feature = "wast")]
    {
        let index = RuntimeFunction::spectest_print().index();
        functions[index] = host_call::spectest_print as *const ();
    }
    #[cfg(all(feature = "hole", target_os = "linux"))]
    {
        functions[RuntimeFunction::hole_syscall().index()] = hole::system_call as *const ();
    }
    functions
};

const ABSENT: Link = Link { distance_bytes: 0, size_bytes: 0 };

#[used]
#[cfg_attr(all(not(test), target_vendor = "apple"), unsafe(link_section = "__DATA,__w2n_stub"))]
#[cfg_attr(all(not(test), windows), unsafe(link_section = ".w2nstub"))]
#[cfg_attr(all(not(test), unix, not(target_vendor = "apple")), unsafe(link_section = ".w2n.stub"))]
static HEADER: StubHeader<{ RuntimeFunction::COUNT }> = StubHeader {
    magic: STUB_MAGIC,
    abi_version: ABI_VERSION,
    function_count: RuntimeFunction::COUNT as u32,
    program: ABSENT,
    policy: ABSENT,
    script: ABSENT,
    functions: FUNCTIONS,
};

/// What a link refers to, and its size in bytes.
fn follow(link: &'static Link) -> Option<(*const u8, usize)> {
    // The linker writes the header after this code was compiled: the compiler must not assume that it
    // still is what it was initialised with.
    // SAFETY: both fields are valid for reads.
    let (distance, size) = unsafe {
        (
            ptr::read_volatile(&raw const link.distance_bytes),
            ptr::read_volatile(&raw const link.size_bytes),
        )
    };
    if distance == 0 {
        return None;
    }
    let target = ptr::from_ref(link).cast::<u8>().wrapping_offset(isize::try_from(distance).ok()?);
    Some((target, usize::try_from(size).ok()?))
}

fn bytes(link: &'static Link) -> &'static [u8] {
    // SAFETY: the linker made the link refer to read-only bytes of that size in this image.
    follow(link).map_or(&[], |(start, size)| unsafe { std::slice::from_raw_parts(start, size) })
}

/// The program's header, if one was linked in.
pub(crate) fn program() -> Option<*const ProgramHeader> {
    let (start, size) = follow(&HEADER.program)?;
    (size == 0 || size >= size_of::<ProgramHeader>()).then_some(start.cast())
}

/// The encoded policy; empty when there is none.
pub(crate) fn policy() -> &'static [u8] {
    bytes(&HEADER.policy)
}

/// The test suite's script; empty when there is none.
#[cfg(feature = "wast")]
pub(crate) fn script() -> &'static [u8] {
    bytes(&HEADER.script)
}
