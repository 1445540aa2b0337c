//! The WebAssembly suite through real executables: one line a file with its counts, totals at the end.
//!
//! Arguments: `[FILTER] [--target T] [--cpu LEVEL] [--group G]… [--memory-strategy guard|check] [--jobs N]`.
#![allow(clippy::print_stdout, reason = "reports of tests are read by people")]

use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_tests::case::{Arguments, for_each, parallelism};
use wasm2native_tests::expectation::{Expectations, Known};
use wasm2native_tests::spec::{
    DEFAULT_GROUPS, FileReport, Outcome, Settings, SuiteFile, run_file, select,
};
use wasm2native_tests::{run::Runner, scratch::Scratch};

/// How many failures of a file are shown.
const SHOWN_FAILURES: usize = 10;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("spec: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Sums of passed, failed and skipped.
#[derive(Default)]
struct Totals {
    assertions: [usize; 3],
    other_commands: [usize; 3],
    unexpected: usize,
    files: usize,
}

fn run() -> Result<bool> {
    let arguments = Arguments::from_process();
    let target = wasm2native_targets::parse(&arguments.target)?;
    let runner = match Runner::for_target(target) {
        Ok(runner) => runner,
        Err(reason) => {
            println!("spec: skipped for {}: {reason}", target.name);
            return Ok(true);
        }
    };
    let strategy = match arguments.option("memory-strategy") {
        None | Some("guard") => MemoryStrategy::Guard,
        Some("check") => MemoryStrategy::Check,
        Some(other) => bail!("there is no memory strategy `{other}`"),
    };
    let cpu = arguments.option("cpu").unwrap_or("baseline");
    let settings = Settings { target, cpu, strategy };
    let groups: Vec<_> = arguments
        .options
        .iter()
        .filter(|(name, _)| name == "group")
        .map(|(_, group)| group.as_str())
        .collect();
    let groups = if groups.is_empty() { &DEFAULT_GROUPS[..] } else { &groups[..] };
    let filter = arguments.filters.first().map_or("", String::as_str);
    let files = select(groups, filter)?;
    if files.is_empty() {
        bail!("no file of {groups:?} matches `{filter}`");
    }
    let expectations = Expectations::load("spec", &arguments.target)?;
    let folder = Scratch::new()?;
    check_that_failures_are_seen(settings, folder.path())?;
    let totals = Mutex::new(Totals::default());
    let start = Instant::now();
    for_each(&files, parallelism(&arguments), |file| {
        let report = run_file(file, settings, folder.path())
            .with_context(|| format!("cannot read {}", file.name));
        let (text, unexpected, report) = match report {
            Ok(report) => {
                let (text, unexpected) = describe(&file.name, &report, &expectations);
                (text, unexpected, report)
            }
            Err(error) => (format!("FAILED: {error:#}"), 1, FileReport::default()),
        };
        println!("spec: {} … {text}", file.name);
        let mut totals = totals.lock().expect("reporting does not panic");
        totals.files += 1;
        totals.unexpected += unexpected;
        for column in 0..3 {
            totals.assertions[column] += report.assertions()[column];
            totals.other_commands[column] += report.other_commands()[column];
        }
    });
    let Totals { assertions, other_commands, unexpected, files } =
        totals.into_inner().expect("reporting does not panic");
    println!(
        "spec: {}{} {cpu} {strategy:?}: {files} files in {:.0} s; assertions: {}; other commands: {}; \
         {unexpected} unexpected",
        target.name,
        runner.remark(),
        start.elapsed().as_secs_f64(),
        counts(assertions),
        counts(other_commands),
    );
    Ok(unexpected == 0)
}

/// Commands that are all wrong, but for the first, which must pass.
const WRONG: &str = r#"
(module
  (global (export "g") i32 (i32.const 1))
  (func (export "one") (result i32) (i32.const 1))
  (func (export "nan") (result f32) (f32.const nan))
  (func (export "lanes") (result v128) (v128.const i32x4 1 2 3 4))
  (func (export "trap") unreachable))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one") (i64.const 1))
(assert_return (invoke "one"))
(assert_return (invoke "nan") (f32.const 0))
(assert_return (invoke "lanes") (v128.const i32x4 1 2 3 5))
(assert_return (get "g") (i32.const 2))
(assert_return (invoke "absent"))
(assert_return (invoke "trap"))
(assert_trap (invoke "one") "unreachable")
(assert_trap (invoke "trap") "integer overflow")
(assert_exhaustion (invoke "trap") "call stack exhausted")
(assert_invalid (module) "type mismatch")
(assert_malformed (module binary "\00asm\01\00\00\00") "unexpected end")
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")
(assert_trap (module (func $f) (start $f)) "unreachable")
(module (import "spectest" "memory" (memory 1 1)))
(module (import "spectest" "absent" (func)))
"#;

/// A suite that cannot fail proves nothing.
fn check_that_failures_are_seen(settings: Settings<'_>, folder: &std::path::Path) -> Result<()> {
    let file = SuiteFile { name: "wrong".to_owned(), text: WRONG };
    let report = run_file(&file, settings, folder)?;
    for (position, verdict) in report.verdicts.iter().enumerate() {
        let failed = matches!(verdict.outcome, Outcome::Failed(_));
        if failed != (position > 0) {
            bail!("the harness judges line {} as {:?}", verdict.line, verdict.outcome);
        }
    }
    Ok(())
}

fn counts([passed, failed, skipped]: [usize; 3]) -> String {
    format!("{passed} passed, {failed} failed, {skipped} skipped of {}", passed + failed + skipped)
}

/// The report's line, with the first failures below it, and how many outcomes were not expected.
fn describe(file: &str, report: &FileReport, expectations: &Expectations) -> (String, usize) {
    let mut text = counts(report.assertions());
    let mut unexpected = 0;
    for verdict in &report.verdicts {
        let known = expectations.find(file, Some(verdict.line));
        let complaint = match (&verdict.outcome, known) {
            (Outcome::Passed, None) | (Outcome::Failed(_) | Outcome::Skipped(_), Some(_)) => {
                continue;
            }
            (Outcome::Passed, Some((Known::Fail | Known::Skip, _))) => {
                "passes, but expectations.toml says otherwise"
            }
            (Outcome::Failed(reason), None) => reason,
            (Outcome::Skipped(reason), None) => reason,
        };
        unexpected += 1;
        if unexpected <= SHOWN_FAILURES {
            text.push_str(&format!("\n    line {}: {complaint}", verdict.line));
        }
    }
    if unexpected > SHOWN_FAILURES {
        text.push_str(&format!("\n    and {} more", unexpected - SHOWN_FAILURES));
    }
    (text, unexpected)
}
