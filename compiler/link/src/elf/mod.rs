//! ELF executables: the stub, extended by the program's segments.
//!
//! What is laid out, byte by byte: the stub's file as far as it is loaded, with a longer program
//! header table and its links filled in; the program's code, read-only data and data; symbols,
//! manifest and section headers, before or behind the memory images. The stub's own sections that are
//! not loaded are left out. Sources: ELF gABI; the psABI of each architecture.

mod build_id;
mod program_headers;
mod section_table;
mod stub;
mod symbols;
mod verify;

pub(crate) use build_id::has_own_identity;

use crate::error::Error;
use crate::layout::{Group, Item, Layout, Loose, Packing, Rules, lay_out};
use crate::object::Object;
use crate::program::{self, put};
use crate::{Executable, Job, Sizes};
use section_table::{SectionTable, Unloaded};
use stub::{ElfStub, PROGRAM_HEADER_BYTES};
use symbols::Symbols;

/// Links for an ELF target.
pub(crate) fn link(job: &Job<'_>) -> Result<Executable, Error> {
    // Read both inputs.
    let stub = ElfStub::parse(job.stub, job.architecture)?;
    let object = Object::parse(job.object, job.architecture)?;
    let order = stub.order;

    // Fix all addresses and offsets.
    let note = build_id::empty_note(order);
    let mut items = program::items(job, &object);
    items.push(program::payload(Group::BuildId, 4, &note));
    let symbols = Symbols::choose(&object)?;
    let sections = SectionTable::plan(&stub.sections, groups(&items));
    let loose = [
        Loose { align_bytes: 1, size_bytes: job.manifest.len() as u64 },
        Loose { align_bytes: 8, size_bytes: symbols.table_bytes() },
        Loose { align_bytes: 1, size_bytes: symbols.strings_bytes() },
        Loose { align_bytes: 1, size_bytes: sections.names.len() as u64 },
        Loose { align_bytes: 8, size_bytes: sections.headers_bytes() },
    ];
    let rules = Rules {
        packing: Packing::Shared,
        page_bytes: job.page_bytes,
        first_vaddr: stub.end_vaddr,
        first_file_offset: stub.loaded.len() as u64,
    };
    let layout = lay_out(&items, &loose, rules)?;
    let headers = program_headers::plan(&stub, &layout, job.page_bytes)?;
    let addresses = program::resolve(&object, &layout, &stub.stub.functions)?;
    let links = program::links(&object, &addresses, &layout)?;

    // Write the loaded part and resolve its references.
    let file_bytes = usize::try_from(layout.file_bytes)
        .map_err(|_| Error::TooLarge { what: "the executable" })?;
    let mut file = vec![0; file_bytes];
    file[..stub.loaded.len()].copy_from_slice(stub.loaded);
    program::write(job, &object, &addresses, &items, &layout, &mut file)?;
    links.write(&stub.stub, order, &mut file)?;

    // Write the headers, and what is not loaded.
    let reserved = stub.reserved_file_offset as usize;
    file[reserved..reserved + stub.reserved_bytes as usize].fill(0);
    put(&mut file, stub.headers_file_offset, &program_headers::write(&headers, order));
    let [manifest, symbol_table, strings, names, section_headers] = layout.loose[..] else {
        unreachable!("layout returns an offset for each of the five loose parts")
    };
    let (symbol_bytes, string_bytes) =
        symbols.write(&object, &layout, sections.group_number(Group::Code), order);
    let unloaded = [
        (manifest, job.manifest),
        (symbol_table, &symbol_bytes[..]),
        (strings, &string_bytes[..]),
        (names, &sections.names[..]),
    ];
    for (file_offset, bytes) in unloaded {
        put(&mut file, file_offset, bytes);
    }
    let header_bytes = sections.write(
        &stub.sections,
        &layout.groups,
        unloaded.map(|(file_offset, bytes)| (file_offset, bytes.len() as u64)),
        symbols.count(),
        order,
    );
    put(&mut file, section_headers, &header_bytes);
    // e_shoff; e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx (gABI, "ELF Header").
    put(&mut file, 40, &order.u64(section_headers));
    let counts = [
        PROGRAM_HEADER_BYTES as u16,
        headers.len() as u16,
        section_table::SECTION_HEADER_BYTES as u16,
        sections.count(),
        sections.unloaded_number(Unloaded::SectionNames),
    ];
    put(&mut file, 54, &counts.map(|count| order.u16(count)).concat());
    let note = &layout.items[items.len() - 1];
    build_id::fill_in(&mut file, (note.file_offset + note.file_bytes) as usize);

    // Check the result as a kernel and the stub will see it.
    verify::verify(&file, job.page_bytes, &links, &stub.stub)?;
    log::debug!("linked {} bytes in {} segments", file.len(), headers.len());
    Ok(Executable { sizes: sizes(&stub, &layout, file.len() as u64), bytes: file })
}

/// The output sections that there will be, in order.
fn groups(items: &[Item<'_>]) -> Vec<Group> {
    let mut groups: Vec<_> = items.iter().map(|item| item.group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn sizes(stub: &ElfStub<'_>, layout: &Layout, file_bytes: u64) -> Sizes {
    let mut sizes = Sizes { runtime: stub.loaded.len() as u64, ..Sizes::default() };
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
