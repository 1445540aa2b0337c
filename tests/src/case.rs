//! A list of cases to a report and an exit status: the main function of most test programs.

use crate::expectation::{Expectations, Known};
use crate::run::Runner;
use anyhow::Result;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// What became of a case that could be tried.
pub enum Outcome {
    /// It did what it should.
    Passed,
    /// It cannot be tried here, for this reason.
    Skipped(String),
}

/// Something to try.
pub struct Case {
    /// Its name: unique in its test program.
    pub name: String,
    run: Box<dyn Fn() -> Result<Outcome> + Send + Sync>,
}

impl Case {
    /// A case that fails with the error that `run` returns, or by panicking.
    pub fn new(
        name: impl Into<String>,
        run: impl Fn() -> Result<Outcome> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// A case that is either passed or failed.
    pub fn check(
        name: impl Into<String>,
        run: impl Fn() -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, move || run().map(|()| Outcome::Passed))
    }
}

/// What the command line of a test program asks for.
pub struct Arguments {
    /// Only cases whose names contain one of these; all when there is none.
    pub filters: Vec<String>,
    /// The target, by its short name.
    pub target: String,
    /// What else was given, as `--name value`.
    pub options: Vec<(String, String)>,
}

impl Arguments {
    /// Reads the process's arguments. Flags without a value that test runners pass are ignored.
    pub fn from_process() -> Self {
        let host = wasm2native_targets::host().map_or("none", |target| &target.name);
        let mut arguments =
            Self { filters: Vec::new(), target: host.to_owned(), options: Vec::new() };
        let mut given = std::env::args().skip(1);
        while let Some(argument) = given.next() {
            match argument.strip_prefix("--") {
                Some("target") => arguments.target = given.next().unwrap_or_default(),
                Some(name @ ("cpu" | "group" | "memory-strategy" | "jobs")) => {
                    arguments.options.push((name.to_owned(), given.next().unwrap_or_default()));
                }
                Some(_) => {}
                None => arguments.filters.push(argument),
            }
        }
        arguments
    }

    /// Whether a name is asked for.
    pub fn selects(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }

    /// The value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// How many cases run at once: one a processor, or what `--jobs` says.
pub fn parallelism(arguments: &Arguments) -> usize {
    let given = arguments.option("jobs").and_then(|jobs| jobs.parse().ok());
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Runs the cases that the arguments select, and reports.
pub fn main(suite: &str, cases: Vec<Case>) -> ExitCode {
    let arguments = Arguments::from_process();
    let expectations = match Expectations::load(suite, &arguments.target) {
        Ok(expectations) => expectations,
        Err(error) => {
            println!("{suite}: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let cases: Vec<_> = cases.into_iter().filter(|case| arguments.selects(&case.name)).collect();
    let start = Instant::now();
    let counts = Mutex::new([0_usize; 4]);
    for_each(&cases, parallelism(&arguments), |case| {
        let (column, line) = judge(case, &expectations);
        println!("{suite}: {} … {line}", case.name);
        counts.lock().expect("reporting does not panic")[column] += 1;
    });
    let [passed, failed, skipped, known] = counts.into_inner().expect("reporting does not panic");
    println!(
        "{suite}: {passed} passed, {failed} failed, {skipped} skipped, {known} known failures \
         in {:.1} s{}",
        start.elapsed().as_secs_f64(),
        other_target(&arguments.target)
    );
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Names a target that is not this machine's, and how its executables are started.
fn other_target(name: &str) -> String {
    let is_host = wasm2native_targets::host().is_some_and(|host| host.name == name);
    let runner = wasm2native_targets::parse(name).map(Runner::for_target);
    match runner {
        Ok(Ok(runner)) if !is_host => format!(", for {name}{}", runner.remark()),
        _ => String::new(),
    }
}

/// The column of the counts (passed, failed, skipped, known) and the line for people.
fn judge(case: &Case, expectations: &Expectations) -> (usize, String) {
    let known = expectations.find(&case.name, None);
    if let Some((Known::Skip, reason)) = known {
        return (2, format!("skipped: {reason}"));
    }
    let result = catch_unwind(AssertUnwindSafe(|| (case.run)()))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked (see above)")));
    match (result, known) {
        (Ok(Outcome::Passed), None) => (0, "ok".to_owned()),
        (Ok(Outcome::Passed), Some(_)) => {
            (1, "FAILED: it passes, but expectations.toml says otherwise".to_owned())
        }
        (Ok(Outcome::Skipped(reason)), _) => (2, format!("skipped: {reason}")),
        (Err(error), None) => (1, format!("FAILED\n{error:#}\n")),
        (Err(_), Some((_, reason))) => (3, format!("fails as known: {reason}")),
    }
}

/// Calls `work` with every item, on `threads` threads.
pub fn for_each<T: Sync>(items: &[T], threads: usize, work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}
