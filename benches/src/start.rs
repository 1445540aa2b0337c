//! Start-up: the wall-clock time of a program that does nothing, and what of it the kernel's wall is.

use crate::arguments::Arguments;
use crate::contender::{Access, Contender};
use crate::kernel::Kernel;
use crate::measure;
use crate::table::Table;
use anyhow::{Result, ensure};
use std::path::Path;
use wasm2native::Sandbox;

/// A start is so short that it is measured so many times as often as a kernel.
const TIMES: usize = 40;

/// Prints the table, with a column for our programs without the wall.
pub(crate) fn measure(
    arguments: &Arguments,
    mut contenders: Vec<Contender>,
    folder: &Path,
) -> Result<()> {
    ensure!(arguments.runs > 0, "`--runs 0` measures nothing");
    contenders.insert(1, Contender::ours(arguments, Sandbox::Off));
    let mut table = Table::new("start-up in ms", &contenders);
    let mut costs = Vec::new();
    for (name, access) in
        [("nothing granted", Access::Nothing), ("a folder granted", Access::CurrentDirectory)]
    {
        let programs = Kernel::empty(name, access).prepare(&contenders, folder)?;
        let runs = arguments.runs * TIMES;
        let seconds = measure::interleaved(&programs, runs, measure::elapsed_seconds)?;
        costs.push(format!("{:.0} µs with {name}", (seconds[0] - seconds[1]) * 1e6));
        table.row(name, seconds.into_iter().map(|seconds| seconds * 1e3));
    }
    println!("{}", table.values());
    println!("The kernel's wall: {}.\n", costs.join(", "));
    Ok(())
}
