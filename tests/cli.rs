//! Sessions in `tests/cli`: what `wasm2native` prints and how it ends, to the letter.

use std::process::ExitCode;
use wasm2native_tests::case::{self, Case};
use wasm2native_tests::{golden, session, tool};

fn main() -> ExitCode {
    let files = golden::files(&tool::tests().join("cli"), "cli").expect("tests/cli is readable");
    let cases =
        files.into_iter().map(|(name, path)| Case::check(name, move || session::check(&path)));
    case::main("cli", cases.collect())
}
