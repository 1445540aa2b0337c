//! Random sequences of host calls against the sandbox's oracle ([`wasm2native_tests::wasi_path`]), always the
//! same ones, and all that once failed. `cargo xtask fuzz wasi_path` searches for more.

use std::process::ExitCode;
use wasm2native_tests::case;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    use wasm2native_tests::case::Case;
    use wasm2native_tests::wasi_path::{race, random_bytes, sequence};
    use wasm2native_tests::{golden, tool};

    /// Cases, and sequences in each.
    const CASES: u64 = 8;
    const SEQUENCES: u64 = 500;
    const RACES: u64 = 25;

    let mut cases = Vec::new();
    for number in 0..CASES {
        cases.push(Case::check(format!("sequences_{number}"), move || {
            for seed in number * SEQUENCES..(number + 1) * SEQUENCES {
                let length = 40 + seed % 16 * 40;
                sequence(&random_bytes(seed, length as usize));
            }
            Ok(())
        }));
    }
    cases.push(Case::check("while_links_are_swapped", || {
        (0..RACES).for_each(|seed| race(&random_bytes(seed, 200)));
        Ok(())
    }));
    let regressions = tool::tests().join("fuzz/regressions");
    for (name, path) in golden::files(&regressions, "calls").expect("the folder is readable") {
        cases.push(Case::check(format!("regression_{name}"), move || {
            let bytes = std::fs::read(&path)?;
            sequence(&bytes);
            race(&bytes);
            Ok(())
        }));
    }
    case::main("wasi_path", cases)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    use wasm2native_tests::case::{Case, Outcome};
    let reason = "only Linux has both ways to walk a path, and a model of its answers";
    case::main(
        "wasi_path",
        vec![Case::new("sequences", || Ok(Outcome::Skipped(reason.to_owned())))],
    )
}
