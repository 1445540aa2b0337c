//! C compilers for kernels: which is installed, and how it is called.
//!
//! Invariant: both sides of a comparison are built with the same flags, and neither fuses a product and
//! a sum, so that both give the same result. Debug data and names are stripped, as for shipping.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// Flags for native code and for WebAssembly alike.
const FLAGS: [&str; 3] = ["-O3", "-ffp-contract=off", "-s"];

/// How to build native programs, and what that is in words: `BENCH_CC`, `clang`, Zig's clang, `cc`.
pub(crate) fn native() -> Option<(Vec<String>, String)> {
    if let Ok(compiler) = std::env::var("BENCH_CC") {
        return Some((words(&compiler), compiler));
    }
    if answers(&["clang", "--version"]) {
        return Some((words("clang"), "clang -O3".to_owned()));
    }
    if let Some(mut command) = zig() {
        // Without a level, Zig would compile for the machine it runs on.
        let level = if cfg!(target_arch = "x86_64") { "x86_64_v2" } else { "baseline" };
        command.push(format!("-mcpu={level}"));
        return Some((command, format!("clang of Zig -O3, {level}")));
    }
    answers(&["cc", "--version"]).then(|| (words("cc"), "cc -O3".to_owned()))
}

/// How to build WebAssembly: `BENCH_WASM_CC`, the clang of `WASI_SDK_PATH`, Zig's clang.
pub(crate) fn wasm() -> Result<Vec<String>> {
    if let Ok(compiler) = std::env::var("BENCH_WASM_CC") {
        return Ok(words(&compiler));
    }
    if let Ok(sdk) = std::env::var("WASI_SDK_PATH") {
        return Ok(vec![format!("{sdk}/bin/clang"), "--target=wasm32-wasip1".to_owned()]);
    }
    let mut command = zig().context(
        "no compiler for WebAssembly: install Zig (`zig` or `python3 -m ziglang`), or set \
         `WASI_SDK_PATH` or `BENCH_WASM_CC`",
    )?;
    command.extend(words("-target wasm32-wasi"));
    Ok(command)
}

/// Builds one C file.
pub(crate) fn build(compiler: &[String], source: &Path, output: &Path) -> Result<()> {
    let mut command = Command::new(&compiler[0]);
    command.args(&compiler[1..]).args(FLAGS).arg("-o").arg(output).arg(source).arg("-lm");
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

fn zig() -> Option<Vec<String>> {
    if answers(&["zig", "version"]) {
        return Some(words("zig cc"));
    }
    answers(&["python3", "-m", "ziglang", "version"]).then(|| words("python3 -m ziglang cc"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn answers(command: &[&str]) -> bool {
    let mut process = Command::new(command[0]);
    process.args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null());
    process.status().is_ok_and(|status| status.success())
}
