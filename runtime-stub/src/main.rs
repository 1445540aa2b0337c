//! The executable that programs are linked into: turns a process into a running WebAssembly program.
//!
//! The order of start-up is [`start::run`]. It stands alone because it is built by another toolchain,
//! for every target, long before a program is linked into it. Invariants: a panic here ends the
//! process without a word, so nothing that a user or a program can cause may panic; every system call
//! at start-up is one that somebody waits for.
#![cfg_attr(not(test), no_main)]
#![allow(unsafe_code, reason = "start-up, traps and linear memories are made of raw addresses")]

mod allocation;
mod arch;
#[cfg(not(feature = "wast"))]
mod backtrace;
mod bulk;
mod cpu;
mod entry;
mod header;
mod host_call;
mod instance;
#[cfg(not(feature = "wast"))]
mod invoke;
mod memory;
#[cfg(not(feature = "wast"))]
mod number;
mod policy;
mod program;
mod report;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod reserved_headers;
mod stack;
mod start;
mod stream;
mod table;
mod trap;
#[cfg(feature = "wast")]
mod wast;

use std::ffi::{OsString, c_char, c_int};

#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: allocation::Allocator = allocation::Allocator::new();

/// Where the C library's start code calls. Rust's own start code, which would be between, installs
/// signal handlers and looks at descriptors: work that is done here, once, as programs need it.
#[cfg(unix)]
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    use std::os::unix::ffi::OsStringExt;

    let count = usize::try_from(count).unwrap_or(0);
    let collected: Vec<OsString> = (0..count)
        .map(|index| {
            // SAFETY: the C library passes `count` pointers to strings that end with a NUL.
            let text = unsafe { std::ffi::CStr::from_ptr(*arguments.add(index)) };
            OsString::from_vec(text.to_bytes().to_vec())
        })
        .collect();
    start::run(collected)
}
