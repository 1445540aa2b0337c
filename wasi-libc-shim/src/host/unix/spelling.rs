//! How the system spells paths and variables, where policies name them.

/// What stands between the parts of a path.
pub(crate) const SEPARATOR: u8 = b'/';

/// Whether it separates the parts of a path.
pub(crate) fn is_separator(byte: u8) -> bool {
    byte == SEPARATOR
}

/// Whether a path does not depend on the current directory.
pub(crate) fn is_absolute(path: &[u8]) -> bool {
    path.starts_with(b"/")
}

/// The name by which the program knows a granted directory: as it was spelled.
pub(crate) fn guest_path(path: &[u8]) -> Vec<u8> {
    path.to_vec()
}

/// Whether a path is a drive, of which this system has none.
pub(crate) fn is_drive(_: &[u8]) -> bool {
    false
}

/// Whether a path, as the program spells it, is the directory in which all others are.
pub(crate) fn is_root(path: &[u8]) -> bool {
    path.first() == Some(&SEPARATOR) && path.iter().all(|&byte| byte == SEPARATOR)
}

/// A path of the command line.
pub(crate) struct Spelling {
    pub(crate) host: Vec<u8>,
    /// As the program knows it.
    pub(crate) guest: Vec<u8>,
}

/// What an argument is as a path; none when it cannot be one. Both spell it as it was typed.
pub(crate) fn argument_path(argument: &[u8]) -> Option<Spelling> {
    let spelling = || Spelling { host: argument.to_vec(), guest: argument.to_vec() };
    (!matches!(argument, b"" | b"-")).then(spelling)
}

/// An absolute path of the program's in the system's spelling.
pub(crate) fn native_path(path: &[u8]) -> Vec<u8> {
    path.to_vec()
}

/// The program's name as programs look at it: as it is.
pub(crate) fn program_name(path: &[u8]) -> Vec<u8> {
    path.to_vec()
}

/// Whether two variables are one.
pub(crate) fn same_variable(one: &[u8], other: &[u8]) -> bool {
    one == other
}
