//! Real programs, see `tests/real`. Fetching takes a network, so this runs only when asked for:
//! `cargo xtask real [FILTER] [--target T]`.

use std::process::ExitCode;
use std::sync::Arc;
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::real::{self, Cache, load};
use wasm2native_tests::run::Runner;
use wasm2native_tests::tool;

fn main() -> ExitCode {
    let folder = tool::tests().join("real");
    let programs = load(&folder).expect("tests/real is well formed");
    let cache = Cache::new(real::cache_folder(), &folder.join("packages.toml"));
    let cache = Arc::new(cache.expect("tests/real/packages.toml is well formed"));
    let cases = programs.into_iter().map(|program| {
        let cache = Arc::clone(&cache);
        Case::new(program.name.clone(), move || {
            if !real::asked() {
                return Ok(Outcome::Skipped(real::NOT_ASKED.to_owned()));
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
