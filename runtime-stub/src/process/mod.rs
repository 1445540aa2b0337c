//! The process: where it begins and ends and what it was started with, one sibling for each family of
//! systems.
//!
//! Each provides the same items: the function that the system starts, which ends in
//! [`crate::start::run`], and what is declared here.

#[cfg(unix)]
mod signal;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use crate::timeout;

/// Exit status after a trap.
pub(crate) use system::EXIT_TRAP;
/// What a program is called that was started by this path.
pub(crate) use system::base_name;
/// The environment as (name, value).
pub(crate) use system::environment;
/// The value of a variable of the environment, named in ASCII.
pub(crate) use system::variable;

/// Sees to it that what exists no longer than the program is removed too when the process is asked to end from
/// outside, once handlers have a stack. Windows asks by other ways, which leave it behind.
pub(crate) fn prepare_for_signals() {
    #[cfg(unix)]
    if wasi_libc_shim::has_temporary_directory() {
        signal::install();
    }
}

/// Ends the process: there is nothing to flush and nobody to wait for, only what exists no longer than the
/// program to be removed, which nothing that comes meanwhile breaks off. It allocates nothing.
pub(crate) fn exit(status: i32) -> ! {
    if wasi_libc_shim::has_temporary_directory() {
        timeout::stop();
        #[cfg(unix)]
        signal::block();
        wasi_libc_shim::finish();
    }
    system::exit(status)
}
