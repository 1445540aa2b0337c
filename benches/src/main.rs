//! Kernels and synthetic modules to tables of ratios: run time, size, start-up, build throughput, what
//! further targets cost, and input and output.
//!
//! `cargo xtask bench [--runs N] [--only PART]... [--cpu LEVEL] [--module PATH] [--copy MIB] [--scratch FOLDER]
//! [KERNEL]...` measures, side by side in one run, our executables, native code and every peer that is installed. Only ratios mean anything:
//! machines differ and are noisy, so contenders take turns and medians of processor time are compared.
//! Invariant: a kernel that gives a wrong result ends the run.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tables are this program's result")]

mod arguments;
mod contender;
mod io;
mod kernel;
mod measure;
mod start;
mod synthetic;
mod table;
mod targets;
mod throughput;
mod toolchain;

use anyhow::Result;
use arguments::{Arguments, Part};
use contender::Contender;
use kernel::Kernel;
use table::Table;

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let folder = tempfile::tempdir()?;
    let contenders = Contender::installed(&arguments);
    for contender in &contenders {
        println!("- {}: {}", contender.name(), contender.description());
    }
    println!();
    if arguments.measures(Part::Run) {
        let kernels = Kernel::all(&arguments.kernels)?;
        run(&kernels, &contenders, &arguments, folder.path())?;
    }
    if arguments.measures(Part::Start) {
        start::measure(&arguments, contenders.clone(), folder.path())?;
    }
    if arguments.measures(Part::Build) {
        throughput::measure(&arguments, &contenders, folder.path())?;
    }
    if arguments.measures(Part::Targets) {
        targets::measure(&arguments, folder.path())?;
    }
    if arguments.measures(Part::Io) {
        io::measure(&arguments, &contenders, folder.path())?;
    }
    Ok(())
}

/// Processor time and size of every kernel.
fn run(
    kernels: &[Kernel],
    contenders: &[Contender],
    arguments: &Arguments,
    folder: &std::path::Path,
) -> Result<()> {
    let mut times = Table::new("processor time", contenders);
    let mut sizes = Table::new("size in KiB", contenders);
    for kernel in kernels {
        eprintln!("{}", kernel.name);
        let programs = kernel.prepare(contenders, folder)?;
        let seconds = measure::interleaved(&programs, arguments.runs, measure::processor_seconds)?;
        times.row(&kernel.name, seconds);
        sizes.row(&kernel.name, programs.iter().map(|program| program.bytes as f64 / 1024.0));
    }
    println!("{}", times.ratios());
    println!("{}", times.summary());
    println!("{}", sizes.values());
    Ok(())
}
