//! How the system spells paths and variables, where policies and command lines name them.

use super::name::Name;
use std::ffi::CString;

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

/// Whether a path is a drive.
pub(crate) fn is_drive(path: &[u8]) -> bool {
    matches!(path.strip_prefix(VERBATIM).unwrap_or(path), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// Whether a path, as the program spells it, is the directory in which all others are: no argument is.
pub(crate) fn is_root(_: &[u8]) -> bool {
    false
}

/// What a path begins with that the system takes as it is.
const VERBATIM: &[u8] = br"\\?\";

/// A path of the command line.
pub(crate) struct Spelling {
    pub(crate) host: Vec<u8>,
    /// As the program knows it.
    pub(crate) guest: Vec<u8>,
}

/// What an argument is as a path; none when it cannot be one, as it names a device, a stream of a file, or
/// a place that depends on what is current on a drive.
pub(crate) fn argument_path(argument: &[u8]) -> Option<Spelling> {
    if matches!(argument, b"" | b"-") {
        return None;
    }
    let verbatim = argument.strip_prefix(VERBATIM);
    let path = match verbatim {
        Some(path) => match path.strip_prefix(br"UNC\") {
            Some(share) => [br"\\", share].concat(),
            None if matches!(path, [_, b':', b'\\', ..]) => path.to_vec(),
            None => return None,
        },
        None => argument.to_vec(),
    };
    let names = match &path[..] {
        [letter, b':', separator, rest @ ..] if letter.is_ascii_alphabetic() => {
            is_separator(*separator).then_some(rest)?
        }
        // A share, never what the system has besides.
        [one, other, b'.' | b'?', ..] if is_separator(*one) && is_separator(*other) => return None,
        [one, other, rest @ ..] if is_separator(*one) && is_separator(*other) => rest,
        [first, ..] if is_separator(*first) => return None,
        all => all,
    };
    let mut components = names.split(|&byte| is_separator(byte));
    let is_name = |name: &[u8]| match name {
        b"" => true,
        b"." | b".." => verbatim.is_none(),
        name => CString::new(name).is_ok_and(|name| Name::new(&name).is_ok()),
    };
    let spelling = || Spelling { host: argument.to_vec(), guest: guest_path(&path) };
    components.all(is_name).then(spelling)
}

/// An absolute path of the program's in the system's spelling.
pub(crate) fn native_path(path: &[u8]) -> Vec<u8> {
    match path {
        [b'/', letter, rest @ ..]
            if letter.is_ascii_alphabetic() && matches!(rest, [] | [b'/', ..]) =>
        {
            let rest = if rest.is_empty() { b"/" } else { rest };
            [&[*letter, b':'][..], rest].concat()
        }
        _ => path.to_vec(),
    }
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
    fn arguments_are_paths_in_any_spelling() {
        for (argument, guest) in [
            (r"C:\a\b", "/c/a/b"),
            ("C:/a/b", "/c/a/b"),
            (r"\\?\D:\a", "/d/a"),
            (r"\\?\UNC\server\share\a", "//server/share/a"),
            (r"\\server\share\a", "//server/share/a"),
            (r"a\b", "a/b"),
            (r"..\x", "../x"),
            ("x", "x"),
            (r"C:\", "/c/"),
        ] {
            let spelling = argument_path(argument.as_bytes()).expect(argument);
            assert_eq!(spelling.guest, guest.as_bytes(), "{argument}");
            assert_eq!(spelling.host, argument.as_bytes());
        }
        for argument in [
            "",
            "-",
            "C:",
            "C:a",
            r"\a",
            "/a",
            "/",
            r"\\.\PhysicalDrive0",
            r"\\?\GLOBALROOT\x",
            r"\\?\C:\a\..\b",
            r"C:\a\NUL",
            "con",
            "COM1.txt",
            r"a\b:stream",
            "a*",
            r"C:\x?",
            r"\\?\PhysicalDrive0",
            "COM\u{b9}",
            "a.",
            "a ",
        ] {
            assert!(argument_path(argument.as_bytes()).is_none(), "{argument}");
        }
    }

    #[test]
    fn absolute_paths_are_spelled_with_drives() {
        for (path, native) in [("/c/a/b", "c:/a/b"), ("/d", "d:/"), ("/cd/a", "/cd/a"), ("/", "/")]
        {
            assert_eq!(native_path(path.as_bytes()), native.as_bytes(), "{path}");
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
