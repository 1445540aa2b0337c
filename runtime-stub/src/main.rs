//! The executable that programs are linked into: turns a process into a running WebAssembly program.
//!
//! The order of start-up is [`start::run`]. It stands alone because it is built by another toolchain,
//! for every target, long before a program is linked into it. Invariants: a panic here ends the
//! process without a word, so nothing that a user or a program can cause may panic; every system call
//! at start-up is one that somebody waits for.
#![cfg_attr(not(test), no_main)]
#![cfg_attr(test, allow(dead_code, reason = "tests have no start-up"))]
#![allow(unsafe_code, reason = "start-up, traps and linear memories are made of raw addresses")]

mod allocation;
mod arch;
#[cfg(not(feature = "wast"))]
mod backtrace;
mod bulk;
#[cfg(all(not(test), target_os = "linux", not(target_arch = "riscv64")))]
mod c_memory;
mod cpu;
mod entry;
mod header;
#[cfg(all(feature = "hole", target_os = "linux"))]
mod hole;
mod host_call;
mod instance;
#[cfg(not(feature = "wast"))]
mod invoke;
mod memory;
#[cfg(not(feature = "wast"))]
mod number;
mod policy;
mod process;
mod program;
mod report;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod reserved_headers;
mod stack;
mod start;
mod stream;
mod table;
mod timeout;
mod trap;
mod variable;
#[cfg(feature = "wast")]
mod wast;
mod watch;

#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: allocation::Allocator = allocation::Allocator::new();
