//! Linear memories: reserved, filled with their images, grown. Sandbox-critical: compiled code relies
//! on every byte that it can address being either the memory's own or inaccessible.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(unix)]
pub(crate) use system::use_small_pages;
pub(crate) use system::{Protection, map, move_pages, page_bytes, protect, resize, unmap};

use crate::arch::compiled_abi;
use crate::program;
use std::ptr;
use wasm2native_abi::instance::{MemoryDescriptor, MemoryStrategy};
use wasm2native_abi::program::{InstanceDescriptor, MemoryDefinition, MemoryImage};

/// What a 32-bit index reaches.
const INDEX_RANGE_BYTES: u64 = 4 << 30;

/// Makes the memories that an instance defines.
///
/// # Errors
/// A sentence when the system or the policy refuses one.
pub(crate) fn create_all(
    instance: &'static InstanceDescriptor,
    limit_bytes: u64,
) -> Result<(), &'static str> {
    let definitions = program::table(&instance.memories);
    for definition in definitions {
        create(definition, limit_bytes)?;
    }
    for image in program::table(&instance.memory_images) {
        let definition = definitions.get(image.memory as usize).ok_or(DAMAGED)?;
        fill(definition, image)?;
    }
    Ok(())
}

const DAMAGED: &str = "the program in this executable is damaged";

fn create(definition: &'static MemoryDefinition, limit_bytes: u64) -> Result<(), &'static str> {
    let maximum_bytes = definition.maximum_bytes.min(limit_bytes);
    if definition.minimum_bytes > maximum_bytes {
        return Err("the program needs more memory to start than it was granted (`--max-memory`)");
    }
    let minimum = usize::try_from(definition.minimum_bytes).map_err(|_| TOO_LARGE)?;
    let guard = definition.strategy == MemoryStrategy::Guard as u32;
    let (base, reserved_bytes) = if guard {
        let reserved = INDEX_RANGE_BYTES.checked_add(definition.guard_bytes).ok_or(DAMAGED)?;
        if definition.minimum_bytes > INDEX_RANGE_BYTES {
            return Err(DAMAGED);
        }
        let reserved_bytes = usize::try_from(reserved).map_err(|_| NO_RESERVATION)?;
        let base = map(reserved_bytes, Protection::None).ok_or(NO_RESERVATION)?;
        // SAFETY: the range begins the mapping just made and is not longer.
        if minimum > 0 && !unsafe { protect(base, minimum, Protection::ReadWrite) } {
            return Err(TOO_LARGE);
        }
        (base, reserved)
    } else {
        let mapped = minimum.checked_next_multiple_of(page_bytes()).ok_or(TOO_LARGE)?;
        let base = if mapped == 0 {
            ptr::null_mut()
        } else {
            map(mapped, Protection::ReadWrite).ok_or(TOO_LARGE)?
        };
        (base, mapped as u64)
    };
    let descriptor = definition.descriptor.as_ptr().cast_mut();
    // SAFETY: the descriptor is in the instance's block, which is writable and used by nobody yet.
    unsafe {
        descriptor.write(MemoryDescriptor {
            base,
            length_bytes: definition.minimum_bytes,
            maximum_bytes: if guard { maximum_bytes.min(INDEX_RANGE_BYTES) } else { maximum_bytes },
            reserved_bytes,
            page_size_log2: definition.page_size_log2,
            strategy: definition.strategy,
            unused: 0,
        });
    }
    Ok(())
}

const NO_RESERVATION: &str = "the system refuses to reserve 4 GiB of address space for the program's \
    memory; building with `--memory-strategy check` needs no reservation";
const TOO_LARGE: &str = "the system refuses the memory that the program needs to start";

/// Puts one run of initial contents into its memory.
fn fill(definition: &MemoryDefinition, image: &MemoryImage) -> Result<(), &'static str> {
    let end = image.memory_offset.checked_add(image.size_bytes).ok_or(DAMAGED)?;
    // A memory may end within the image's last page.
    let present = end.min(definition.minimum_bytes);
    let whole_pages = definition.minimum_bytes.next_multiple_of(page_bytes() as u64);
    if end > whole_pages || image.memory_offset > present {
        return Err(DAMAGED);
    }
    let offset = usize::try_from(image.memory_offset).map_err(|_| DAMAGED)?;
    let size = usize::try_from(image.size_bytes).map_err(|_| DAMAGED)?;
    if size == 0 {
        return Ok(());
    }
    let source = image.contents.as_ptr().cast_mut();
    // SAFETY: `create` has written the descriptor; pages of the memory up to `end` are mapped, and
    // nothing else uses the pages of the image.
    unsafe {
        let target = (*definition.descriptor.as_ptr()).base.add(offset);
        // A memory that may move must stay one mapping, or the system could not move it.
        let stays = definition.strategy == MemoryStrategy::Guard as u32;
        // Where the machine's pages are larger than the image's, neighbours would move along.
        let whole =
            [source.addr(), target.addr(), size].iter().all(|it| it.is_multiple_of(page_bytes()));
        if !stays || !whole || !move_pages(source, target, size) {
            let present = usize::try_from(present).map_err(|_| DAMAGED)?;
            ptr::copy_nonoverlapping(source, target, present - offset);
        }
    }
    Ok(())
}

compiled_abi! {
    /// [`wasm2native_abi::runtime::Libcall::MemoryGrow`].
    pub(crate) unsafe fn memory_grow(descriptor: *mut MemoryDescriptor, delta_pages: u64) -> u64 {
        // SAFETY: compiled code passes a descriptor of the program's.
        let memory = unsafe { &mut *descriptor };
        let former = memory.length_bytes >> memory.page_size_log2;
        match grow(memory, delta_pages) {
            Some(()) => former,
            None => u64::MAX,
        }
    }
}

fn grow(memory: &mut MemoryDescriptor, delta_pages: u64) -> Option<()> {
    let pages = (memory.length_bytes >> memory.page_size_log2).checked_add(delta_pages)?;
    if pages > memory.maximum_bytes >> memory.page_size_log2 {
        return None;
    }
    // It cannot overflow: it is not above `maximum_bytes`.
    let length = pages << memory.page_size_log2;
    let former = usize::try_from(memory.length_bytes).ok()?;
    let new = usize::try_from(length).ok()?;
    if memory.strategy == MemoryStrategy::Guard as u32 {
        // SAFETY: the range lies in the reservation, which `maximum_bytes` does not exceed.
        let opened = new == former
            || unsafe { protect(memory.base.add(former), new - former, Protection::ReadWrite) };
        if !opened {
            return None;
        }
    } else {
        let mapped = usize::try_from(memory.reserved_bytes).ok()?;
        let needed = new.checked_next_multiple_of(page_bytes())?;
        if needed > mapped {
            memory.base = if mapped == 0 {
                map(needed, Protection::ReadWrite)?
            } else {
                // SAFETY: `base` and `mapped` are the whole of an earlier mapping.
                unsafe { resize(memory.base, mapped, needed)? }
            };
            memory.reserved_bytes = needed as u64;
        }
    }
    memory.length_bytes = length;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(strategy: MemoryStrategy, maximum_pages: u64) -> MemoryDescriptor {
        let reserved = if strategy == MemoryStrategy::Guard { 1 << 20 } else { 0 };
        let base = match strategy {
            MemoryStrategy::Guard => map(1 << 20, Protection::None).unwrap(),
            MemoryStrategy::Check => ptr::null_mut(),
        };
        MemoryDescriptor {
            base,
            length_bytes: 0,
            maximum_bytes: maximum_pages << 16,
            reserved_bytes: reserved,
            page_size_log2: 16,
            strategy: strategy as u32,
            unused: 0,
        }
    }

    #[test]
    fn memories_grow_to_their_maximum_and_no_further() {
        for strategy in [MemoryStrategy::Guard, MemoryStrategy::Check] {
            let mut memory = empty(strategy, 3);
            // SAFETY: the descriptor is a local; accesses stay below its length.
            unsafe {
                assert_eq!(memory_grow(&raw mut memory, 0), 0);
                assert_eq!(memory_grow(&raw mut memory, 1), 0);
                memory.base.add(65535).write(7);
                assert_eq!(memory_grow(&raw mut memory, 2), 1);
                assert_eq!(memory.base.add(65535).read(), 7);
                assert_eq!(memory.base.add(3 * 65536 - 1).read(), 0);
                assert_eq!(memory_grow(&raw mut memory, 1), u64::MAX);
                assert_eq!(memory_grow(&raw mut memory, u64::MAX), u64::MAX);
                assert_eq!(memory_grow(&raw mut memory, 0), 3);
            }
        }
    }
}
