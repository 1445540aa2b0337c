//! Real programs, see `tests/real`. Fetching takes a network, so this runs only when asked for:
//! `cargo xtask real [FILTER] [--target T]`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::real::{Cache, load};
use wasm2native_tests::run::Runner;
use wasm2native_tests::tool;

/// The environment variable that asks for it; `cargo xtask real` sets it.
const ASKED_VARIABLE: &str = "WASM2NATIVE_REAL";

fn main() -> ExitCode {
    let folder = tool::tests().join("real");
    let programs = load(&folder).expect("tests/real is well formed");
    let asked = std::env::var_os(ASKED_VARIABLE).is_some();
    let cache = Cache::new(cache_folder(), &folder.join("packages.toml"));
    let cache = Arc::new(cache.expect("tests/real/packages.toml is well formed"));
    let cases = programs.into_iter().map(|program| {
        let cache = Arc::clone(&cache);
        Case::new(program.name.clone(), move || {
            if !asked {
                return Ok(Outcome::Skipped("it needs a network: `cargo xtask real`".to_owned()));
            }
            let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
            let runner = match Runner::for_target(target) {
                Ok(runner) => runner,
                Err(reason) => return Ok(Outcome::Skipped(reason)),
            };
            let report = program.check(&cache, target, &runner)?;
            #[allow(clippy::print_stdout, reason = "times and sizes are for people")]
            {
                println!("real: {}: {}", program.name, report.join("; "));
            }
            Ok(Outcome::Passed)
        })
    });
    case::main("real", cases.collect())
}

/// `TARGET/real`: it outlives builds, and `cargo clean` removes it.
fn cache_folder() -> PathBuf {
    let this = std::env::current_exe().expect("the test program has a path");
    // TARGET/PROFILE/deps/real-HASH
    this.ancestors()
        .nth(3)
        .map_or_else(|| Path::new("real").to_owned(), |target| target.join("real"))
}
