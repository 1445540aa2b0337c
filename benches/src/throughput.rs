//! How fast a module is built for this machine.

use crate::arguments::Arguments;
use crate::contender::{self, Contender};
use crate::measure::median;
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Builds the module with everyone who can, in turns, and prints what that takes.
pub(crate) fn measure(
    arguments: &Arguments,
    contenders: &[Contender],
    folder: &Path,
) -> Result<()> {
    let module = arguments.module()?;
    let wasm = folder.join("throughput.wasm");
    std::fs::write(&wasm, &module)?;
    let mut ours = Vec::new();
    let mut wasmtime = Vec::new();
    for _ in 0..arguments.runs.min(3) {
        let start = Instant::now();
        contender::ours(&module, arguments.cpu.as_deref())?;
        ours.push(start.elapsed().as_secs_f64());
        for contender in contenders {
            if let Contender::Wasmtime { path } = contender {
                let start = Instant::now();
                let mut command = Command::new(path);
                command.arg("compile").arg(&wasm).arg("-o").arg(folder.join("throughput.cwasm"));
                ensure!(command.status()?.success(), "{command:?} failed");
                wasmtime.push(start.elapsed().as_secs_f64());
            }
        }
    }
    println!("| build, {:.1} MiB | s | MiB/s |\n|---|---:|---:|", mebibytes(&module));
    for (name, seconds) in [("wasm2native", ours), ("wasmtime", wasmtime)] {
        if !seconds.is_empty() {
            let seconds = median(seconds);
            println!("| {name} | {seconds:.2} | {:.2} |", mebibytes(&module) / seconds);
        }
    }
    Ok(())
}

/// The size of a module.
pub(crate) fn mebibytes(module: &[u8]) -> f64 {
    module.len() as f64 / f64::from(1 << 20)
}
