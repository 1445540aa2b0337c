//! What a module's producers section says to the language and toolchain that made it.
//!
//! Source: the tool conventions' `ProducersSection.md`; the names are those that toolchains really
//! write. For people only.

use crate::diagnostic::quoted;
use wasm2native_wasm::Module;

/// Producers' names, and the languages that they compile. The first that is present wins: a Rust
/// program has clang's name too when it contains C.
const TOOLCHAINS: [(&str, &str); 9] = [
    ("rustc", "Rust"),
    ("TinyGo", "TinyGo"),
    ("Go cmd/compile", "Go"),
    ("AssemblyScript", "AssemblyScript"),
    ("swiftc", "Swift"),
    ("Swift", "Swift"),
    ("ldc", "D"),
    ("zig", "Zig"),
    ("clang", "C/C++, clang"),
];

/// The language with its toolchain's version, such as `Rust 1.92`; `None` when the module says nothing
/// that is known.
pub(crate) fn language(module: &Module<'_>) -> Option<String> {
    for (producer, language) in TOOLCHAINS {
        if let Some((_, version)) = module.producers.iter().find(|(name, _)| *name == producer) {
            return Some(match short_version(version) {
                "" => language.to_owned(),
                short => format!("{language} {short}"),
            });
        }
    }
    module.producers.first().map(|(name, _)| quoted(name))
}

/// The first two numbers of a version: `1.92` of `1.92.0 (hash date)`, `1.24` of `go1.24.1`.
fn short_version(version: &str) -> &str {
    let start = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
    let version = &version[start..];
    let mut dots = 0;
    let end = version.find(|c: char| {
        dots += usize::from(c == '.');
        dots == 2 || !(c.is_ascii_digit() || c == '.')
    });
    version[..end.unwrap_or(version.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::short_version;

    #[test]
    fn versions_are_cut_to_two_numbers() {
        assert_eq!(short_version("1.92.0 (abc 2026-01-01)"), "1.92");
        assert_eq!(short_version("go1.24.1"), "1.24");
        assert_eq!(short_version("18"), "18");
        assert_eq!(short_version("unknown"), "");
        assert_eq!(short_version("21.1.8-wasi-sdk (https://…)"), "21.1");
    }
}
