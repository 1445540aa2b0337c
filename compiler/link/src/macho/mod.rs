//! Mach-O executables: the stub, extended by the program's segments, signed anew.
//!
//! What is laid out, byte by byte: the stub's file as far as `__LINKEDIT`, with more load commands and
//! its links filled in; the program's code, read-only data, data and memory images, each in whole
//! pages of its own, since kernel and dynamic linker map nothing else; `__LINKEDIT`, moved and with
//! the program's symbols; the signature. The manifest is loaded, as sections of a Mach-O file are, but
//! nothing touches its page. Sources: Apple's `loader.h`; the published sources of its kernel and of
//! its dynamic linker for what they refuse.

mod chains;
mod commands;
mod identity;
mod linkedit;
mod rebases;
mod signature;
mod stub;
mod symbols;
mod verify;
mod verify_signature;

pub(crate) use identity::has_own_identity;

use crate::bytes::align_up;
use crate::error::Error;
use crate::layout::{Group, Layout, Packing, Rules, Span, lay_out};
use crate::object::Object;
use crate::program::{self, put};
use crate::{Executable, Job, Sizes};
use commands::Tail;
use linkedit::Linkedit;
use stub::MachoStub;
use symbols::Symbols;

/// Links for a Mach-O target.
pub(crate) fn link(job: &Job<'_>) -> Result<Executable, Error> {
    // Read both inputs.
    let stub = MachoStub::parse(job.stub, job.architecture, job.page_bytes)?;
    let object = Object::parse(job.object, job.architecture)?;

    // Fix all addresses and offsets.
    let mut items = program::items(job, &object);
    items.push(program::payload(Group::Manifest, 8, job.manifest));
    let rules = Rules {
        packing: Packing::Apart { align_bytes: job.page_bytes },
        page_bytes: job.page_bytes,
        first_vaddr: stub.linkedit().vaddr,
        first_file_offset: stub.linkedit().file_offset,
    };
    let layout = lay_out(&items, &[], rules)?;
    let addresses = program::resolve(&object, &layout, &stub.stub.functions)?;
    let links = program::links(&object, &addresses, &layout)?;
    let code_number = commands::section_number(&stub, &layout, Group::Code)?;
    let symbols = Symbols::write(&stub, &object, &layout, code_number)?;
    let linkedit = Linkedit::write(&stub, &symbols, layout.segments.len(), layout.file_bytes)?;
    let tail = tail(&layout, &linkedit, job.page_bytes)?;

    // Write the loaded part and resolve its references.
    let too_large = |_| Error::TooLarge { what: "the executable" };
    let mut file = vec![0; usize::try_from(tail.signature_file_offset).map_err(too_large)?];
    file[..stub.loaded.len()].copy_from_slice(stub.loaded);
    program::write(job, &object, &addresses, &items, &layout, &mut file)?;
    links.write(&stub.stub, crate::bytes::ByteOrder::Little, &mut file)?;

    // Write the headers and what comes last; identify and sign the whole.
    let uuid_file_offset =
        commands::write(&stub, &layout, &symbols, &linkedit, tail, job.page_bytes, &mut file)?;
    put(&mut file, tail.linkedit.file_offset, &linkedit.bytes);
    put(&mut file, uuid_file_offset, &[0; 16]);
    let uuid = signature::uuid(&file);
    put(&mut file, uuid_file_offset, &uuid);
    let signature = signature::sign(&file, stub.text().file_bytes);
    file.extend_from_slice(&signature);

    // Check the result as a kernel, the dynamic linker and the stub will see it.
    verify::verify(&file, job, &links, &stub.stub)?;
    log::debug!("linked {} bytes, {} segments added", file.len(), layout.segments.len());
    Ok(Executable { sizes: sizes(&stub, &layout, file.len() as u64), bytes: file })
}

/// Places `__LINKEDIT` behind everything, and the signature at its end.
fn tail(layout: &Layout, linkedit: &Linkedit, page_bytes: u64) -> Result<Tail, Error> {
    const TOO_LARGE: Error = Error::TooLarge { what: "the executable" };
    let end = layout.segments.iter().map(|(_, span)| span.vaddr + span.memory_bytes).max();
    let vaddr = align_up(end.unwrap_or(0), page_bytes).ok_or(TOO_LARGE)?;
    let file_offset = layout.file_bytes;
    let end = file_offset + linkedit.bytes.len() as u64;
    let signature_file_offset = align_up(end, signature::ALIGN_BYTES).ok_or(TOO_LARGE)?;
    let signature_bytes = signature::size_bytes(signature_file_offset);
    let file_bytes = signature_file_offset + signature_bytes - file_offset;
    let linkedit = Span { vaddr, file_offset, memory_bytes: file_bytes, file_bytes };
    Ok(Tail { linkedit, signature_file_offset, signature_bytes })
}

fn sizes(stub: &MachoStub<'_>, layout: &Layout, file_bytes: u64) -> Sizes {
    let tables_bytes: usize = stub.parts.iter().map(|part| part.bytes.len()).sum();
    let runtime = (stub.loaded.len() + tables_bytes) as u64;
    let mut sizes = Sizes { runtime, ..Sizes::default() };
    for (group, span, _) in &layout.groups {
        match group {
            Group::Code => sizes.code += span.file_bytes,
            Group::ReadOnly | Group::Data | Group::Image => sizes.data += span.file_bytes,
            Group::BuildId | Group::Policy | Group::Script | Group::Manifest | Group::Zero => {}
        }
    }
    sizes.other = file_bytes - sizes.code - sizes.data - sizes.runtime;
    sizes
}
