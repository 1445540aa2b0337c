//! PE executables: the stub, extended by the program's sections.
//!
//! What is laid out, byte by byte: the stub's headers with more sections and its links filled in; the
//! stub's sections as they are, so that imports, thread-local storage and base relocations stay valid;
//! the program's code, policy, manifest, unwind table, read-only data, data and memory images;
//! symbols. What lies behind the stub's sections in its file is left out. The program refers by distance
//! only, so it adds no base relocations. Sources: Microsoft's "PE Format".

mod headers;
mod layout;
mod stub;
mod symbols;
mod unwind;
mod verify;

pub(crate) use headers::has_own_identity;

use crate::bytes::ByteOrder;
use crate::error::Error;
use crate::object::{Access, Object};
use crate::relocate::relocate_section;
use crate::resolve::Addresses;
use crate::stub::{Extent, Links};
use crate::{Executable, Job, Sizes};
use headers::{Details, HeaderSpace};
use layout::{Kind, Layout, Part, Rules, lay_out, section_count};
use stub::PeStub;
use unwind::Unwind;

/// Links for a PE target.
pub(crate) fn link(job: &Job<'_>) -> Result<Executable, Error> {
    // Read both inputs.
    let stub = PeStub::parse(job.stub, job.architecture, job.page_bytes)?;
    let object = Object::parse(job.object, job.architecture)?;

    // Fix all addresses and offsets.
    let unwind = Unwind::plan(job.architecture, &object, stub.unwind_table);
    let parts = parts(job, &object, &unwind);
    let space = HeaderSpace::plan(&stub, section_count(&parts))?;
    let rules = Rules {
        page_bytes: job.page_bytes,
        section_align_bytes: stub.section_align_bytes,
        file_align_bytes: stub.file_align_bytes,
        first_rva: stub.end_rva,
        first_file_offset: space.size_bytes + stub.raw_bytes.len() as u64,
    };
    let layout = lay_out(&parts, rules)?;
    let section_rvas = layout.places[..object.sections.len()].iter().map(|it| it.rva).collect();
    let addresses = Addresses::resolve(&object, section_rvas, &stub.stub.functions)?;
    let links = links(&object, &addresses, &parts, &layout)?;
    let stub_header = space.moved(&stub.stub);

    // Write the sections and resolve their references.
    let unwind_table = extent(Kind::Unwind, &parts, &layout);
    let descriptions_rva = layout.places[object.sections.len()].rva;
    let unwind_bytes =
        unwind_table.map(|_| unwind.write(&addresses, descriptions_rva)).unwrap_or_default();
    let file_bytes = usize::try_from(layout.end_file_offset)
        .map_err(|_| Error::TooLarge { what: "the executable" })?;
    let mut file = vec![0; file_bytes];
    file[..stub.header_bytes.len()].copy_from_slice(stub.header_bytes);
    put(&mut file, space.size_bytes, stub.raw_bytes);
    for (index, (part, place)) in parts.iter().zip(&layout.places).enumerate() {
        let bytes = if part.kind == Kind::Unwind { &unwind_bytes[..] } else { part.bytes };
        if bytes.is_empty() {
            continue;
        }
        put(&mut file, place.file_offset, bytes);
        if index < object.sections.len() {
            let start = place.file_offset as usize;
            let bytes = &mut file[start..start + bytes.len()];
            relocate_section(job.architecture, &object, &addresses, index, bytes)?;
        }
    }
    links.write(&stub_header, ByteOrder::Little, &mut file)?;

    // Write the symbols and the headers.
    let symbols = write_symbols(&stub, &object, &addresses, &layout, &mut file)?;
    headers::write(&stub, space, &layout, Details { unwind_table, symbols }, &mut file)?;
    headers::fill_in(&stub, &mut file);

    // Check the result as Windows and the stub will see it.
    verify::verify(&file, job.architecture, &links, &stub_header)?;
    log::debug!("linked {} bytes, {} sections of them new", file.len(), layout.sections.len());
    Ok(Executable { sizes: sizes(&stub, &layout, file.len() as u64), bytes: file })
}

/// The object's sections by index, then the descriptions for unwinders, then what else the linker adds.
fn parts<'a>(job: &Job<'a>, object: &Object<'a>, unwind: &'a Unwind<'_>) -> Vec<Part<'a>> {
    let mut parts = Vec::with_capacity(object.sections.len() + 5);
    parts.extend(object.sections.iter().map(|section| Part {
        kind: match section.access {
            Access::Execute => Kind::Code,
            Access::Read => Kind::ReadOnly,
            Access::Write if section.is_zero() => Kind::Zero,
            Access::Write => Kind::Data,
            Access::Image => Kind::Image,
        },
        align_bytes: section.align_bytes,
        size_bytes: section.size_bytes,
        bytes: section.bytes,
        name: section.name,
    }));
    let payloads = [
        (Kind::ReadOnly, unwind::ALIGN_BYTES, &unwind.description_bytes[..]),
        (Kind::Policy, 8, job.policy),
        (Kind::Script, 8, job.script.unwrap_or_default()),
        (Kind::Manifest, 1, job.manifest),
    ];
    parts.extend(payloads.into_iter().map(|(kind, align_bytes, bytes)| {
        let size_bytes = bytes.len() as u64;
        Part { kind, align_bytes, size_bytes, bytes, name: kind.name() }
    }));
    parts.push(Part {
        kind: Kind::Unwind,
        align_bytes: unwind::ALIGN_BYTES,
        size_bytes: unwind.table_bytes(),
        bytes: &[],
        name: Kind::Unwind.name(),
    });
    parts
}

/// The one part of this kind, unless it is empty.
fn extent(kind: Kind, parts: &[Part<'_>], layout: &Layout) -> Option<Extent> {
    let index = parts.iter().position(|part| part.kind == kind && part.size_bytes != 0)?;
    Some(Extent { vaddr: layout.places[index].rva, size_bytes: parts[index].size_bytes })
}

fn links(
    object: &Object<'_>,
    addresses: &Addresses,
    parts: &[Part<'_>],
    layout: &Layout,
) -> Result<Links, Error> {
    Ok(Links {
        program: addresses.program(object)?,
        policy: extent(Kind::Policy, parts, layout),
        script: extent(Kind::Script, parts, layout),
    })
}

/// Appends the symbol table; returns its place and the number of symbols, if there are any.
fn write_symbols(
    stub: &PeStub<'_>,
    object: &Object<'_>,
    addresses: &Addresses,
    layout: &Layout,
    file: &mut Vec<u8>,
) -> Result<Option<(u64, u32)>, Error> {
    let Some(index) = layout.sections.iter().position(|section| section.kind == Kind::Code) else {
        return Ok(None);
    };
    let section_number = (stub.sections.len() + index + 1) as u16;
    let (table, count) =
        symbols::write(object, addresses, section_number, layout.sections[index].rva)?;
    let file_offset = file.len() as u64;
    if u32::try_from(file_offset + table.len() as u64).is_err() {
        return Err(Error::TooLarge { what: "the executable" });
    }
    file.extend_from_slice(&table);
    Ok((count != 0).then_some((file_offset, count)))
}

/// Copies `bytes` to where layout reserved that many.
fn put(file: &mut [u8], file_offset: u64, bytes: &[u8]) {
    let start = file_offset as usize;
    file[start..start + bytes.len()].copy_from_slice(bytes);
}

fn sizes(stub: &PeStub<'_>, layout: &Layout, file_bytes: u64) -> Sizes {
    let runtime = (stub.header_bytes.len() + stub.raw_bytes.len()) as u64;
    let mut sizes = Sizes { runtime, ..Sizes::default() };
    for section in &layout.sections {
        match section.kind {
            Kind::Code => sizes.code += section.file_bytes,
            Kind::ReadOnly | Kind::Data | Kind::Image => sizes.data += section.file_bytes,
            Kind::Policy | Kind::Script | Kind::Manifest | Kind::Unwind | Kind::Zero => {}
        }
    }
    sizes.other = file_bytes - sizes.code - sizes.data - sizes.runtime;
    sizes
}
