//! Checks the shape of a stub, on which the linker of programs relies: one file for each format.

mod elf;
mod macho;
mod pe;

use super::recipe::Platform;
use anyhow::{Context, Result, ensure};
use std::ops::Range;

/// Names and sizes from `wasm2native_abi::stub`.
const MAGIC: &[u8] = b"w2nstub\0";
const FUNCTION_COUNT_OFFSET: usize = 12;
const FUNCTIONS_OFFSET: usize = 64;

/// Checks a stub.
///
/// # Errors
/// Names the first property that it does not have.
pub(crate) fn inspect(image: &[u8], platform: Platform<'_>) -> Result<()> {
    match platform.system() {
        "macos" => macho::inspect(image, platform.page_bytes),
        "windows" => pe::inspect(image, platform.page_bytes),
        system => elf::inspect(image, platform.page_bytes, system),
    }
}

/// Checks the stub's header: that it is one, and that its functions are in the code at `executable`.
fn check_header(header: &[u8], is_big_endian: bool, executable: &[Range<u64>]) -> Result<()> {
    ensure!(header.starts_with(MAGIC), "the header does not begin with its magic number");
    let number = |start: usize, size: usize| -> Result<u64> {
        let bytes = header.get(start..start + size).context("the header is cut short")?;
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(if is_big_endian {
            bytes.iter().fold(0, append)
        } else {
            bytes.iter().rev().fold(0, append)
        })
    };
    for index in 0..number(FUNCTION_COUNT_OFFSET, 4)? as usize {
        let address = number(FUNCTIONS_OFFSET + index * 8, 8)?;
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

    const LINUX: Platform<'_> = Platform { triple: "x86_64-unknown-linux-musl", page_bytes: 4096 };
    const WINDOWS: Platform<'_> =
        Platform { triple: "x86_64-pc-windows-gnullvm", page_bytes: 4096 };
    const MACOS: Platform<'_> = Platform { triple: "aarch64-apple-darwin", page_bytes: 16384 };

    #[test]
    fn what_is_no_stub_is_refused() {
        for platform in [LINUX, MACOS, WINDOWS] {
            assert!(inspect(b"", platform).is_err());
            assert!(inspect(b"\x7fELF", platform).is_err());
            assert!(inspect(b"\xcf\xfa\xed\xfe", platform).is_err());
            assert!(inspect(b"MZ", platform).is_err());
        }
    }

    /// Needs the stubs' toolchain; where it is absent, the stubs of the repository are used as they
    /// are, and there is nothing to inspect.
    #[test]
    fn built_stubs_have_the_shape_that_the_linker_relies_on() {
        let Ok(toolchain) = Toolchain::find() else { return };
        for &variant in Variant::of(LINUX.triple) {
            let image =
                recipe::build(crate::command::workspace(), &toolchain, LINUX, variant).unwrap();
            inspect(&image, LINUX).unwrap();
        }
    }
}
