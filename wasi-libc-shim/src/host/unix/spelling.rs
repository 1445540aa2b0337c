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

/// The program's name as programs look at it: as it is.
pub(crate) fn program_name(path: &[u8]) -> Vec<u8> {
    path.to_vec()
}

/// Whether two variables are one.
pub(crate) fn same_variable(one: &[u8], other: &[u8]) -> bool {
    one == other
}
