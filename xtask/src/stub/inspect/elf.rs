//! ELF: position-independent, with room behind the program headers. On Linux it is static; on FreeBSD it
//! needs the system's dynamic linker and C library, and nothing else.

use anyhow::{Context, Result, bail, ensure};
use object::Endianness;
use object::elf::{self, FileHeader64, PF_W, PF_X, PT_INTERP, PT_LOAD, PT_PHDR};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};

/// Names and sizes from `wasm2native_abi::stub`.
const HEADER_SECTION: &str = ".w2n.stub";
const RESERVED_SECTION: &str = ".note.w2n.phdrs";
const RESERVED_HEADERS: u64 = 8;
/// What a dynamic stub for FreeBSD is loaded by, and the library that it uses.
const FREEBSD_LINKER: &[u8] = b"/libexec/ld-elf.so.1\0";
const FREEBSD_LIBRARY: &[u8] = b"libc.so.7";

/// Checks an ELF stub for `system`.
pub(super) fn inspect(image: &[u8], page_bytes: u64, system: &str) -> Result<()> {
    let header = FileHeader64::<Endianness>::parse(image)?;
    let endian = header.endian()?;
    ensure!(header.e_type.get(endian) == elf::ET_DYN, "it is not position-independent");
    let programs = header.program_headers(endian, image)?;
    let mut executable = Vec::new();
    let mut linker = None;
    for program in programs {
        let flags = program.p_flags(endian);
        if program.p_type(endian) == PT_INTERP {
            linker = program.data(endian, image).ok();
        }
        if program.p_type(endian) != PT_LOAD {
            continue;
        }
        ensure!(flags & (PF_W | PF_X) != (PF_W | PF_X), "a segment is writable and executable");
        ensure!(program.p_align(endian) >= page_bytes, "a segment is not aligned to pages");
        ensure!(
            program.p_offset(endian) % page_bytes == program.p_vaddr(endian) % page_bytes,
            "a segment's offset and address differ within a page"
        );
        if flags & PF_X != 0 {
            let start = program.p_vaddr(endian);
            executable.push(start..start + program.p_filesz(endian));
        }
    }
    ensure!(!executable.is_empty(), "it has no code");
    ensure!(programs.iter().any(|p| p.p_type(endian) == PT_PHDR), "it has no `PT_PHDR`");

    let sections = header.sections(endian, image)?;
    match system {
        "freebsd" => {
            ensure!(linker == Some(FREEBSD_LINKER), "it needs another dynamic linker");
            let (entries, strings) =
                sections.dynamic(endian, image)?.context("it has no dynamic section")?;
            let strings = sections.strings(endian, image, strings)?;
            for entry in entries.iter().filter(|entry| entry.tag(endian) == elf::DT_NEEDED) {
                let name = entry.string(endian, strings)?;
                let shown = String::from_utf8_lossy(name);
                ensure!(name == FREEBSD_LIBRARY, "it needs the library `{shown}`");
            }
        }
        _ if linker.is_some() => bail!("it needs a dynamic linker"),
        _ => {}
    }
    let section = |name: &str| {
        sections
            .section_by_name(endian, name.as_bytes())
            .map(|(_, section)| section)
            .with_context(|| format!("it has no section `{name}`"))
    };
    let reserved = section(RESERVED_SECTION)?;
    let entry_bytes = u64::from(header.e_phentsize(endian));
    let headers_end = header.e_phoff(endian) + programs.len() as u64 * entry_bytes;
    ensure!(
        reserved.sh_offset(endian) == headers_end,
        "`{RESERVED_SECTION}` does not follow the program headers"
    );
    ensure!(
        reserved.sh_size(endian) >= RESERVED_HEADERS * entry_bytes,
        "`{RESERVED_SECTION}` is too small"
    );
    let data = section(HEADER_SECTION)?.data(endian, image)?;
    super::check_header(data, endian == Endianness::Big, &executable)
}
