//! What `wasm2native` prints and how it ends: sessions in `tests/cli`, to the letter, and what signals do to it.

#[cfg(unix)]
#[path = "cli/interrupt.rs"]
mod interrupt;

use std::process::ExitCode;
use wasm2native_tests::case::{self, Case};
use wasm2native_tests::{golden, session, tool};

fn main() -> ExitCode {
    let files = golden::files(&tool::tests().join("cli"), "cli").expect("tests/cli is readable");
    let cases =
        files.into_iter().map(|(name, path)| Case::check(name, move || session::check(&path)));
    let mut cases: Vec<Case> = cases.collect();
    #[cfg(unix)]
    cases.push(Case::check("interrupted_audit", interrupt::the_policy_is_written));
    case::main("cli", cases)
}
