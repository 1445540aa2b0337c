//! Tables: made from their images, grown and filled.

use crate::arch::compiled_abi;
use crate::program;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr;
use wasm2native_abi::instance::TableDescriptor;
use wasm2native_abi::program::{InstanceDescriptor, TableDefinition};

/// No table grows beyond this number of elements, which is also what Web browsers allow.
const LARGEST_GROWN: u64 = 10_000_000;

/// Makes the tables that an instance defines.
///
/// # Errors
/// A sentence when there is no memory for one, or the policy allows fewer elements.
pub(crate) fn create_all(
    instance: &'static InstanceDescriptor,
    limit_elements: u64,
) -> Result<(), &'static str> {
    let definitions = program::table(&instance.tables);
    definitions.iter().try_for_each(|definition| create(definition, limit_elements))
}

fn create(definition: &'static TableDefinition, limit_elements: u64) -> Result<(), &'static str> {
    if definition.minimum > limit_elements {
        return Err("the program needs larger tables to start than it was granted (`--max-table`)");
    }
    let image = program::table(&definition.image);
    let keep_image = definition.read_only != 0 && image.len() as u64 >= definition.minimum;
    let (base, capacity) = if keep_image {
        (image.as_ptr().cast_mut(), 0)
    } else if definition.minimum == 0 {
        (ptr::dangling_mut(), 0)
    } else {
        let base = allocate(definition.minimum)
            .ok_or("there is not enough memory for the program's tables")?;
        let count = image.len().min(usize::try_from(definition.minimum).unwrap_or(usize::MAX));
        // SAFETY: the allocation holds `minimum` elements; it is fresh, so it cannot overlap.
        unsafe { ptr::copy_nonoverlapping(image.as_ptr(), base, count) };
        (base, definition.minimum)
    };
    let descriptor = definition.descriptor.as_ptr().cast_mut();
    let (length, maximum) = (definition.minimum, definition.maximum.min(limit_elements));
    // SAFETY: the descriptor is in the instance's block, which is writable and used by nobody yet.
    unsafe { descriptor.write(TableDescriptor { base, length, maximum, capacity }) };
    Ok(())
}

fn layout(elements: u64) -> Option<Layout> {
    Layout::array::<u64>(usize::try_from(elements).ok()?).ok()
}

/// Storage for a number of elements above zero, all null.
fn allocate(elements: u64) -> Option<*mut u64> {
    let layout = layout(elements).filter(|layout| layout.size() > 0)?;
    // SAFETY: the layout's size is not zero.
    let start = unsafe { alloc_zeroed(layout) };
    (!start.is_null()).then_some(start.cast())
}

compiled_abi! {
    /// [`wasm2native_abi::runtime::Libcall::TableGrow`].
    pub(crate) unsafe fn table_grow(
        descriptor: *mut TableDescriptor,
        delta: u64,
        initial: u64,
    ) -> u64 {
        // SAFETY: compiled code passes a descriptor of the program's.
        let table = unsafe { &mut *descriptor };
        let former = table.length;
        match grow(table, delta, initial) {
            Some(()) => former,
            None => u64::MAX,
        }
    }
}

fn grow(table: &mut TableDescriptor, delta: u64, initial: u64) -> Option<()> {
    let length = table.length.checked_add(delta)?;
    if delta == 0 {
        return Some(());
    }
    if length > table.maximum.min(LARGEST_GROWN) {
        return None;
    }
    if length > table.capacity {
        let doubled = table.capacity.saturating_mul(2).max(8);
        let capacity = doubled.min(table.maximum.min(LARGEST_GROWN)).max(length);
        let base = allocate(capacity)?;
        let count = usize::try_from(table.length).ok()?;
        // SAFETY: the new storage is larger than the old one, which holds `length` elements.
        unsafe { ptr::copy_nonoverlapping(table.base, base, count) };
        if let Some(layout) = layout(table.capacity).filter(|layout| layout.size() > 0) {
            // SAFETY: a capacity above zero means that `allocate` made the storage with this layout.
            unsafe { dealloc(table.base.cast(), layout) };
        }
        table.base = base;
        table.capacity = capacity;
    }
    // SAFETY: there is storage for `length` elements.
    unsafe { fill(table.base.add(usize::try_from(table.length).ok()?), initial, delta) };
    table.length = length;
    Some(())
}

compiled_abi! {
    /// [`wasm2native_abi::runtime::Libcall::TableFill`].
    pub(crate) unsafe fn table_fill(destination: *mut u64, value: u64, count: u64) {
        // SAFETY: compiled code has checked that the table holds these elements.
        unsafe { fill(destination, value, count) };
    }
}

/// # Safety
/// - `destination` is valid for writes of `count` elements.
unsafe fn fill(destination: *mut u64, value: u64, count: u64) {
    for index in 0..count as usize {
        // SAFETY: by the caller's promise.
        unsafe { destination.add(index).write(value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_grow_from_an_image_and_keep_their_elements() {
        static IMAGE: [u64; 2] = [3, 4];
        let base = IMAGE.as_ptr().cast_mut();
        let mut table = TableDescriptor { base, length: 2, maximum: 40, capacity: 0 };
        // SAFETY: the descriptor is a local; reads stay below its length.
        unsafe {
            assert_eq!(table_grow(&raw mut table, 0, 9), 2);
            assert_eq!(table_grow(&raw mut table, 1, 5), 2);
            assert_eq!(table_grow(&raw mut table, 30, 6), 3);
            let elements = std::slice::from_raw_parts(table.base, 33);
            assert_eq!((elements[0], elements[1], elements[2], elements[32]), (3, 4, 5, 6));
            assert_eq!(table_grow(&raw mut table, 8, 0), u64::MAX);
            assert_eq!(table_grow(&raw mut table, u64::MAX, 0), u64::MAX);
            assert_eq!(table_grow(&raw mut table, 7, 0), 33);
            table_fill(table.base, 1, 2);
            assert_eq!(table.base.add(1).read(), 1);
            assert_eq!(table.base.add(2).read(), 5);
        }
    }
}
