//! The first bytes of a file to what the file is, and a sentence about what to do with it.
//!
//! Only first bytes count, never names. Sources: WebAssembly core specification 5.5.16 and the
//! component model's binary format for the preamble; ELF gABI, Microsoft's PE page, Apple's `loader.h`
//! and the `file` formats' own pages for the rest.

/// How many first bytes decide at most.
pub const PREFIX_BYTES: usize = 4096;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A core module in the binary format.
    Module,
    /// A component in the binary format.
    Component,
    /// The text format of either.
    Text,
    /// An ELF file that may be an executable of ours.
    Executable,
    /// Nothing at all.
    Empty,
    /// Something else.
    Other(Other),
}

/// Something that is not WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// What it is, to follow "it is".
    pub what: &'static str,
    /// What to do.
    pub advice: &'static str,
}

const fn other(what: &'static str, advice: &'static str) -> Kind {
    Kind::Other(Other { what, advice })
}

const UNPACK: &str = "unpack it first and give the `.wasm` file inside";
const FROM_SOURCE: &str =
    "give the `.wasm` file that it was made from, or build the source with a WASI target";
const GIVE_WASM: &str = "give a `.wasm` or `.wat` file";

/// Beginnings that tell everything.
const MAGICS: [(&[u8], Kind); 16] = [
    (b"\x1f\x8b", other("compressed with gzip", UNPACK)),
    (b"\x28\xb5\x2f\xfd", other("compressed with zstd", UNPACK)),
    (b"\xfd7zXZ\0", other("compressed with xz", UNPACK)),
    (b"BZh", other("compressed with bzip2", UNPACK)),
    (b"PK\x03\x04", other("a zip archive", UNPACK)),
    (b"PK\x05\x06", other("an empty zip archive", UNPACK)),
    (b"!<arch>\n", other("a static library", "link it into a program with `_start` first")),
    (b"BC\xc0\xde", other("LLVM bitcode", "compile it with `clang --target=wasm32-wasi` first")),
    (b"\0aot", other("compiled code of WAMR, which only WAMR can run", FROM_SOURCE)),
    (
        b"\xcf\xfa\xed\xfe",
        other("a Mach-O executable or object, which is native code", FROM_SOURCE),
    ),
    (
        b"\xce\xfa\xed\xfe",
        other("a Mach-O executable or object, which is native code", FROM_SOURCE),
    ),
    (
        b"\xfe\xed\xfa\xcf",
        other("a Mach-O executable or object, which is native code", FROM_SOURCE),
    ),
    (b"MZ", other("a Windows executable, which is native code", FROM_SOURCE)),
    (b"%PDF-", other("a PDF document", GIVE_WASM)),
    (b"\x89PNG", other("a picture", GIVE_WASM)),
    (
        b"version https://git-lfs",
        other("a Git LFS pointer, not the file itself", "run `git lfs pull`"),
    ),
];

/// Says what a file is that begins with `prefix`, which is the whole file when shorter than
/// [`PREFIX_BYTES`].
pub fn recognise(prefix: &[u8]) -> Kind {
    if prefix.is_empty() {
        return Kind::Empty;
    }
    if let Some(rest) = prefix.strip_prefix(b"\0asm") {
        return recognise_wasm(rest);
    }
    if prefix.starts_with(b"\x7fELF") {
        return recognise_elf(prefix);
    }
    if let Some((_, kind)) = MAGICS.iter().find(|(magic, _)| prefix.starts_with(magic)) {
        return *kind;
    }
    if prefix.starts_with(b"\xca\xfe\xba\xbe") {
        // A count of architectures in a fat Mach-O file, a version of at least 45 in a Java class.
        return match prefix.get(7) {
            Some(0..45) => other("a Mach-O executable, which is native code", FROM_SOURCE),
            _ => other("a Java class", "compile the program with a WASI target instead"),
        };
    }
    recognise_text(prefix)
}

/// The preamble behind the magic: version and layer (component model, binary format).
fn recognise_wasm(rest: &[u8]) -> Kind {
    match rest.first_chunk::<4>() {
        None => other("the beginning of a WebAssembly file, cut short", "get the whole file"),
        Some([_, _, 1, 0]) => Kind::Component,
        // Other versions are named by the parser.
        Some(_) => Kind::Module,
    }
}

/// ELF header: byte 7 is the ABI, bytes 16 and 17 the type.
fn recognise_elf(prefix: &[u8]) -> Kind {
    const WASMTIME_ABI: u8 = 200;
    const RELOCATABLE: u8 = 1;
    if prefix.get(7) == Some(&WASMTIME_ABI) {
        return other(
            "code compiled by wasmtime (`.cwasm`), which only the same version of wasmtime can run",
            "give the `.wasm` file that it was made from",
        );
    }
    // Either byte order: the other byte is zero.
    if matches!(prefix.get(16..18), Some([RELOCATABLE, 0] | [0, RELOCATABLE])) {
        return other("a native object file", FROM_SOURCE);
    }
    Kind::Executable
}

fn recognise_text(prefix: &[u8]) -> Kind {
    const UNKNOWN: Kind = other("not WebAssembly, nor anything else that is known here", GIVE_WASM);
    let (text, whole) = match std::str::from_utf8(prefix) {
        Ok(text) => (text, true),
        Err(error) => {
            let valid = std::str::from_utf8(&prefix[..error.valid_up_to()]).unwrap_or_default();
            // The prefix may end inside a character.
            (valid, error.error_len().is_none() && prefix.len() >= PREFIX_BYTES)
        }
    };
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    // A module or a field, a block comment or an annotation, or a line comment. What follows may be
    // wrong: the parser says where.
    if rest.starts_with('(') || rest.starts_with(";;") {
        return Kind::Text;
    }
    if !whole || text.contains('\0') {
        return UNKNOWN;
    }
    let begins = |words: &[&str]| {
        let lower = rest.get(..24.min(rest.len())).unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| lower.starts_with(word))
    };
    if rest.is_empty() {
        other("a text file with nothing but blanks", GIVE_WASM)
    } else if begins(&["<!doctype", "<html", "<?xml", "<head"]) {
        other("a web page, probably instead of a download", "download the file itself")
    } else if begins(&["#!"]) {
        other("a script", "build its interpreter's `.wasm`, and give that the script when it runs")
    } else if begins(&["{", "["]) {
        other("a text file that looks like JSON", GIVE_WASM)
    } else if begins(&["package ", "interface ", "world "]) {
        other("a text file that looks like Go source or WIT", "compile it with a WASI target first")
    } else {
        other(
            "a text file, but not WebAssembly's text format",
            "if it is source code, compile it with a WASI target first, for example `wasm32-wasip1`",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, recognise};

    fn what(bytes: &[u8]) -> &'static str {
        match recognise(bytes) {
            Kind::Other(other) => other.what,
            kind => panic!("{kind:?}"),
        }
    }

    #[test]
    fn webassembly_is_recognised_in_every_form() {
        assert_eq!(recognise(b"\0asm\x01\0\0\0"), Kind::Module);
        assert_eq!(recognise(b"\0asm\x0d\0\x01\0"), Kind::Component);
        for text in
            ["(module)", " \n(component)", ";; c\n(module)", "(; c ;) (module)", "\u{feff}(module)"]
        {
            assert_eq!(recognise(text.as_bytes()), Kind::Text, "{text}");
        }
    }

    #[test]
    fn native_code_is_told_from_compiled_wasm() {
        let mut elf = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0";
        assert_eq!(recognise(&elf), Kind::Executable);
        elf[16] = 1;
        assert_eq!(what(&elf), "a native object file");
        elf[7] = 200;
        assert!(what(&elf).contains(".cwasm"));
        assert!(what(b"MZ\x90\0").contains("Windows"));
        assert!(what(b"\xca\xfe\xba\xbe\0\0\0\x02").contains("Mach-O"));
        assert!(what(b"\xca\xfe\xba\xbe\0\0\0\x41").contains("Java"));
    }

    #[test]
    fn other_files_are_named() {
        assert_eq!(recognise(b""), Kind::Empty);
        assert!(what(b"\0asm").contains("cut short"));
        assert!(what(b"\x1f\x8b\x08").contains("gzip"));
        assert!(what(b"<!DOCTYPE html>").contains("web page"));
        assert!(what(b"#!/bin/sh\n").contains("script"));
        assert!(what(b"fn main() {}").contains("text file"));
        assert!(what(b"  \n").contains("blanks"));
        assert!(what(&[0; 4096]).contains("not WebAssembly"));
        assert!(what(b"\xff\xfe\x00").contains("not WebAssembly"));
    }

    #[test]
    fn any_prefix_has_a_kind() {
        let bytes: Vec<u8> = (0..=255).collect();
        for start in 0..256 {
            for end in start..256 {
                recognise(&bytes[start..end]);
            }
        }
    }
}
