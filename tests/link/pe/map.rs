//! A linked PE executable as text: headers, directories, sections, symbols, the exception directory's
//! table, and the bytes of the program's small sections, for comparison with what was accepted once.

use anyhow::{Context as _, Result};
use object::LittleEndian as LE;
use object::read::pe::{ImageNtHeaders as _, PeFile64};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};
use std::fmt::Write as _;
use wasm2native_targets::Architecture;

/// The text for `file`.
pub(super) fn map(architecture: Architecture, file: &[u8]) -> Result<String> {
    let image = PeFile64::parse(file)?;
    let headers = image.nt_headers();
    let optional = headers.optional_header();
    let mut text = format!(
        "machine {:#x}, entry {:#x}, {} bytes\n\
         headers {:#x}, image {:#x}, code {:#x}, data {:#x}, flags {:#x}\n\ndirectories\n",
        headers.file_header().machine.get(LE),
        optional.address_of_entry_point.get(LE),
        file.len(),
        optional.size_of_headers.get(LE),
        optional.size_of_image.get(LE),
        optional.size_of_code.get(LE),
        optional.size_of_initialized_data.get(LE),
        optional.dll_characteristics.get(LE),
    );
    for (index, directory) in image.data_directories().enumerate() {
        let (rva, size) = directory.address_range();
        if size != 0 {
            writeln!(text, "  {index:2} {rva:#x}..{:#x}", rva + size)?;
        }
    }
    text.push_str("\nsections\n");
    for section in image.section_table().iter() {
        let flags = section.characteristics.get(LE);
        let access: String = [(30, 'r'), (31, 'w'), (29, 'x'), (25, 'd')]
            .map(|(bit, letter)| if flags & 1 << bit != 0 { letter } else { '-' })
            .into_iter()
            .collect();
        writeln!(
            text,
            "  {:8} {access} flags {flags:#x} rva {:#x} memory {:#x} offset {:#x} file {:#x}",
            str::from_utf8(section.raw_name())?,
            section.virtual_address.get(LE),
            section.virtual_size.get(LE),
            section.pointer_to_raw_data.get(LE),
            section.size_of_raw_data.get(LE),
        )?;
    }
    text.push_str("\nsymbols\n");
    let image_base = image.relative_address_base();
    for symbol in image.symbols() {
        writeln!(text, "  {} {:#x}", symbol.name()?, symbol.address() - image_base)?;
    }
    text.push_str("\nunwind table\n");
    let directory = image.data_directory(3).context("there is an exception directory")?;
    let words: Vec<_> = directory
        .data(file, &image.section_table())?
        .chunks_exact(4)
        .map(|word| format!("{:#x}", u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
        .collect();
    let words_each = if architecture == Architecture::Aarch64 { 2 } else { 3 };
    for entry in words.chunks(words_each) {
        writeln!(text, "  {}", entry.join(" "))?;
    }
    text.push_str("\ncontents\n");
    for section in image.sections() {
        let (name, bytes) = (section.name()?, section.data()?);
        if name.starts_with(".w2n") && bytes.len() <= 0x400 {
            writeln!(text, "  {name}")?;
            // Behind the links come the functions, which the linker leaves alone.
            let is_header = name == wasm2native_abi::stub::SECTION_PE;
            let bytes = if is_header { &bytes[..64.min(bytes.len())] } else { bytes };
            // Files are padded with zeros.
            let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            for line in bytes[..end].chunks(16) {
                let line: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
                writeln!(text, "    {}", line.join(" "))?;
            }
        }
    }
    Ok(text)
}
