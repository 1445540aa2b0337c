//! Checks the shape of a stub, on which the linker of programs relies.

use anyhow::{Context, Result, ensure};
use object::elf::{self, FileHeader64, PF_W, PF_X, PT_LOAD, PT_PHDR};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, U64};

/// Names and sizes from `wasm2native_abi::stub`.
const HEADER_SECTION: &str = ".w2n.stub";
const RESERVED_SECTION: &str = ".note.w2n.phdrs";
const RESERVED_HEADERS: u64 = 8;
const MAGIC: &[u8] = b"w2nstub\0";
const FUNCTION_COUNT_OFFSET: usize = 12;
const FUNCTIONS_OFFSET: usize = 64;

/// Checks an ELF stub.
///
/// # Errors
/// Names the first property that it does not have.
pub(crate) fn inspect(image: &[u8], page_bytes: u64) -> Result<()> {
    let header = FileHeader64::<Endianness>::parse(image)?;
    let endian = header.endian()?;
    ensure!(header.e_type.get(endian) == elf::ET_DYN, "it is not position-independent");
    let programs = header.program_headers(endian, image)?;
    let mut executable = Vec::new();
    for program in programs {
        let flags = program.p_flags(endian);
        if program.p_type(endian) == elf::PT_INTERP {
            anyhow::bail!("it needs a dynamic linker");
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
    ensure!(data.starts_with(MAGIC), "`{HEADER_SECTION}` does not begin with its magic number");
    let count = data
        .get(FUNCTION_COUNT_OFFSET..FUNCTION_COUNT_OFFSET + 4)
        .and_then(|bytes| object::pod::from_bytes::<object::U32<Endianness>>(bytes).ok())
        .context("the header is cut short")?
        .0
        .get(endian);
    for index in 0..count as usize {
        let start = FUNCTIONS_OFFSET + index * 8;
        let address = data
            .get(start..start + 8)
            .and_then(|bytes| object::pod::from_bytes::<U64<Endianness>>(bytes).ok())
            .context("the header is cut short")?
            .0
            .get(endian);
        ensure!(
            executable.iter().any(|code| code.contains(&address)),
            "function {index} of the header, at {address:#x}, is not in the code: the image does \
             not hold the addends of its relocations"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::recipe::{self, Platform, Toolchain, Variant};
    use super::inspect;

    #[test]
    fn what_is_no_stub_is_refused() {
        assert!(inspect(b"", 4096).is_err());
        assert!(inspect(b"\x7fELF", 4096).is_err());
    }

    /// Needs the stubs' toolchain; where it is absent, the stubs of the repository are used as they
    /// are, and there is nothing to inspect.
    #[test]
    fn built_stubs_have_the_shape_that_the_linker_relies_on() {
        let Ok(toolchain) = Toolchain::find() else { return };
        let platform = Platform { triple: "x86_64-unknown-linux-musl", page_bytes: 4096 };
        for variant in Variant::ALL {
            let image =
                recipe::build(crate::command::workspace(), &toolchain, platform, variant).unwrap();
            inspect(&image, platform.page_bytes).unwrap();
        }
    }
}
