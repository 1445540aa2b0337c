//! What the kernel holds back when the WASI layer and the compiled code do not: a program makes system calls
//! of its own through a planted hole, once without the wall, which shows that the call does what it is for,
//! and then behind it, for a program that imports everything and for one that imports little.

#[cfg(unix)]
mod escape;
#[cfg(unix)]
mod number;
#[cfg(unix)]
mod world;

use std::process::ExitCode;
use wasm2native_tests::case::{self, Case};

fn main() -> ExitCode {
    let mut cases: Vec<Case> = Vec::new();
    #[cfg(unix)]
    cases.extend(escape::cases());
    case::main("hole", cases)
}
