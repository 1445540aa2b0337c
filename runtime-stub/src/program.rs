//! Finds the program that was linked in and looks things up in its tables.

use crate::header;
use std::ops::Range;
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::program::{
    EntryPoint, FunctionEntry, InstanceDescriptor, PROGRAM_MAGIC, ProgramHeader,
};
use wasm2native_abi::relative::RelativeSlice;
use wasm2native_abi::trap::TrapCode;

/// The program in this image.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    header: &'static ProgramHeader,
}

/// Finds the program.
///
/// # Errors
/// A sentence when there is none, or one of another version.
pub(crate) fn find() -> Result<Program, &'static str> {
    let start = header::program()
        .ok_or("no program is linked into this executable, which is a part of wasm2native")?;
    // SAFETY: the linker made the link refer to a header; its first fields never change place.
    let header = unsafe { &*start };
    if header.magic != PROGRAM_MAGIC {
        return Err("the program in this executable is damaged");
    }
    if header.abi_version != ABI_VERSION {
        return Err(
            "the program in this executable was compiled for another version of its runtime",
        );
    }
    Ok(Program { header })
}

/// The elements of a read-only table of the program.
pub(crate) fn table<T>(table: &'static RelativeSlice<T>) -> &'static [T] {
    // SAFETY: the table stands in the image of the version that was checked, and is never written.
    unsafe { table.as_slice() }
}

impl Program {
    /// The processor features that it needs.
    pub(crate) fn cpu_features(self) -> u32 {
        self.header.cpu_features
    }

    /// The addresses of its code.
    pub(crate) fn code(self) -> Range<usize> {
        let code = table(&self.header.code).as_ptr_range();
        code.start.addr()..code.end.addr()
    }

    /// Its instances, in the order in which they are made.
    pub(crate) fn instances(self) -> &'static [InstanceDescriptor] {
        table(&self.header.instances)
    }

    /// The functions that may be called from outside.
    pub(crate) fn entry_points(self) -> &'static [EntryPoint] {
        table(&self.header.entry_points)
    }

    /// The trap that the instruction at `address` raises, if it is one that may trap.
    pub(crate) fn trap(self, address: usize) -> Option<TrapCode> {
        let code = self.code();
        if !code.contains(&address) {
            return None;
        }
        let offset = u32::try_from(address - code.start).ok()?;
        let position = table(&self.header.trap_offsets).binary_search(&offset).ok()?;
        TrapCode::from_byte(*table(&self.header.trap_codes).get(position)?)
    }

    #[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
    /// The function whose code `address` lies in.
    pub(crate) fn function(self, address: usize) -> Option<&'static FunctionEntry> {
        let code = self.code();
        if !code.contains(&address) {
            return None;
        }
        let offset = u32::try_from(address - code.start).ok()?;
        let functions = table(&self.header.functions);
        let behind = functions.partition_point(|function| function.code_offset <= offset);
        functions.get(behind.checked_sub(1)?)
    }

    #[cfg_attr(feature = "wast", allow(dead_code, reason = "only backtraces need all"))]
    /// The name of a function; empty when it has none.
    pub(crate) fn name(self, function: &FunctionEntry) -> &'static [u8] {
        let start = function.name_offset as usize;
        let names = table(&self.header.names);
        names.get(start..).and_then(|rest| rest.get(..function.name_bytes as usize)).unwrap_or(&[])
    }
}
