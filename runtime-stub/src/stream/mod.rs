//! The standard streams, as far as the runtime itself needs them; one sibling for each family of
//! systems.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Opens the null device in the place of each closed standard stream: the next file to be opened would
/// otherwise take that place, and the program would read or write it as such.
pub(crate) use system::ensure_open;
/// Writes bytes of UTF-8 to standard output, 1, or standard error, 2: how many, or none when they
/// cannot be written. It allocates nothing.
pub(crate) use system::write;
