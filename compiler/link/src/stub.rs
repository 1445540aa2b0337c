//! The stub as the linker sees it, whatever its format: where its header is and where its functions
//! are.
//!
//! A format's reader finds the header in the image and the function addresses in the image's own
//! relocations; what they must look like is decided here. Invariant: a [`Stub`] is of this ABI's
//! version. Source: `wasm2native_abi::stub`.

use crate::bytes::{ByteOrder, array, array_mut};
use crate::error::Error;
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::stub::{
    FUNCTIONS_OFFSET, POLICY_LINK_OFFSET, PROGRAM_LINK_OFFSET, SCRIPT_LINK_OFFSET, STUB_MAGIC,
};

/// Size of the header: fixed part and one pointer a function.
pub(crate) const HEADER_BYTES: u64 = FUNCTIONS_OFFSET + 8 * RuntimeFunction::COUNT as u64;

/// What the linker needs to know of a stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stub {
    /// The header's address in the image.
    pub(crate) header_vaddr: u64,
    /// The header's place in the file.
    pub(crate) header_file_offset: u64,
    /// The addresses of the runtime functions by index; those that this variant leaves out are absent.
    pub(crate) functions: Vec<Option<u64>>,
}

/// Checks the fixed part of a stub's header.
pub(crate) fn check_header(header: &[u8], order: ByteOrder) -> Result<(), Error> {
    let short = || Error::stub("its header is cut short");
    if array(header, 0).ok_or_else(short)? != STUB_MAGIC {
        return Err(Error::stub("its header has no magic number"));
    }
    let found = order.read_u32(array(header, 8).ok_or_else(short)?);
    if found != ABI_VERSION {
        return Err(Error::StubVersion { found, expected: ABI_VERSION });
    }
    let found = order.read_u32(array(header, 12).ok_or_else(short)?);
    if found as usize != RuntimeFunction::COUNT {
        return Err(Error::StubFunctionCount { found, expected: RuntimeFunction::COUNT });
    }
    if (header.len() as u64) < HEADER_BYTES {
        return Err(short());
    }
    Ok(())
}

/// Whether a header of any version begins so.
pub(crate) fn is_header(beginning: &[u8], order: ByteOrder) -> bool {
    let number = |offset| array(beginning, offset).map(|bytes| order.read_u32(bytes));
    let is_number = |offset| number(offset).is_some_and(|number| (1..1 << 16).contains(&number));
    array(beginning, 0) == Some(STUB_MAGIC) && is_number(8) && is_number(12)
}

/// A run of bytes in the image that the stub is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) vaddr: u64,
    pub(crate) size_bytes: u64,
}

/// What the stub is told of; a [`wasm2native_abi::stub::Link`] each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links {
    pub(crate) program: Extent,
    pub(crate) policy: Option<Extent>,
    pub(crate) script: Option<Extent>,
}

impl Links {
    /// Each link's offset in the header and what it refers to.
    fn entries(&self) -> [(u64, Option<Extent>); 3] {
        [
            (PROGRAM_LINK_OFFSET, Some(self.program)),
            (POLICY_LINK_OFFSET, self.policy),
            (SCRIPT_LINK_OFFSET, self.script),
        ]
    }

    /// Fills in the links of the header in `output`, a copy of the stub's file.
    pub(crate) fn write(
        &self,
        stub: &Stub,
        order: ByteOrder,
        output: &mut [u8],
    ) -> Result<(), Error> {
        for (offset, extent) in self.entries() {
            let Some(extent) = extent else { continue };
            // The distance counts from the field, which is the link's first.
            let distance = extent.vaddr.wrapping_sub(stub.header_vaddr.wrapping_add(offset));
            let place = stub.header_file_offset + offset;
            let outside = || Error::stub("its header lies outside the file");
            *array_mut(output, place).ok_or_else(outside)? = order.u64(distance);
            *array_mut(output, place + 8).ok_or_else(outside)? = order.u64(extent.size_bytes);
        }
        Ok(())
    }

    /// Reads back the links of a header at `header_vaddr` whose bytes are `header`: what a stub would
    /// find at run time.
    pub(crate) fn read(
        header: &[u8],
        header_vaddr: u64,
        order: ByteOrder,
    ) -> Option<[Option<Extent>; 3]> {
        let mut extents = [None; 3];
        let offsets = [PROGRAM_LINK_OFFSET, POLICY_LINK_OFFSET, SCRIPT_LINK_OFFSET];
        for (extent, offset) in extents.iter_mut().zip(offsets) {
            let distance = order.read_u64(array(header, offset)?);
            if distance != 0 {
                let vaddr = header_vaddr.wrapping_add(offset).wrapping_add(distance);
                let size_bytes = order.read_u64(array(header, offset + 8)?);
                *extent = Some(Extent { vaddr, size_bytes });
            }
        }
        Some(extents)
    }
}
