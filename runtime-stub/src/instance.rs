//! Brings instances to life: their memories and tables, then the code that does the rest.

use crate::policy::Settings;
use crate::{memory, table, trap};
use std::ptr;
use wasm2native_abi::instance::{InstanceHeader, Slot};
use wasm2native_abi::program::InstanceDescriptor;
use wasm2native_abi::trap::TrapCode;

/// Makes everything that code of the instance, or of one that imports from it, needs to run.
///
/// # Errors
/// A sentence when the system or the policy refuses a memory or a table.
pub(crate) fn create(
    instance: &'static InstanceDescriptor,
    settings: &Settings,
) -> Result<(), &'static str> {
    memory::create_all(instance, settings.memory_bytes)?;
    table::create_all(instance, settings.table_elements)?;
    let block = instance.block.as_ptr().cast_mut();
    if !block.is_null() {
        let host_memory = instance.host_memory.as_ptr().cast_mut();
        // SAFETY: the block is the instance's own, writable, and used by nobody yet.
        unsafe { block.write(InstanceHeader { descriptor: ptr::from_ref(instance), host_memory }) };
    }
    Ok(())
}

/// Runs the code that does the rest: globals, segments, start function.
///
/// # Errors
/// The trap that ended it, in the variant that recovers from traps.
pub(crate) fn initialize(instance: &'static InstanceDescriptor) -> Result<(), TrapCode> {
    if instance.initialize.is_absent() {
        return Ok(());
    }
    let mut slot = [Slot::ZERO];
    // SAFETY: `create` was called; the code takes no arguments.
    unsafe { trap::call(instance.initialize.as_ptr(), &mut slot) }
}
