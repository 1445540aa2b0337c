//! What building for every target costs, against generating the architectures' code alone: linking and
//! writing should be the smaller part.

use crate::arguments::Arguments;
use crate::measure::median;
use crate::throughput::mebibytes;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;
use wasm2native::{Builder, Error, Observer, Phase, Target, Unobserved};

/// Knows when code generation began.
struct Watch(Mutex<Instant>);

impl Observer for Watch {
    fn phase(&self, phase: Phase) {
        if phase == Phase::Compile
            && let Ok(mut since) = self.0.lock()
        {
            *since = Instant::now();
        }
    }
}

impl Watch {
    fn seconds(&self) -> f64 {
        self.0.lock().map_or(f64::NAN, |since| since.elapsed().as_secs_f64())
    }
}

/// What a build took.
struct Cost {
    /// The seconds of each architecture's code generation alone.
    codes: BTreeMap<&'static str, f64>,
    /// All seconds, from the module's bytes to written files.
    total: f64,
}

impl Cost {
    fn code(&self) -> f64 {
        self.codes.values().sum()
    }
}

/// Prints the table. Each ratio is of figures of one build, so that a busy machine does not matter.
pub(crate) fn measure(arguments: &Arguments, folder: &Path) -> Result<()> {
    let module = arguments.module()?;
    let all: Vec<_> = Target::all().filter(|target| target.ready().is_ok()).collect();
    let Some(one) = all.iter().find(|target| target.is_host()).or(all.first()) else {
        bail!("this build has no stub");
    };
    ensure!(arguments.runs > 0, "`--runs 0` measures nothing");
    let (mut ones, mut alls) = (Vec::new(), Vec::new());
    for _ in 0..arguments.runs.min(3) {
        ones.push(build(arguments, &module, &[*one], folder)?);
        alls.push(build(arguments, &module, &all, folder)?);
    }
    println!("| targets, {:.1} MiB | s | of code alone |\n|---|---:|---:|", mebibytes(&module));
    for architecture in alls[0].codes.keys() {
        let seconds = median(alls.iter().map(|cost| cost.codes[architecture]).collect());
        println!("| code for {architecture} | {seconds:.2} | |");
    }
    let code = median(alls.iter().map(Cost::code).collect());
    println!("| code for all {} architectures | {code:.2} | 1.00 |", alls[0].codes.len());
    let row = |name: String, costs: &[Cost]| {
        let seconds = median(costs.iter().map(|cost| cost.total).collect());
        let ratio = median(costs.iter().map(|cost| cost.total / cost.code()).collect());
        println!("| {name} | {seconds:.2} | {ratio:.2} |");
    };
    row(format!("executables for all {} targets", all.len()), &alls);
    row(format!("executable for {} alone", one.description().name), &ones);
    let missing = Target::all().count() - all.len();
    if missing > 0 {
        println!("\n{missing} targets have no stub in this build and are left out.");
    }
    Ok(())
}

/// Builds executables for the targets and writes them.
fn build(arguments: &Arguments, module: &[u8], targets: &[Target], folder: &Path) -> Result<Cost> {
    let start = Instant::now();
    let watch = Watch(Mutex::new(start));
    let mut builder = Builder::new(module).targets(targets.iter().copied()).observer(&watch);
    if let Some(cpu) = &arguments.cpu {
        builder = builder.cpu(cpu.as_str());
    }
    let mut codes = BTreeMap::new();
    let mut written = Ok(());
    let result = builder.compile_each(|compiled| {
        codes.insert(compiled.architecture(), watch.seconds());
        for target in compiled.targets() {
            let artifact = compiled.link(*target, &Unobserved)?;
            if written.is_ok() {
                written = std::fs::write(folder.join(artifact.report.target), artifact.bytes);
            }
        }
        Ok::<_, Error>(())
    });
    result.map_err(|error| anyhow::anyhow!("cannot build: {error}"))?;
    written.context("cannot write an executable")?;
    Ok(Cost { codes, total: start.elapsed().as_secs_f64() })
}
