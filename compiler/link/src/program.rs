//! The program's part of an executable, whatever the format: what is placed, what the stub is told of
//! it, and its bytes once all addresses are fixed.
//!
//! Invariant: the object's sections are the first items, at their own indices. What a format adds of
//! its own comes behind them.

use crate::Job;
use crate::error::Error;
use crate::layout::{Group, Item, Layout};
use crate::object::{Access, Object};
use crate::relocate::relocate_section;
use crate::resolve::Addresses;
use crate::stub::{Extent, Links};

/// The object's sections by index, then the policy and the script.
pub(crate) fn items<'a>(job: &Job<'a>, object: &Object<'a>) -> Vec<Item<'a>> {
    let sections = object.sections.iter().map(|section| Item {
        group: match section.access {
            Access::Execute => Group::Code,
            Access::Read => Group::ReadOnly,
            Access::Write if section.is_zero() => Group::Zero,
            Access::Write => Group::Data,
            Access::Image => Group::Image,
        },
        align_bytes: section.align_bytes,
        size_bytes: section.size_bytes,
        bytes: section.bytes,
        name: section.name,
    });
    let payloads = [(Group::Policy, Some(job.policy)), (Group::Script, job.script)];
    let payloads = payloads.into_iter().filter_map(|(group, bytes)| {
        let bytes = bytes.filter(|bytes| !bytes.is_empty())?;
        Some(payload(group, 8, bytes))
    });
    sections.chain(payloads).collect()
}

/// An item that is not of the object.
pub(crate) fn payload(group: Group, align_bytes: u64, bytes: &[u8]) -> Item<'_> {
    Item { group, align_bytes, size_bytes: bytes.len() as u64, bytes, name: group.name() }
}

/// Gives every symbol of the object its address.
pub(crate) fn resolve(
    object: &Object<'_>,
    layout: &Layout,
    functions: &[Option<u64>],
) -> Result<Addresses, Error> {
    let sections = layout.items[..object.sections.len()].iter().map(|span| span.vaddr).collect();
    Addresses::resolve(object, sections, functions)
}

/// What the stub is told of.
pub(crate) fn links(
    object: &Object<'_>,
    addresses: &Addresses,
    layout: &Layout,
) -> Result<Links, Error> {
    let extent = |wanted: Group| {
        layout
            .groups
            .iter()
            .find(|(group, ..)| *group == wanted)
            .map(|(_, span, _)| Extent { vaddr: span.vaddr, size_bytes: span.memory_bytes })
    };
    let program = addresses.program(object)?;
    Ok(Links { program, policy: extent(Group::Policy), script: extent(Group::Script) })
}

/// Copies all items to their places in `file` and resolves the object's references.
pub(crate) fn write(
    job: &Job<'_>,
    object: &Object<'_>,
    addresses: &Addresses,
    items: &[Item<'_>],
    layout: &Layout,
    file: &mut [u8],
) -> Result<(), Error> {
    for (index, (item, span)) in items.iter().zip(&layout.items).enumerate() {
        if span.file_bytes == 0 {
            continue;
        }
        let start = span.file_offset as usize;
        let bytes = &mut file[start..start + span.file_bytes as usize];
        bytes.copy_from_slice(item.bytes);
        if index < object.sections.len() {
            relocate_section(job.architecture, object, addresses, index, bytes)?;
        }
    }
    Ok(())
}

/// Copies `bytes` to where layout reserved that many.
pub(crate) fn put(file: &mut [u8], file_offset: u64, bytes: &[u8]) {
    let start = file_offset as usize;
    file[start..start + bytes.len()].copy_from_slice(bytes);
}
