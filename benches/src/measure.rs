//! Programs to seconds: contenders take turns, and medians are what counts.

use crate::contender::Program;
use anyhow::{Context, Result, ensure};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A program that takes longer runs once only.
const PATIENCE_SECONDS: f64 = 20.0;

/// The median over `runs` of what `measure` gives for each program; programs take turns.
pub(crate) fn interleaved(
    programs: &[Program],
    runs: usize,
    mut measure: impl FnMut(&Program) -> Result<f64>,
) -> Result<Vec<f64>> {
    ensure!(runs > 0, "`--runs 0` measures nothing");
    let mut results = vec![Vec::with_capacity(runs); programs.len()];
    for _ in 0..runs {
        for (program, results) in programs.iter().zip(&mut results) {
            if results.first().is_none_or(|&seconds| seconds < PATIENCE_SECONDS) {
                results.push(measure(program)?);
            }
        }
    }
    Ok(results.into_iter().map(median).collect())
}

/// The middle of what was measured.
///
/// # Panics
/// When nothing was measured.
pub(crate) fn median(mut results: Vec<f64>) -> f64 {
    results.sort_by(f64::total_cmp);
    let middle = results.len() / 2;
    if results.len() % 2 == 1 {
        results[middle]
    } else {
        f64::midpoint(results[middle - 1], results[middle])
    }
}

/// Runs a program and gives the wall-clock time from its start to its end.
pub(crate) fn elapsed_seconds(program: &Program) -> Result<f64> {
    let start = Instant::now();
    run(program)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Runs a program and gives the processor time that it used, for itself and in the system.
pub(crate) fn processor_seconds(program: &Program) -> Result<f64> {
    processor_seconds_of(|| run(program))
}

/// The processor time of the programs that `run` runs to their end.
#[cfg(unix)]
pub(crate) fn processor_seconds_of(run: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = children_seconds()?;
    run()?;
    Ok(children_seconds()? - before)
}

/// Without a portable way to ask for processor time, wall-clock time stands for it.
#[cfg(not(unix))]
pub(crate) fn processor_seconds_of(run: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    run()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The processor time of all children that have ended.
#[cfg(unix)]
fn children_seconds() -> Result<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(microseconds as f64 / 1e6)
}

fn run(program: &Program) -> Result<()> {
    let mut command = Command::new(&program.command[0]);
    command.args(&program.command[1..]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let right = output.status.success() && output.stdout.trim_ascii() == b"ok";
    ensure!(right, "{command:?}: {}: wrong result, or it did not run", output.status);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_ignores_outliers() {
        assert!((median(vec![1.0, 900.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 900.0]) - 3.0).abs() < f64::EPSILON);
    }
}
