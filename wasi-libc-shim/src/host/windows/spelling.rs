//! How the system spells paths and variables, where policies name them.

/// What stands between the parts of a path.
pub(crate) const SEPARATOR: u8 = b'\\';

/// Whether it separates the parts of a path.
pub(crate) fn is_separator(byte: u8) -> bool {
    byte == b'/' || byte == SEPARATOR
}

/// Whether a path does not depend on the current directory.
pub(crate) fn is_absolute(path: &[u8]) -> bool {
    match path {
        [b'/' | b'\\', ..] => true,
        [letter, b':', b'/' | b'\\', ..] => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The name by which the program knows a granted directory: one that was spelled in the system's way
/// becomes a path with `/`, with a drive as the first component (`C:\a` as `/c/a`).
pub(crate) fn guest_path(path: &[u8]) -> Vec<u8> {
    let path = path.strip_prefix(br"\\?\").unwrap_or(path);
    let mut spelled = match path {
        [letter, b':', rest @ ..] if letter.is_ascii_alphabetic() => {
            let absolute = matches!(rest, [] | [b'/' | b'\\', ..]);
            let separator: &[u8] = if absolute { b"" } else { b"/" };
            [b"/", &[letter.to_ascii_lowercase()][..], separator, rest].concat()
        }
        _ => path.to_vec(),
    };
    for byte in &mut spelled {
        if *byte == b'\\' {
            *byte = b'/';
        }
    }
    spelled
}

/// The program's name as programs look at it: with `/`, and without the system's own suffix, since some
/// decide by its last part what to do.
pub(crate) fn program_name(path: &[u8]) -> Vec<u8> {
    const SUFFIX: &[u8] = b".exe";
    let stem_bytes = path.len().saturating_sub(SUFFIX.len());
    let (stem, suffix) = path.split_at_checked(stem_bytes).unwrap_or((path, &[]));
    let named = if suffix.eq_ignore_ascii_case(SUFFIX) { stem } else { path };
    named.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect()
}

/// Whether two variables are one: the system does not tell letters by their case.
pub(crate) fn same_variable(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_drives_are_told() {
        for path in ["/", r"\a", r"C:\", "c:/a", r"\\?\C:\a", r"\\server\share"] {
            assert!(is_absolute(path.as_bytes()), "{path}");
        }
        for path in [".", "a", "C:", "C:a", r"a\b", "é:/"] {
            assert!(!is_absolute(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn programs_are_called_what_they_are_called_elsewhere() {
        for (path, name) in [
            (r"C:\tools\wasm-ld.exe", "C:/tools/wasm-ld"),
            ("tool.EXE", "tool"),
            ("tool", "tool"),
            ("é", "é"),
            (".exe", ""),
            ("", ""),
        ] {
            assert_eq!(program_name(path.as_bytes()), name.as_bytes(), "{path}");
        }
    }

    #[test]
    fn granted_paths_are_spelled_with_slashes() {
        for (path, spelled) in [
            (".", "."),
            ("/data", "/data"),
            (r"C:\a\b", "/c/a/b"),
            ("d:/a", "/d/a"),
            (r"C:\", "/c/"),
            ("C:", "/c"),
            ("C:a", "/c/a"),
            (r"\\?\C:\a", "/c/a"),
            (r"\\server\share\a", "//server/share/a"),
            (r"a\b", "a/b"),
        ] {
            assert_eq!(guest_path(path.as_bytes()), spelled.as_bytes(), "{path}");
        }
    }
}
