//! The program's stack: its own, with a guard below, so that no function has to check for its end; one
//! sibling for each family of systems.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(crate) use system::Stack;
/// Makes the guard whole again after the stack was used up and left.
///
/// # Safety
/// - It is called on the program's stack, above all that the program used.
#[cfg(feature = "wast")]
pub(crate) use system::restore_guard;
/// Makes a stack of so many bytes for the program and runs what follows with it. Memory is used as the
/// program goes deeper. Ends the process with status 125 when there is no address space for it.
pub(crate) use system::with_new;

/// No stack is smaller: host calls run on it too.
const MINIMUM_BYTES: u64 = 64 << 10;

const REFUSED: &str = "the system refuses the address space for the program's stack; a smaller one can \
    be had by building with `--max-stack`";
