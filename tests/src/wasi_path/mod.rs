//! The oracle of the sandbox: random sequences of host calls, made directly at `wasi-libc-shim` in a fresh
//! tree beside which canaries lie.
//!
//! Each sequence is made twice, in two worlds: paths walked by the kernel, and by hand. What must hold:
//! canaries are neither changed nor seen, by content, name or inode; nothing that is granted for reading
//! only changes; both walks answer alike; a small model of the file system predicts which calls succeed,
//! with what, and why the others fail; rights only shrink; nothing panics.
//!
//! [`race()`] makes the calls while another thread swaps directories and links, which the model cannot know:
//! only the canaries count there.
//!
//! Linux only: it is there that both walks exist, and the model says what Linux answers where POSIX leaves
//! room.

mod guest;
mod input;
mod model;
mod name;
mod operation;
mod race;
mod rights;
mod sequence;
mod text;
mod tree;

pub use input::random_bytes;
pub use race::race;
pub use sequence::{sequence, sequence_of_executable};
pub use tree::grants;

use std::cell::RefCell;
use tree::Playground;

/// Calls `work` with this thread's worlds, which are made once.
fn with_playground<T>(work: impl FnOnce(&Playground) -> T) -> T {
    thread_local! {
        static PLAYGROUND: RefCell<Option<Playground>> = const { RefCell::new(None) };
    }
    // After a panic they are not used again.
    let playground = PLAYGROUND.take();
    let make = || Playground::new().expect("a scratch folder can be filled");
    let playground = playground.unwrap_or_else(make);
    let result = work(&playground);
    PLAYGROUND.set(Some(playground));
    result
}
