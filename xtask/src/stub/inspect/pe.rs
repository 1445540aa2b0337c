//! PE32+: an executable for consoles that may be loaded anywhere, in sections of one protection each;
//! it needs two libraries that every process of the system has, and nothing tells when it was built.
//! Source: Microsoft, "PE Format".

use anyhow::{Context, Result, ensure};
use object::LittleEndian as LE;
use object::pe::{self, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile64};

/// Name from `wasm2native_abi::stub`.
const HEADER_SECTION: &[u8] = b".w2nstub";
/// The libraries that it may need.
const LIBRARIES: [&[u8]; 2] = [b"kernel32.dll", b"ntdll.dll"];
/// The oldest system, Windows 10.
const MINIMUM_SYSTEM: u16 = 10;

/// Checks a PE stub.
pub(super) fn inspect(image: &[u8], page_bytes: u64) -> Result<()> {
    let file = PeFile64::parse(image)?;
    let headers: &ImageNtHeaders64 = file.nt_headers();
    let optional = headers.optional_header();
    let allowed = pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
        | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
        | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
    ensure!(
        optional.dll_characteristics() & allowed == allowed,
        "it may not be loaded anywhere, or its data may be executed"
    );
    ensure!(
        optional.dll_characteristics() & pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF == 0,
        "it refuses calls into programs"
    );
    ensure!(optional.subsystem() == pe::IMAGE_SUBSYSTEM_WINDOWS_CUI, "it is not for consoles");
    ensure!(
        optional.major_subsystem_version() == MINIMUM_SYSTEM,
        "it is for another version of the system"
    );
    ensure!(headers.file_header().time_date_stamp.get(LE) == 0, "it tells when it was built");
    ensure!(
        u64::from(optional.section_alignment()) >= page_bytes,
        "its sections are not aligned to pages"
    );
    let base = optional.image_base();
    let (mut executable, mut header) = (Vec::new(), None);
    for section in file.section_table().iter() {
        let characteristics = section.characteristics.get(LE);
        let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
        ensure!(characteristics & both != both, "a section is writable and executable");
        if characteristics & pe::IMAGE_SCN_MEM_EXECUTE != 0 {
            let (start, size) = section.pe_address_range();
            executable.push(base + u64::from(start)..base + u64::from(start) + u64::from(size));
        }
        if section.raw_name() == HEADER_SECTION {
            header = section.pe_data(image).ok();
        }
    }
    let imports = file.import_table()?.context("it imports nothing")?;
    let mut libraries = imports.descriptors()?;
    while let Some(library) = libraries.next()? {
        let name = imports.name(library.name.get(LE))?;
        let shown = String::from_utf8_lossy(name);
        ensure!(LIBRARIES.contains(&name), "it needs the library `{shown}`");
    }
    let has = |index: usize| file.data_directory(index).is_some_and(|it| it.size.get(LE) > 0);
    ensure!(has(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC), "it has no base relocations");
    ensure!(has(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION), "its functions cannot be unwound");
    ensure!(!has(pe::IMAGE_DIRECTORY_ENTRY_TLS), "it keeps data for each thread");
    super::check_header(header.context("it has no header")?, false, &executable)
}
