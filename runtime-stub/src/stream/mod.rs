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
/// Whether a stream is a terminal.
pub(crate) use system::is_terminal;
/// Another number for standard error as it is now, which stays when the program closes that; 2 when there
/// is none.
pub(crate) use system::keep_error;
/// Opens a file of that path to be appended to; it is made when it is not there. None when it cannot be.
pub(crate) use system::open_appending;
/// Writes bytes of UTF-8 to standard output, 1, standard error, 2, or what the other functions here gave:
/// how many, or none when they cannot be written. It allocates nothing.
pub(crate) use system::write;
