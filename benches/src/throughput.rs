//! How fast a module is built: a synthetic module of many middle-sized functions.
//!
//! It is synthetic so that the measurement needs no file from elsewhere; `BENCH_MODULE` names a module
//! to build instead.

use crate::arguments::Arguments;
use crate::contender::{self, Contender};
use crate::measure::median;
use anyhow::{Context, Result, ensure};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Builds the module with everyone who can, in turns, and prints what that takes.
pub(crate) fn measure(
    arguments: &Arguments,
    contenders: &[Contender],
    folder: &Path,
) -> Result<()> {
    let module = match std::env::var_os("BENCH_MODULE") {
        Some(path) => std::fs::read(path).context("`BENCH_MODULE` cannot be read")?,
        None => wat::parse_str(synthetic(4000)).context("the synthetic module is not valid")?,
    };
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

fn mebibytes(module: &[u8]) -> f64 {
    module.len() as f64 / f64::from(1 << 20)
}

/// A module of `count` functions with a loop, memory accesses, branches and calls each.
fn synthetic(count: u32) -> String {
    let mut text = String::from("(module (memory (export \"memory\") 1)\n");
    for index in 0..count {
        writeln!(
            text,
            "(func $f{index} (param $a i32) (param $b i32) (result i32) (local $i i32)
               (loop $again
                 (i32.store offset={offset} (i32.and (local.get $a) (i32.const 4095))
                   (i32.add (local.get $i)
                     (i32.load (i32.and (local.get $b) (i32.const 8191)))))
                 (if (i32.lt_u (local.get $a) (i32.const {index}))
                   (then (local.set $b (i32.mul (local.get $b) (i32.const {multiplier}))))
                   (else (local.set $a (i32.xor (local.get $a)
                     (i32.shr_u (local.get $b) (i32.const {shift}))))))
                 (block $two (block $one (block $zero
                   (br_table $zero $one $two (i32.and (local.get $b) (i32.const 3))))
                   (local.set $a (i32.rotl (local.get $a) (i32.const 5))) (br $two))
                   (local.set $b (i32.popcnt (local.get $a))))
                 (local.set $i (i32.add (local.get $i) (i32.const 1)))
                 (br_if $again (i32.lt_u (local.get $i) (i32.const 10))))
               (call $f{callee} (local.get $a) (i32.const {index})))",
            offset = index * 4 % 4096,
            multiplier = index | 1,
            shift = index % 31,
            callee = (index + 7) % count,
        )
        .expect("strings accept everything");
    }
    text.push_str("(func (export \"_start\") (drop (call $f0 (i32.const 1) (i32.const 2)))))");
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_synthetic_module_is_valid() {
        let module = wat::parse_str(super::synthetic(20)).expect("it is well-formed");
        assert!(module.starts_with(b"\0asm"));
    }
}
