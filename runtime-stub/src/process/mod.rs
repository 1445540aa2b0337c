//! The process: where it begins and ends and what it was started with, one sibling for each family of
//! systems.
//!
//! Each provides the same items: the function that the system starts, which ends in
//! [`crate::start::run`], and what is declared here.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// What a program is called that was started by this path.
pub(crate) use system::base_name;
/// The environment as (name, value).
pub(crate) use system::environment;
/// Ends the process at once: there is nothing to flush and nobody to wait for.
pub(crate) use system::exit;

#[cfg(not(feature = "wast"))]
/// Exit status after a trap.
pub(crate) use system::EXIT_TRAP;
/// Whether the process has more privileges than whoever started it, so that nothing of its environment
/// can be trusted.
pub(crate) use system::is_privileged;
/// The value of a variable of the environment, named in ASCII.
pub(crate) use system::variable;
